import { expect } from 'chai';
import { parseByteRange, type ByteRange } from '../../../src/http/byte-range.js';

const cases: readonly [header: string, sizeBytes: number, result: ByteRange | 'unsatisfiable' | undefined][] = [
  ['bytes=0-0', 10, { first: 0, last: 0 }],
  ['bytes=0-9', 10, { first: 0, last: 9 }],
  ['bytes=0-', 10, { first: 0, last: 9 }],
  ['bytes=9-', 10, { first: 9, last: 9 }],
  ['bytes=2-100', 10, { first: 2, last: 9 }],
  ['bytes=-3', 10, { first: 7, last: 9 }],
  ['bytes=-100', 10, { first: 0, last: 9 }],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=10-20', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-1', 0, 'unsatisfiable'],
  ['bytes=5-4', 10, undefined],
  ['bytes=-', 10, undefined],
  ['bytes=0-1,3-4', 10, undefined],
  ['seconds=0-1', 10, undefined],
  ['bytes=a-b', 10, undefined],
  ['', 10, undefined],
];

describe('parseByteRange', () => {
  for (const [header, sizeBytes, result] of cases) {
    it(`reads "${header}" of ${sizeBytes} bytes`, () => {
      expect(parseByteRange(header, sizeBytes)).to.deep.equal(result);
    });
  }
});
