import { expect } from 'chai';
import fc from 'fast-check';
import { readInt32, readUint16, readUint32 } from '../../../src/rtp/big-endian.js';

describe('big-endian numbers', () => {
  it('are what Buffer reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 12 }), fc.nat(), (bytes, place) => {
        const buffer = Buffer.from(bytes);
        const at = place % (bytes.length - 3);
        expect([readUint16(bytes, at), readInt32(bytes, at), readUint32(bytes, at)]).to.deep.equal([buffer.readUInt16BE(at), buffer.readInt32BE(at), buffer.readUInt32BE(at)]);
      }),
    );
  });

  it('are 0 where nothing is', () => {
    expect([readUint16(Uint8Array.of(1), 0), readUint16(new Uint8Array(0), 0), readUint32(Uint8Array.of(0xff, 0xff), 1)]).to.deep.equal([0x100, 0, 0xff00_0000]);
  });
});
