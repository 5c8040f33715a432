import { expect } from 'chai';
import { fullAgainMs, levelBefore } from '../../../bench/network/full-picture.js';

/** One each half second from 0.5 s on. */
function samplesOf(levels: readonly number[]): { atUs: number; level: number }[] {
  return levels.map((level, index) => ({ atUs: 500_000 * (index + 1), level }));
}

describe('levelBefore', () => {
  it('is the middle of the two seconds before the fall', () => {
    expect(levelBefore(samplesOf([1, 9, 5, 6, 7, 2, 2]), 3_000_000)).to.equal(6.5);
  });

  it('is undefined without a sample', () => {
    expect(levelBefore([], 3_000_000)).to.equal(undefined);
  });
});

describe('fullAgainMs', () => {
  it('counts from the rise to the first of two good samples', () => {
    expect(fullAgainMs(samplesOf([9, 9, 1, 9, 1, 1, 8, 9]), 1_250_000, 8)).to.equal(2_250);
  });

  it('is undefined when it is not reached, or only by the last', () => {
    expect(fullAgainMs(samplesOf([9, 9, 1, 1, 1]), 1_250_000, 8)).to.equal(undefined);
    expect(fullAgainMs(samplesOf([9, 9, 1, 1, 9]), 1_250_000, 8)).to.equal(undefined);
  });

  it('takes the best tier, which is zero, for full', () => {
    expect(fullAgainMs(samplesOf([-0, -2, -1, -0, -0]), 750_000, 0)).to.equal(1_250);
  });
});
