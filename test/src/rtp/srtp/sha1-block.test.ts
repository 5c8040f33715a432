import { expect } from 'chai';
import { blockWords, firstState, hashBlock, stateWords } from '../../../../src/rtp/srtp/sha1-block.js';

describe('SHA-1 of one block', () => {
  it('is that of RFC 3174 for "abc"', () => {
    const block = Buffer.alloc(blockWords * 4);
    block.write('abc\x80', 'latin1');
    block.writeUInt32BE(24, 60);
    const digest = new Int32Array(stateWords);
    hashBlock(firstState, Int32Array.from({ length: blockWords }, (_, word) => block.readInt32BE(word * 4)), digest);
    expect(Array.from(digest, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('')).to.equal('a9993e364706816aba3e25717850c26c9cd0d89d');
  });
});
