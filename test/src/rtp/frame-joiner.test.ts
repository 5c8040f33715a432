import { expect } from 'chai';
import type { AssembledFrame, FrameAssemblerCounters, InboundVideoPacket, RotationDegrees } from '../../../src/rtp/assembled-frame.js';
import { isFiller } from '../../../src/rtp/frame-boundaries.js';
import { FrameJoiner } from '../../../src/rtp/frame-joiner.js';
import { H264Depacketiser } from '../../../src/rtp/h264-depacketiser.js';
import { packetiseH264 } from '../../../src/rtp/h264-payload.js';
import { PacketWindow } from '../../../src/rtp/packet-window.js';
import { isDamaged, type VideoDepacketiser } from '../../../src/rtp/video-depacketiser.js';
import { packetiseVp8, Vp8Depacketiser } from '../../../src/rtp/vp8-payload.js';
import { annexB, baselineSps, h264Delta, h264Keyframe, pictureParameters, vp8Frame } from '../../support/video-frames.js';

const vp8Type = 96;
const h264Type = 102;

interface Extras {
  readonly rotationDegrees?: RotationDegrees | undefined;
  readonly arrivalsUs?: readonly number[];
  readonly traits?: number;
}

describe('FrameJoiner', () => {
  let frames: AssembledFrame[];
  let gaps: number;
  let counters: FrameAssemblerCounters;
  let joiner: FrameJoiner;
  let window: PacketWindow;

  beforeEach(() => {
    frames = [];
    gaps = 0;
    counters = { frames: 0, keyframes: 0, droppedFrames: 0, lostPackets: 0, latePackets: 0, duplicatePackets: 0, damagedFrames: 0, overflows: 0, restarts: 0, unknownPayloadTypes: 0 };
    const depacketisers = new Map<number, VideoDepacketiser>([[vp8Type, new Vp8Depacketiser()], [h264Type, new H264Depacketiser()]]);
    joiner = new FrameJoiner({ depacketisers, counters, onFrame: (frame) => frames.push(frame), onGap: () => (gaps += 1) });
    window = new PacketWindow({ maxPackets: 64 });
  });

  function give(payloads: readonly Uint8Array[], payloadType: number, { rotationDegrees, arrivalsUs = [], traits = 0 }: Extras = {}): void {
    const { start } = window;
    for (const [at, payload] of payloads.entries()) {
      const packet: InboundVideoPacket = { index: start + at, timestamp: start, marker: false, payloadType, payload, arrivalUs: arrivalsUs[at] ?? 0, rotationDegrees };
      window.put(packet, payload.length === 0 ? isFiller : at === 0 ? traits : 0);
    }
    const joined = joiner.join(window, window.at(start)!, start + payloads.length);
    window.advanceTo(start + payloads.length);
    joiner.give(joined);
  }

  const giveVp8 = (data: Uint8Array, extras: Extras = {}): void => give(packetiseVp8(data, { maxPayloadBytes: 40, pictureId: window.start }), vp8Type, extras);
  const giveH264 = (data: Uint8Array): void => give(packetiseH264(data, { maxPayloadBytes: 1200, mode: 1 }), h264Type);
  const keyframe = vp8Frame(100, { keyframe: true });
  const delta = vp8Frame(100, { keyframe: false });
  const kinds = (): string => frames.map((frame) => (frame.gapBefore ? '|' : '') + (frame.keyframe ? 'K' : 'd')).join('');

  it('makes one of several payloads, with the time of the packet that came last, and passes over what holds nothing', () => {
    const [first, second, third] = packetiseVp8(keyframe, { maxPayloadBytes: 40, pictureId: 9 });
    give([first!, new Uint8Array(0), second!, third!], vp8Type, { arrivalsUs: [3, 99, 7, 5] });
    expect(frames.map(({ data, ...frame }) => ({ ...frame, isWhole: Buffer.from(data).equals(keyframe) }))).to.deep.equal([
      { codec: 'vp8', payloadType: vp8Type, timestamp: 0, arrivalUs: 7, keyframe: true, gapBefore: false, rotationDegrees: 0, widthPx: frames[0]!.widthPx, heightPx: frames[0]!.heightPx, isWhole: true },
    ]);
    expect(counters).to.include({ frames: 1, keyframes: 1 });
  });

  it('tells the number of the picture', () => {
    window.put({ index: 0, timestamp: 0, marker: true, payloadType: vp8Type, payload: packetiseVp8(delta, { maxPayloadBytes: 1200, pictureId: 77 })[0]!, arrivalUs: 0 }, 0);
    expect(joiner.join(window, window.at(0)!, 1)).to.include({ number: 77, timestamp: 0 });
    expect(frames, 'given by another call').to.deep.equal([]);
  });

  it('calls a first frame that is no keyframe one with a gap before it', () => {
    giveVp8(delta);
    giveVp8(delta);
    expect(kinds()).to.equal('|dd');
  });

  it('follows a change of size and of codec', () => {
    giveVp8(vp8Frame(50, { keyframe: true, widthPx: 320, heightPx: 180 }));
    giveVp8(delta);
    giveVp8(vp8Frame(50, { keyframe: true, widthPx: 1280, heightPx: 720 }));
    for (const data of [h264Keyframe(50), h264Delta(50), h264Keyframe(50, 1, 640, 480)]) giveH264(data);
    giveVp8(delta);
    expect(kinds()).to.equal('KdKKdK|d');
    expect(frames.map(({ codec, widthPx }) => [codec, widthPx])).to.deep.equal([
      ['vp8', 320], ['vp8', undefined], ['vp8', 1280], ['h264', 640], ['h264', undefined], ['h264', 640], ['vp8', undefined],
    ]);
  });

  it('keeps the rotation that was said last', () => {
    for (const rotationDegrees of [90, undefined, 270, undefined, 0] as const) giveVp8(keyframe, { rotationDegrees });
    expect(frames.map(({ rotationDegrees }) => rotationDegrees)).to.deep.equal([90, 90, 270, 270, 0]);
  });

  it('says of the first frame behind a gap that it is, and once', () => {
    giveVp8(keyframe);
    joiner.reportGap();
    joiner.reportGap();
    expect([gaps, joiner.isGapPending]).to.deep.equal([2, true]);
    giveVp8(delta);
    giveVp8(delta);
    expect([kinds(), joiner.isGapPending]).to.deep.equal(['K|dd', false]);
  });

  it('makes a gap of what is damaged or of no known type, and nothing of parameter sets alone', () => {
    giveVp8(keyframe);
    giveVp8(delta, { traits: isDamaged });
    expect([gaps, counters.damagedFrames]).to.deep.equal([1, 1]);
    give([Uint8Array.of(1)], 77);
    giveH264(annexB([baselineSps(16, 16), pictureParameters()]));
    giveVp8(delta);
    expect([kinds(), gaps]).to.deep.equal(['K|d', 2]);
    expect(counters).to.include({ frames: 2, damagedFrames: 2, droppedFrames: 0 });
  });

  it('lets nothing out before a keyframe that is waited for, and counts that', () => {
    giveVp8(keyframe);
    joiner.waitForKeyframe();
    for (const data of [delta, delta, keyframe, delta]) giveVp8(data);
    expect(kinds()).to.equal('KKd');
    expect(counters).to.include({ frames: 3, keyframes: 2, droppedFrames: 2 });
  });
});
