import { expect } from 'chai';
import { countIn, standstillIn } from '../../../bench/network/standstill.js';

describe('standstillIn', () => {
  it('finds none where all pauses are tolerated', () => {
    expect(standstillIn([100, 200, 300, 400], 0, 500, 100)).to.deep.equal({ beyondMs: 0, longestMs: 0.1 });
  });

  it('counts of each pause what is beyond', () => {
    expect(standstillIn([1_000, 2_000, 5_000, 9_000], 0, 10_000, 1_500)).to.deep.equal({ beyondMs: 1.5 + 2.5, longestMs: 4 });
  });

  it('counts with their part inside pauses that began before or have not ended', () => {
    expect(standstillIn([-9_000, 4_000, 4_100, 20_000], 0, 10_000, 1_000)).to.deep.equal({ beyondMs: 3 + 4.9, longestMs: 5.9 });
    expect(standstillIn([], 0, 10_000, 1_000)).to.deep.equal({ beyondMs: 9, longestMs: 10 });
  });
});

describe('countIn', () => {
  it('takes the beginning and leaves the end', () => {
    expect(countIn([0, 10, 19, 20, 30], 10, 20)).to.equal(2);
  });
});
