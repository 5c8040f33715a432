import { expect } from 'chai';
import fc from 'fast-check';
import { depacketiseVp8, isVp8Keyframe, packetiseVp8, readVp8KeyframeSize, Vp8Depacketiser } from '../../../src/rtp/vp8-payload.js';
import { holdsKeyframe, isDamaged, splitsFrames, startsFrame } from '../../../src/rtp/video-depacketiser.js';
import { fill, vp8Frame } from '../../support/video-frames.js';

/** The parts of a descriptor as RFC 7741 4.2 draws them, and the bytes they make. */
const descriptors: readonly { readonly name: string; readonly bytes: readonly number[]; readonly fields: Record<string, unknown> }[] = [
  { name: 'the required byte alone', bytes: [0x10], fields: { startOfPartition0: true, nonReference: false } },
  { name: 'a later partition', bytes: [0x13], fields: { startOfPartition0: false } },
  { name: 'the middle of partition 0', bytes: [0x00], fields: { startOfPartition0: false } },
  { name: 'a frame nobody refers to', bytes: [0x30], fields: { startOfPartition0: true, nonReference: true } },
  { name: 'reserved bits, to be ignored', bytes: [0x58], fields: { startOfPartition0: true, nonReference: false } },
  { name: 'an extension byte without fields', bytes: [0x90, 0x0f], fields: { startOfPartition0: true } },
  { name: 'a 7-bit picture id', bytes: [0x90, 0x80, 0x00], fields: { pictureId: 0 } },
  { name: 'the greatest 7-bit picture id', bytes: [0x90, 0x80, 0x7f], fields: { pictureId: 127 } },
  { name: 'a 15-bit picture id', bytes: [0x90, 0x80, 0x80, 0x05], fields: { pictureId: 5 } },
  { name: 'the greatest 15-bit picture id', bytes: [0x90, 0x80, 0xff, 0xff], fields: { pictureId: 32767 } },
  { name: 'TL0PICIDX', bytes: [0x90, 0x40, 0xfe], fields: { tl0PictureIndex: 254, temporalLayerId: undefined } },
  { name: 'a temporal layer', bytes: [0x90, 0x20, 0xa0], fields: { temporalLayerId: 2, layerSync: true, keyIndex: undefined } },
  { name: 'a key index', bytes: [0x90, 0x10, 0x1f], fields: { keyIndex: 31, temporalLayerId: undefined, layerSync: undefined } },
  {
    name: 'all of them', bytes: [0x90, 0xf0, 0x81, 0x02, 0x03, 0x44],
    fields: { startOfPartition0: true, pictureId: 258, tl0PictureIndex: 3, temporalLayerId: 1, layerSync: false, keyIndex: 4 },
  },
];

describe('depacketiseVp8', () => {
  for (const { name, bytes, fields } of descriptors) {
    it(`reads ${name}`, () => {
      const packet = depacketiseVp8(Uint8Array.of(...bytes, 1, 2, 3));
      expect(packet).to.include(fields);
      expect([...packet!.data]).to.deep.equal([1, 2, 3]);
    });

    it(`refuses ${name} without data behind it, and cut at each byte`, () => {
      for (let length = 0; length <= bytes.length; length++) expect(depacketiseVp8(Uint8Array.from(bytes.slice(0, length))), `${length}`).to.equal(undefined);
    });
  }

  it('takes any bytes without throwing and never answers bytes that are not there', () => {
    const depacketiser = new Vp8Depacketiser();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (payload) => {
        const packet = depacketiseVp8(payload);
        const traits = depacketiser.inspect(payload);
        expect((traits & isDamaged) !== 0).to.equal(packet === undefined);
        if (packet !== undefined) {
          expect(packet.data.length).to.be.greaterThan(0);
          expect([...packet.data]).to.deep.equal([...payload.subarray(payload.length - packet.data.length)]);
          expect((traits & startsFrame) !== 0).to.equal(packet.startOfPartition0);
        }
        depacketiser.join([payload, payload]);
      }),
    );
  });
});

describe('the head of a VP8 frame', () => {
  it('tells keyframes from others', () => {
    expect(isVp8Keyframe(vp8Frame(20, { keyframe: true }))).to.equal(true);
    expect(isVp8Keyframe(vp8Frame(20, { keyframe: false }))).to.equal(false);
    expect(isVp8Keyframe(new Uint8Array(0))).to.equal(false);
  });

  it('gives the size, without the scaling bits above it', () => {
    expect(readVp8KeyframeSize(vp8Frame(20, { keyframe: true, widthPx: 1280, heightPx: 720 }))).to.deep.equal({ widthPx: 1280, heightPx: 720 });
    expect(readVp8KeyframeSize(vp8Frame(20, { keyframe: true, widthPx: 16383, heightPx: 1 }))).to.deep.equal({ widthPx: 16383, heightPx: 1 });
    expect(readVp8KeyframeSize(vp8Frame(20, { keyframe: true, widthPx: 640 | 0x8000, heightPx: 360 | 0x4000 }))).to.deep.equal({ widthPx: 640, heightPx: 360 });
  });

  it('gives none for other frames, a wrong start code, an empty picture and a head cut short', () => {
    const keyframe = vp8Frame(20, { keyframe: true });
    expect(readVp8KeyframeSize(vp8Frame(20, { keyframe: false }))).to.equal(undefined);
    expect(readVp8KeyframeSize(keyframe.subarray(0, 9))).to.equal(undefined);
    expect(readVp8KeyframeSize(Uint8Array.from(keyframe, (byte, at) => (at === 4 ? byte ^ 1 : byte)))).to.equal(undefined);
    expect(readVp8KeyframeSize(vp8Frame(20, { keyframe: true, widthPx: 0 }))).to.equal(undefined);
    expect(readVp8KeyframeSize(vp8Frame(20, { keyframe: true, heightPx: 0 }))).to.equal(undefined);
  });
});

describe('packetiseVp8', () => {
  it('comes back as it went in, whatever the sizes', () => {
    const depacketiser = new Vp8Depacketiser();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 5, max: 1400 }), fc.nat(0xffff), fc.boolean(), (length, maxPayloadBytes, pictureId, keyframe) => {
        const frame = vp8Frame(length, { keyframe });
        const payloads = packetiseVp8(frame, { maxPayloadBytes, pictureId });
        expect(Math.max(...payloads.map((payload) => payload.length))).to.be.at.most(maxPayloadBytes);
        expect(payloads).to.have.length(Math.ceil(frame.length / (maxPayloadBytes - 4)));
        expect(Math.max(...payloads.map((payload) => payload.length)) - Math.min(...payloads.map((payload) => payload.length)), 'even sizes').to.be.at.most(1);
        const packets = payloads.map((payload) => depacketiseVp8(payload)!);
        expect(packets.map((packet) => packet.startOfPartition0)).to.deep.equal(payloads.map((_unused, at) => at === 0));
        expect(new Set(packets.map((packet) => packet.pictureId))).to.deep.equal(new Set([pictureId & 0x7fff]));
        expect(depacketiser.inspect(payloads[0]!)).to.equal(startsFrame | splitsFrames | (keyframe ? holdsKeyframe : 0));
        expect(depacketiser.join(payloads)).to.deep.equal({
          data: Buffer.from(frame), keyframe, ...(keyframe ? { widthPx: 640, heightPx: 360 } : {}),
        });
      }),
    );
  });

  it('makes no packet of an empty frame, and says when there is no room for data', () => {
    expect(packetiseVp8(new Uint8Array(0), { maxPayloadBytes: 1200, pictureId: 0 })).to.deep.equal([]);
    for (const maxPayloadBytes of [4, 0, -1, Number.NaN]) {
      expect(() => packetiseVp8(fill(9, 1), { maxPayloadBytes, pictureId: 0 }), `${maxPayloadBytes}`).to.throw(RangeError);
    }
  });
});

describe('Vp8Depacketiser', () => {
  it('overhears the size in the packet that begins a keyframe, and in no other', () => {
    const sizes = (keyframe: boolean): unknown[] => {
      const payloads = packetiseVp8(vp8Frame(3000, { keyframe, widthPx: 1280, heightPx: 720 }), { maxPayloadBytes: 1200, pictureId: 1 });
      return [...payloads, Uint8Array.of(0x10)].map((payload) => new Vp8Depacketiser().overhear(payload));
    };
    expect(sizes(true)).to.deep.equal([{ widthPx: 1280, heightPx: 720 }, undefined, undefined, undefined]);
    expect(sizes(false)).to.deep.equal([undefined, undefined, undefined, undefined]);
  });

  it('gives data that is alone in its buffer and can be transferred', () => {
    const frame = vp8Frame(3000, { keyframe: false });
    const joined = new Vp8Depacketiser().join(packetiseVp8(frame, { maxPayloadBytes: 1200, pictureId: 1 }));
    if (typeof joined === 'string') throw new Error(joined);
    expect(joined.data.buffer.byteLength).to.equal(frame.length);
    const moved = structuredClone(joined.data, { transfer: [joined.data.buffer] });
    expect([...moved]).to.deep.equal([...frame]);
    expect(joined.data.length).to.equal(0);
  });

  it('calls a frame damaged that lacks its beginning, or whose keyframe head is wrong', () => {
    const depacketiser = new Vp8Depacketiser();
    const payloads = packetiseVp8(vp8Frame(3000, { keyframe: false }), { maxPayloadBytes: 1200, pictureId: 1 });
    expect(depacketiser.join(payloads.slice(1))).to.equal('damaged');
    expect(depacketiser.join([])).to.equal('damaged');
    expect(depacketiser.join([payloads[0]!, Uint8Array.of(0x80)])).to.equal('damaged');
    expect(depacketiser.join([Uint8Array.of(0x10, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9)])).to.equal('damaged');
  });
});
