import { expect } from 'chai';
import fc from 'fast-check';
import { packetiseH264 } from '../../../src/rtp/h264-payload.js';
import { splitAnnexB } from '../../../src/rtp/nal-unit.js';
import { annexB, baselineSps, fill, nal, pictureParameters } from '../../support/video-frames.js';

const type = (payload: Uint8Array): number => payload[0]! & 0x1f;

describe('splitAnnexB', () => {
  it('takes start codes of three and four bytes, and zeros around them', () => {
    const stream = Uint8Array.of(0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 0, 1, 0x65, 0, 0, 3, 1, 0, 0, 0);
    expect(splitAnnexB(stream).map((unit) => [...unit])).to.deep.equal([[0x67, 1], [0x68, 2], [0x65, 0, 0, 3, 1]]);
  });

  it('leaves out what stands before the first start code, and empty units', () => {
    expect(splitAnnexB(Uint8Array.of(9, 9, 0, 0, 1, 0, 0, 1, 0x41))).to.have.length(1);
    expect(splitAnnexB(Uint8Array.of(1, 2, 3))).to.deep.equal([]);
    expect(splitAnnexB(new Uint8Array(0))).to.deep.equal([]);
    expect(splitAnnexB(Uint8Array.of(0, 0, 1))).to.deep.equal([]);
  });

  it('works inside a larger buffer', () => {
    const stream = annexB([nal(5, 20)]);
    const within = Buffer.concat([Uint8Array.of(0, 0, 1, 7), stream, Uint8Array.of(0, 0, 1, 7)]).subarray(4, 4 + stream.length);
    expect(splitAnnexB(within).map((unit) => [...unit])).to.deep.equal([[...nal(5, 20)]]);
  });

  it('finds again what was joined', () => {
    const unit = fc.tuple(fc.integer({ min: 1, max: 23 }), fc.integer({ min: 2, max: 50 }), fc.nat(255)).map(([kind, length, seed]) => nal(kind, length, seed));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), (units) => {
        expect(splitAnnexB(annexB(units)).map((each) => [...each])).to.deep.equal(units.map((each) => [...each]));
      }),
    );
  });
});

describe('packetiseH264', () => {
  const sps = baselineSps(640, 360);
  const pps = pictureParameters();

  it('puts parameter sets into one STAP-A and cuts the slice into FU-A pieces of nearly equal size', () => {
    const slice = nal(5, 3000);
    const payloads = packetiseH264(annexB([sps, pps, slice]), { maxPayloadBytes: 1200, mode: 1 });
    expect(payloads.map(type)).to.deep.equal([24, 28, 28, 28]);
    expect([...payloads[0]!]).to.deep.equal([0x60 | 24, 0, sps.length, ...sps, 0, pps.length, ...pps]);
    const pieces = payloads.slice(1);
    expect(pieces.map((piece) => piece[0])).to.deep.equal([0x7c, 0x7c, 0x7c]);
    expect(pieces.map((piece) => piece[1])).to.deep.equal([0x85, 0x05, 0x45]);
    expect(pieces.flatMap((piece) => [...piece.subarray(2)])).to.deep.equal([...slice.subarray(1)]);
    expect(pieces.map((piece) => piece.length)).to.deep.equal([1002, 1001, 1002]);
  });

  it('sends one unit as it is', () => {
    const slice = nal(1, 1200);
    expect(packetiseH264(annexB([slice]), { maxPayloadBytes: 1200, mode: 1 }).map((each) => [...each])).to.deep.equal([[...slice]]);
    expect(packetiseH264(annexB([slice]), { maxPayloadBytes: 1199, mode: 1 }).map(type)).to.deep.equal([28, 28]);
  });

  it('gives a STAP-A the greatest NRI and the F bit of its units', () => {
    const [first, second] = [Uint8Array.of(0x06, 1), Uint8Array.of(0xc1, 2)];
    expect(packetiseH264(annexB([first, second]), { maxPayloadBytes: 100, mode: 1 })[0]![0]).to.equal(0x80 | 0x40 | 24);
  });

  it('keeps order when small and large units alternate, and fills a STAP-A to the limit and not beyond', () => {
    const units = [nal(6, 10), nal(6, 30, 1), nal(1, 400, 2), nal(1, 10, 3), nal(1, 43, 4), nal(1, 10, 5)];
    const payloads = packetiseH264(annexB(units), { maxPayloadBytes: 60, mode: 1 });
    // 1 + 2+10 + 2+30 = 45; 1 + 2+10 + 2+43 = 58, where 2+10 more do not fit.
    expect(payloads.map((each) => [type(each), each.length]).filter(([kind]) => kind !== 28)).to.deep.equal([[24, 45], [24, 58], [1, 10]]);
    expect(payloads.findIndex((each) => type(each) === 28)).to.equal(1);
  });

  it('sends single units only in mode 0, and nothing when one of them is too great', () => {
    const units = [sps, pps, nal(5, 1200)];
    expect(packetiseH264(annexB(units), { maxPayloadBytes: 1200, mode: 0 }).map((each) => [...each])).to.deep.equal(units.map((each) => [...each]));
    expect(packetiseH264(annexB([...units, nal(5, 1201, 1, false)]), { maxPayloadBytes: 1200, mode: 0 })).to.deep.equal([]);
  });

  it('makes no packet without a unit, and says when there is no room', () => {
    expect(packetiseH264(fill(20, 1), { maxPayloadBytes: 1200, mode: 1 })).to.deep.equal([]);
    expect(() => packetiseH264(annexB([sps]), { maxPayloadBytes: 2, mode: 1 })).to.throw(RangeError);
    expect(() => packetiseH264(annexB([sps]), { maxPayloadBytes: Number.NaN, mode: 0 })).to.throw(RangeError);
  });

  it('cuts a megabyte in linear time', () => {
    const units = [sps, pps, ...Array.from({ length: 4000 }, (_unused, at) => nal(5, 250, at, at === 0))];
    const stream = annexB(units);
    const started = process.cpuUsage();
    const payloads = packetiseH264(stream, { maxPayloadBytes: 1200, mode: 1 });
    const spentMs = process.cpuUsage(started).user / 1e3;
    expect(payloads.reduce((sum, each) => sum + each.length, 0)).to.be.greaterThan(1_000_000);
    // 3 to 10 ms on the machine this was written on; quadratic copying takes seconds.
    expect(spentMs).to.be.below(500);
  });
});
