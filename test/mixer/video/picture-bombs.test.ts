/** Keyframes that claim 16384x16384: refused by their header, and where a header is hidden from us, by the decoder; memory stays what it was. */
import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { VideoDecoder } from '../../../mixer/ffmpeg/video-decoder.js';
import { DecodeGate } from '../../../mixer/video/decode-gate.js';
import { VideoInput } from '../../../mixer/video/video-input.js';
import { H264Depacketiser } from '../../../src/rtp/h264-depacketiser.js';
import { packetiseH264 } from '../../../src/rtp/h264-payload.js';
import { packetiseVp8, Vp8Depacketiser } from '../../../src/rtp/vp8-payload.js';
import { bombSidePx, h264Bomb, vp8Bomb } from '../../support/picture-bombs.js';
import { until } from '../../support/until.js';

/** One picture of that size has 400 MB. */
const mostGrowthBytes = 60 * 1024 * 1024;
const maxInputPixels = 1920 * 1080;

describe('picture bombs', () => {
  it('are told by the depacketisers for as large as they claim to be', () => {
    const vp8 = new Vp8Depacketiser().join(packetiseVp8(vp8Bomb(), { maxPayloadBytes: 500, pictureId: 1 }));
    expect(vp8).to.include({ keyframe: true, widthPx: 16_383, heightPx: 16_383 });
    const h264 = new H264Depacketiser().join(packetiseH264(h264Bomb(0), { maxPayloadBytes: 500, mode: 1 }));
    expect(h264).to.include({ keyframe: true, widthPx: bombSidePx, heightPx: bombSidePx });
  });

  it('hidden behind a smaller size do mean the larger one: where it is allowed, it is decoded', async () => {
    const decoder = await VideoDecoder.open({ codec: 'h264', maxPixels: maxInputPixels });
    const pictures = await decoder.decode({ data: Uint8Array.from(h264Bomb(1, 320)), ptsUs: 0, rotationDegrees: 0 });
    expect(pictures.map(({ widthPx, heightPx }) => [widthPx, heightPx])).to.deep.equal([[320, 320]]);
    for (const picture of pictures) picture.close();
    decoder.close();
  });

  for (const [what, codec, bomb, decodes] of [
    ['of VP8', 'vp8', vp8Bomb(), 0],
    ['of H.264', 'h264', h264Bomb(0), 0],
    ['of H.264 behind a small size that is not meant', 'h264', h264Bomb(1), 20],
    ['of H.264 behind thirty of them', 'h264', h264Bomb(30), 20],
  ] as const) {
    it(`${what} cost no memory`, async () => {
      const clock = new ManualClock();
      const faults: string[] = [];
      let decoded = 0;
      const input = new VideoInput({
        maxInputPixels,
        time: clock,
        gate: new DecodeGate(1),
        openDecoder: async (options) => {
          const decoder = await VideoDecoder.open(options);
          return { codec, close: () => decoder.close(), decode: (frame) => decoder.decode(frame).finally(() => decoded++) };
        },
        events: { onKeyframeNeeded: () => undefined, onPictureSize: () => undefined, onFault: (message) => faults.push(message) },
      });
      input.setWanted(true);
      const before = process.memoryUsage.rss();
      for (let count = 0; count < 20; count++) {
        const { droppedTooLarge, droppedDamaged } = input.counters;
        input.push({ participantId: 'eve', source: 'camera', codec, data: Uint8Array.from(bomb), keyframe: true, gapBefore: false, rotationDegrees: 0, ptsUs: clock.nowUs(), arrivalUs: clock.nowUs() });
        await until(() => input.counters.droppedTooLarge + input.counters.droppedDamaged > droppedTooLarge + droppedDamaged, 'refused');
        clock.advance(33_000);
      }
      expect(process.memoryUsage.rss() - before).to.be.below(mostGrowthBytes);
      expect(input.counters).to.include({ decoded: 0, framesIn: 20 });
      expect(input.counters.droppedTooLarge + input.counters.droppedDamaged).to.equal(20);
      expect(decoded, 'given to a decoder').to.equal(decodes);
      expect(faults.length).to.be.greaterThan(0);
      expect(input.picture).to.equal(undefined);
      await input.close();
      expect(liveNativeObjects()).to.equal(0);
    });
  }
});
