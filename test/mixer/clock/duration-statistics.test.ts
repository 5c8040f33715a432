import { expect } from 'chai';
import { DurationStatistics } from '../../../mixer/clock/duration-statistics.js';

describe('duration statistics', () => {
  it('gives mean and 95th percentile', () => {
    const statistics = new DurationStatistics();
    for (let us = 1; us <= 100; us += 1) statistics.record(us);
    expect(statistics.summary()).to.deep.equal({ count: 100, meanUs: 51, p95Us: 96 });
  });

  it('says nothing before the first', () => {
    expect(new DurationStatistics().summary()).to.deep.equal({ count: 0, meanUs: 0, p95Us: 0 });
  });

  it('forgets what is long ago', () => {
    const statistics = new DurationStatistics();
    for (let index = 0; index < 300; index += 1) statistics.record(1_000_000);
    for (let index = 0; index < 256; index += 1) statistics.record(10);
    expect(statistics.summary()).to.deep.equal({ count: 556, meanUs: 10, p95Us: 10 });
  });
});
