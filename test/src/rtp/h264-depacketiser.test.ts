import { expect } from 'chai';
import fc from 'fast-check';
import { H264Depacketiser } from '../../../src/rtp/h264-depacketiser.js';
import { packetiseH264 } from '../../../src/rtp/h264-payload.js';
import { splitAnnexB } from '../../../src/rtp/nal-unit.js';
import { holdsKeyframe, isDamaged, startsFrame } from '../../../src/rtp/video-depacketiser.js';
import type { JoinedFrame } from '../../../src/rtp/video-depacketiser.js';
import { encodeH264 } from '../../support/encoded-media.js';
import { annexB, baselineSps, h264Keyframe, nal, pictureParameters } from '../../support/video-frames.js';

const sps = baselineSps(640, 360);
const pps = pictureParameters();
const packetise = (units: readonly Uint8Array[], mode: 0 | 1 = 1, maxPayloadBytes = 1200): Uint8Array[] => packetiseH264(annexB(units), { maxPayloadBytes, mode });
const units = (stream: Uint8Array): number[][] => splitAnnexB(stream).map((unit) => [...unit]);
const plain = (list: readonly Uint8Array[]): number[][] => list.map((unit) => [...unit]);

function join(depacketiser: H264Depacketiser, payloads: readonly Uint8Array[]): JoinedFrame {
  const joined = depacketiser.join(payloads);
  if (typeof joined === 'string') throw new Error(joined);
  return joined;
}

describe('H264Depacketiser', () => {
  it('gives back every unit of what was packetised, in both modes', () => {
    const slice = fc.tuple(fc.constantFrom(1, 5, 6, 12), fc.integer({ min: 2, max: 4000 }), fc.nat(255)).map(([type, length, seed]) => nal(type, length, seed));
    fc.assert(
      fc.property(fc.array(slice, { minLength: 1, maxLength: 6 }), fc.integer({ min: 50, max: 1400 }), (slices, maxPayloadBytes) => {
        const frame = [sps, pps, ...slices, nal(1, 20)];
        const isKeyframe = slices.some((unit) => (unit[0]! & 0x1f) === 5);
        const joined = join(new H264Depacketiser(), packetise(frame, 1, maxPayloadBytes));
        expect(units(joined.data)).to.deep.equal(plain(frame));
        expect(joined.keyframe).to.equal(isKeyframe);
        expect(joined.data.buffer.byteLength).to.equal(joined.data.length);
        expect(units(join(new H264Depacketiser(), packetise(frame, 0, 5000)).data)).to.deep.equal(plain(frame));
      }),
      { numRuns: 60 },
    );
  });

  it('gives back what x264 wrote, with its size', async () => {
    const depacketiser = new H264Depacketiser();
    const pictures = await encodeH264({ widthPx: 320, heightPx: 180, fps: 30, frames: 12, keyframeInterval: 6 });
    expect(pictures.map((picture) => picture.keyframe)).to.deep.equal(pictures.map((_unused, at) => at % 6 === 0));
    for (const { data, keyframe } of pictures) {
      const joined = join(depacketiser, packetiseH264(data, { maxPayloadBytes: 300, mode: 1 }));
      expect(units(joined.data)).to.deep.equal(units(data));
      expect(joined.keyframe).to.equal(keyframe);
      if (keyframe) expect(joined).to.include({ widthPx: 320, heightPx: 180 });
    }
  });

  it('puts the parameter sets seen last before a keyframe that comes without', () => {
    const depacketiser = new H264Depacketiser();
    join(depacketiser, packetise([sps, pps, nal(5, 100)]));
    expect(units(join(depacketiser, packetise([nal(5, 80, 2)])).data)).to.deep.equal(plain([sps, pps, nal(5, 80, 2)]));
    const larger = baselineSps(1280, 720);
    join(depacketiser, packetise([larger, pps, nal(5, 100)]));
    const keyframe = join(depacketiser, packetise([nal(5, 3000, 3)]));
    expect(units(keyframe.data)).to.deep.equal(plain([larger, pps, nal(5, 3000, 3)]));
    expect(keyframe).to.include({ keyframe: true, widthPx: 1280, heightPx: 720 });
    expect(units(join(depacketiser, packetise([nal(1, 50)])).data), 'not before other frames').to.deep.equal(plain([nal(1, 50)]));
  });

  it('puts them after an access unit delimiter', () => {
    const depacketiser = new H264Depacketiser();
    join(depacketiser, packetise([sps, pps, nal(5, 100)]));
    const delimiter = Uint8Array.of(0x09, 0xf0);
    expect(units(join(depacketiser, packetise([delimiter, nal(5, 80)])).data)).to.deep.equal(plain([delimiter, sps, pps, nal(5, 80)]));
  });

  it('takes them from the SDP until the stream brings its own', () => {
    const spropParameterSets = [sps, pps].map((unit) => Buffer.from(unit).toString('base64')).join(',');
    const depacketiser = new H264Depacketiser({ spropParameterSets });
    const keyframe = join(depacketiser, packetise([nal(5, 80)]));
    expect(units(keyframe.data)).to.deep.equal(plain([sps, pps, nal(5, 80)]));
    expect(keyframe).to.include({ widthPx: 640, heightPx: 360 });
    for (const garbage of ['', ',', '!!!', 'Z0IA,', 'A'.repeat(10_000)]) {
      expect(new H264Depacketiser({ spropParameterSets: garbage }).join(packetise([nal(5, 80)])), garbage.slice(0, 9)).to.equal('damaged');
    }
  });

  it('keeps several sets under their ids, and those sent in a packet of their own', () => {
    const depacketiser = new H264Depacketiser();
    const [secondSps, secondPps] = [baselineSps(320, 180, 1), pictureParameters(1)];
    expect(depacketiser.join(packetise([sps, secondSps]))).to.equal('no-picture');
    expect(depacketiser.join(packetise([pps, secondPps]))).to.equal('no-picture');
    expect(units(join(depacketiser, packetise([nal(5, 80)])).data)).to.deep.equal(plain([sps, secondSps, pps, secondPps, nal(5, 80)]));
  });

  it('salvages parameter sets from packets of a dropped frame', () => {
    for (const payloads of [packetise([sps, pps]), packetise([sps, pps], 0)]) {
      const depacketiser = new H264Depacketiser();
      for (const payload of payloads) depacketiser.salvage(payload);
      expect(units(join(depacketiser, packetise([nal(5, 80)])).data)).to.deep.equal(plain([sps, pps, nal(5, 80)]));
    }
  });

  it('calls a keyframe damaged for which there are no parameter sets at all', () => {
    expect(new H264Depacketiser().join(packetise([nal(5, 80)]))).to.equal('damaged');
    expect(new H264Depacketiser().join(packetise([sps, nal(5, 80)]))).to.equal('damaged');
  });

  it('never keeps more parameter sets than it should', () => {
    const depacketiser = new H264Depacketiser();
    for (let id = 0; id < 32; id++) depacketiser.join([baselineSps(640, 360, id)]);
    for (let id = 0; id < 256; id++) depacketiser.join([pictureParameters(id)]);
    const kept = units(join(depacketiser, packetise([nal(5, 80)])).data);
    expect(kept).to.have.length(16 + 16 + 1);
    const swollen = new H264Depacketiser();
    swollen.join([sps]);
    swollen.join([Uint8Array.of(...pps, ...nal(1, 2000))]);
    expect(swollen.join([nal(5, 80)])).to.equal('damaged');
  });

  it('calls a frame damaged whose pieces do not make whole units', () => {
    const pieces = packetise([nal(1, 3000)]);
    const whole = packetise([nal(1, 50)]);
    const join = (...payloads: Uint8Array[]): unknown => new H264Depacketiser().join(payloads);
    expect(pieces).to.have.length(3);
    const [first, middle, last] = pieces as [Uint8Array, Uint8Array, Uint8Array];
    expect(join(first, middle)).to.equal('damaged');
    expect(join(middle, last)).to.equal('damaged');
    expect(join(first, first, last)).to.equal('damaged');
    expect(join(first, ...whole, last)).to.equal('damaged');
    expect(join(first, ...packetise([sps, pps]), last)).to.equal('damaged');
    expect(join(first, middle, last, last)).to.equal('damaged');
    expect(join(first, middle, last)).to.be.an('object');
    expect(join(Uint8Array.of(24, 0, 9, 1))).to.equal('damaged');
    expect(join(Uint8Array.of(24, 0, 1))).to.equal('damaged');
    expect(join(Uint8Array.of(24, 0, 0))).to.equal('damaged');
    expect(join(Uint8Array.of(24))).to.equal('damaged');
    expect(join(Uint8Array.of(28, 0x81))).to.equal('damaged');
    for (const type of [0, 25, 26, 27, 29, 30, 31]) expect(join(Uint8Array.of(type, 1, 2, 3)), `${type}`).to.equal('damaged');
  });

  it('tells where a frame may begin', () => {
    const inspect = (payload: Uint8Array, depacketiser = new H264Depacketiser()): number => depacketiser.inspect(payload);
    expect(inspect(nal(1, 20)), 'first slice').to.equal(startsFrame);
    expect(inspect(nal(1, 20, 0, false)), 'later slice').to.equal(0);
    expect(inspect(sps)).to.equal(startsFrame);
    expect(inspect(Uint8Array.of(9, 0xf0))).to.equal(startsFrame);
    expect(packetise([nal(1, 3000)]).map((piece) => inspect(piece))).to.deep.equal([startsFrame, 0, 0]);
    expect(packetise([sps, pps, nal(5, 3000)]).map((piece) => inspect(piece))).to.deep.equal([startsFrame, holdsKeyframe, holdsKeyframe, holdsKeyframe]);
    expect(packetise([sps, pps, nal(5, 300)]).map((piece) => inspect(piece))).to.deep.equal([startsFrame | holdsKeyframe]);
    expect(inspect(nal(5, 20)), 'an IDR slice whose sets may have been lost').to.equal(holdsKeyframe);
    const sets = [sps, pps].map((unit) => Buffer.from(unit).toString('base64')).join(',');
    expect(inspect(nal(5, 20), new H264Depacketiser({ spropParameterSets: sets })), 'sets in the SDP').to.equal(startsFrame | holdsKeyframe);
    expect(inspect(Uint8Array.of(0x80 | 1, 0xff)), 'forbidden bit').to.equal(isDamaged);
  });

  it('overhears the size in a parameter set, alone or aggregated, and keeps the set for later', () => {
    for (const mode of [0, 1] as const) {
      const depacketiser = new H264Depacketiser();
      const sizes = packetise([sps, pps, nal(5, 1_000)], mode).map((payload) => depacketiser.overhear(payload));
      expect(sizes[0]).to.include({ widthPx: 640, heightPx: 360 });
      expect(sizes.slice(1)).to.deep.equal(sizes.slice(1).map(() => undefined));
      const bare = join(depacketiser, packetise([nal(5, 1_000)], mode));
      expect(bare).to.include({ keyframe: true, widthPx: 640, heightPx: 360 });
    }
  });

  it('takes any bytes without throwing, and keeps its word', () => {
    const payload = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 60 }),
      fc.tuple(fc.constantFrom(24, 28, 5, 7, 8, 0x7c), fc.uint8Array({ maxLength: 60 })).map(([type, rest]) => Uint8Array.of(type, ...rest)),
    );
    const depacketiser = new H264Depacketiser();
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 5 }), (payloads) => {
        for (const each of payloads) {
          const traits = depacketiser.inspect(each);
          // What one look calls damaged must not come out of the other as a frame.
          if ((traits & isDamaged) !== 0 && each[0]! < 0x80) expect(depacketiser.join([each])).to.equal('damaged');
          depacketiser.overhear(each);
        }
        const joined = depacketiser.join(payloads);
        if (typeof joined !== 'string') expect(joined.data.length).to.be.greaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('joins a keyframe of a thousand packets in linear time', () => {
    const payloads = packetiseH264(h264Keyframe(1_000_000), { maxPayloadBytes: 1000, mode: 1 });
    const started = process.cpuUsage();
    join(new H264Depacketiser(), payloads);
    expect(payloads.length).to.be.greaterThan(1000);
    // About 1 ms where this was written.
    expect(process.cpuUsage(started).user / 1e3).to.be.below(200);
  });
});
