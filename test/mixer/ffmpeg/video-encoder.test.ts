import { expect } from 'chai';
import { MovingTexture } from '../../../bench/latency/moving-texture.js';
import { EncoderCadence } from '../../../mixer/ffmpeg/encoder-cadence.js';
import { NativePicture } from '../../../mixer/ffmpeg/native-picture.js';
import { VideoEncoder, type EncodedPicture } from '../../../mixer/ffmpeg/video-encoder.js';
import type { VideoCodec } from '../../../mixer/protocol.js';

const format = { widthPx: 640, heightPx: 360, fps: 30 };
const bitrateBps = 500_000;
const frameUs = 1_000_000 / format.fps;

/** Its picture with that number, on `picture`. */
function paint(texture: MovingTexture, index: number, picture: NativePicture): void {
  const { data } = texture.frame(index);
  let from = 0;
  for (const [plane, shift] of [[0, 0], [1, 1], [2, 1]] as const) {
    const [width, height] = [format.widthPx >> shift, format.heightPx >> shift];
    for (let row = 0; row < height; row += 1, from += width) picture.data[plane].set(data.subarray(from, from + width), row * picture.linesize[plane]);
  }
}

/** Encodes a moving picture for each of these times, in pictures since the beginning. */
async function encodeAt(codec: VideoCodec, times: readonly number[]): Promise<EncodedPicture[]> {
  const texture = new MovingTexture(format);
  const picture = new NativePicture(format.widthPx, format.heightPx);
  const encoder = await VideoEncoder.open({ codec, format, bitrateBps });
  const encoded: EncodedPicture[] = [];
  for (const [index, time] of times.entries()) {
    paint(texture, index, picture);
    encoded.push(...(await encoder.encode(picture, Math.round(time * frameUs), false)));
  }
  encoder.close();
  picture.close();
  return encoded;
}

/** Of the pictures from one time until before another. */
function bitsWithin(encoded: readonly EncodedPicture[], from: number, until: number): number {
  return encoded.filter(({ ptsUs }) => ptsUs >= Math.round(from * frameUs) && ptsUs < Math.round(until * frameUs)).reduce((sum, { data }) => sum + 8 * data.length, 0);
}

describe('VideoEncoder', () => {
  for (const codec of ['vp8', 'h264'] as const) {
    it(`keeps its bitrate in the second after a picture that is missing, and after a pause, and says when its pictures are shown, as ${codec}`, async () => {
      const missing = 90;
      const pause = { from: 150, until: 240 };
      const times = Array.from({ length: 300 }, (_, time) => time).filter((time) => time !== missing && (time < pause.from || time >= pause.until));
      const encoded = await encodeAt(codec, times);
      expect(encoded.map(({ ptsUs }) => ptsUs)).to.deep.equal(times.map((time) => Math.round(time * frameUs)));
      for (const from of [missing + 1, pause.until]) expect(bitsWithin(encoded, from, from + 30), `${from}`).to.be.within(0.7 * bitrateBps, 1.2 * bitrateBps);
    }).timeout(20_000);
  }

  it('uses its bitrate at half the frame rate, too, as vp8', async () => {
    const encoded = await encodeAt('vp8', [...Array.from({ length: 60 }, (_, time) => time), ...Array.from({ length: 60 }, (_, index) => 60 + 2 * index)]);
    expect(bitsWithin(encoded, 100, 160)).to.be.within(0.8 * 2 * bitrateBps, 1.2 * 2 * bitrateBps);
  }).timeout(20_000);
});

describe('EncoderCadence', () => {
  let atUs = 0;
  const steady = (cadence: EncoderCadence, count: number, distanceUs: number): number[] => Array.from({ length: count }, () => cadence.next((atUs += distanceUs)).durationUs);

  it('runs without a gap, whatever the pictures do', () => {
    const cadence = new EncoderCadence(30);
    let endUs = 0;
    for (const ptsUs of [7, 33_340, 100_000, 133_333, 900_000, 933_333]) {
      const { startUs, durationUs } = cadence.next(ptsUs);
      expect([startUs, durationUs]).to.deep.equal([endUs, 33_333]);
      endUs += durationUs;
    }
  });

  it('follows another frame rate after five pictures, and back', () => {
    const cadence = new EncoderCadence(30);
    steady(cadence, 30, 33_333);
    expect(steady(cadence, 9, 66_667)).to.deep.equal([33_333, 33_333, 33_333, 33_333, 66_667, 66_667, 66_667, 66_667, 66_667]);
    expect(steady(cadence, 9, 33_333).slice(5)).to.deep.equal([33_333, 33_333, 33_333, 33_333]);
  });

  it('takes pictures that come together for no higher frame rate, and rare ones for a pause', () => {
    const cadence = new EncoderCadence(30);
    expect(new Set([...steady(cadence, 20, 5_000), ...steady(cadence, 20, 1_000_000)])).to.deep.equal(new Set([33_333]));
  });
});
