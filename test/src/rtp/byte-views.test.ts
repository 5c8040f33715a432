import { expect } from 'chai';
import { copyBytes, viewOf } from '../../../src/rtp/byte-views.js';

describe('byte views', () => {
  it('share the memory of what they are views of, which may be a view itself', () => {
    const datagram = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]).subarray(2);
    const view = viewOf(viewOf(datagram, 1, 5), 1, 3);
    expect([...view]).to.deep.equal([4, 5]);
    datagram[2] = 0xff;
    expect(view[0]).to.equal(0xff);
    expect(viewOf(datagram, 6, 6)).to.have.length(0);
  });

  it('copy all of one to a place in another, or nothing where it does not fit', () => {
    const target = Buffer.alloc(4);
    copyBytes(Uint8Array.of(1, 2), target, 1);
    expect([...target]).to.deep.equal([0, 1, 2, 0]);
    expect(() => copyBytes(Uint8Array.of(1, 2), target, 3)).to.throw(RangeError);
    expect([...target]).to.deep.equal([0, 1, 2, 0]);
  });
});
