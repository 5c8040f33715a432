import { expect } from 'chai';
import type { EncodedVideo } from '../../../mixer/index.js';
import { VideoFanout, type VideoTaker } from '../../../src/room/video-fanout.js';
import { H264Depacketiser } from '../../../src/rtp/h264-depacketiser.js';
import { Vp8Depacketiser, depacketiseVp8 } from '../../../src/rtp/vp8-payload.js';
import { annexB, nal, vp8Frame } from '../../support/video-frames.js';
import { CommandList } from './room-rig.js';

const format = { widthPx: 1280, heightPx: 720, fps: 30 };

function video(data: Uint8Array, keyframe = true): EncodedVideo {
  return { outputId: 'out', ptsUs: 1, keyframe, data };
}

class PayloadTaker implements VideoTaker {
  readonly frames: (readonly Uint8Array[])[] = [];

  takeVideo(_video: EncodedVideo, payloads: () => readonly Uint8Array[]): void {
    this.frames.push(payloads());
  }
}

describe('VideoFanout', () => {
  function open(codec: 'vp8' | 'h264'): VideoFanout {
    return new VideoFanout({ mixer: new CommandList(), output: { outputId: 'out', codec, format, bitrateBps: 1_000_000 } });
  }

  it('packetises a frame once: all takers get the same payloads', () => {
    const fanout = open('vp8');
    const takers = [new PayloadTaker(), new PayloadTaker(), new PayloadTaker()];
    for (const taker of takers) fanout.add(taker);
    const frame = vp8Frame(5_000, { keyframe: true });
    fanout.take(video(frame));
    const [first, ...others] = takers.map(({ frames }) => frames[0]!);
    for (const other of others) expect(other).to.equal(first);
    expect(first!.length).to.equal(5);
    for (const payload of first!) expect(payload.length).to.be.at.most(1_180);
    expect(new Vp8Depacketiser().join([...first!])).to.deep.include({ data: frame, keyframe: true });
  });

  it('hands the frame itself to who takes it as it is', () => {
    const fanout = open('vp8');
    const frame = vp8Frame(100, { keyframe: true });
    const frames: Uint8Array[] = [];
    fanout.add({ takeVideo: ({ data }) => frames.push(data) });
    fanout.take(video(frame));
    expect(frames.length).to.equal(1);
    expect(frames[0]).to.equal(frame);
  });

  it('gives the pictures of VP8 no ids, which would jump for a listener that comes from another encode', () => {
    const fanout = open('vp8');
    const taker = new PayloadTaker();
    fanout.add(taker);
    for (const keyframe of [true, false]) fanout.take(video(vp8Frame(100, { keyframe }), keyframe));
    expect(taker.frames.map(([payload]) => depacketiseVp8(payload!)?.pictureId)).to.deep.equal([undefined, undefined]);
  });

  it('cuts H.264 in packetization mode 1: small units together, large ones in fragments', () => {
    const fanout = open('h264');
    const taker = new PayloadTaker();
    fanout.add(taker);
    const unit = annexB([nal(7, 12), nal(8, 6), nal(5, 3_000)]);
    fanout.take(video(unit));
    const [payloads] = taker.frames;
    expect(payloads!.map((payload) => payload[0]! & 0x1f)).to.deep.equal([24, 28, 28, 28]);
    expect(new H264Depacketiser({ spropParameterSets: undefined }).join([...payloads!])).to.deep.include({ data: unit, keyframe: true });
  });

  it('gives a frame to nobody who has gone, and to nobody after its close', () => {
    const fanout = open('vp8');
    const [gone, there] = [new PayloadTaker(), new PayloadTaker()];
    fanout.add(gone);
    fanout.add(there);
    fanout.remove(gone);
    fanout.take(video(vp8Frame(100, { keyframe: true })));
    fanout.close();
    fanout.take(video(vp8Frame(100, { keyframe: true })));
    expect([gone.frames.length, there.frames.length]).to.deep.equal([0, 1]);
  });
});
