import { expect } from 'chai';
import { readRedBlock } from '../../../src/rtp/red-payload.js';

describe('readRedBlock', () => {
  it('finds what the one block is', () => {
    const block = readRedBlock(Uint8Array.of(96, 1, 2, 3));
    expect(block?.payloadType).to.equal(96);
    expect(Buffer.from(block!.data).toString('hex')).to.equal('010203');
    expect(readRedBlock(Uint8Array.of(0))).to.deep.equal({ payloadType: 0, data: new Uint8Array(0) });
  });

  it('reads nothing without a header, and none of several blocks', () => {
    expect(readRedBlock(new Uint8Array(0))).to.equal(undefined);
    // A redundant block of type 96, offset 0, two bytes; then the primary one.
    expect(readRedBlock(Uint8Array.of(0x80 | 96, 0, 0, 2, 97, 1, 1, 2))).to.equal(undefined);
  });
});
