import { expect } from 'chai';
import { DelayEstimator } from '../../../mixer/audio/delay-estimator.js';
import { randomSource } from './sound.js';

const packetUs = 20_000;

/** Feeds `count` packets from `from` on; answers the next number. */
function feed(estimator: DelayEstimator, count: number, delayUs: (index: number) => number, from = 0): number {
  for (let index = from; index < from + count; index += 1) estimator.add(index * packetUs, index * packetUs + delayUs(index), packetUs);
  return from + count;
}

describe('DelayEstimator', () => {
  it('knows nothing before the first packet', () => {
    expect(new DelayEstimator().known).to.equal(false);
  });

  for (const zeroUs of [0, 1, -1, -86_400_000_000, 86_400_000_000]) {
    it(`does not mind where the capture clock has its zero (${zeroUs})`, () => {
      const estimator = new DelayEstimator();
      feed(estimator, 10, () => zeroUs);
      expect(estimator.targetUs() - zeroUs).to.equal(40_000);
      feed(estimator, 500, () => zeroUs, 10);
      expect(estimator.targetUs() - zeroUs).to.be.within(20_000, 22_000);
    });
  }

  it('covers jitter but for its rarest 2 %', () => {
    const estimator = new DelayEstimator();
    const random = randomSource(5);
    const delays: number[] = [];
    feed(estimator, 3000, () => {
      delays.push(50_000 * random());
      return delays.at(-1)!;
    });
    expect(estimator.targetUs() - 20_000).to.be.closeTo(49_000, 2_500);
    const covered = delays.slice(-1000).filter((delay) => delay <= estimator.targetUs() - 20_000).length / 1000;
    expect(covered).to.be.within(0.95, 1);
  });

  it('rises within a few packets when the network gets worse, and forgets in half a minute', () => {
    const estimator = new DelayEstimator();
    let next = feed(estimator, 1000, () => 0);
    next = feed(estimator, 25, (index) => (index % 2) * 80_000, next);
    expect(estimator.targetUs()).to.be.closeTo(100_000, 3_000);
    next = feed(estimator, 250, () => 0, next);
    expect(estimator.targetUs(), 'not forgotten after 5 s').to.be.above(20_000);
    feed(estimator, 1750, () => 0, next);
    expect(estimator.targetUs(), 'after 40 s').to.be.below(23_000);
  });

  it('forgets the beginning of a stream, when everybody was busy with something else', () => {
    const estimator = new DelayEstimator();
    const next = feed(estimator, 99, (index) => (index % 10 < 4 ? 80_000 : 0));
    expect(estimator.targetUs()).to.be.closeTo(100_000, 3_000);
    feed(estimator, 50, () => 2_000, next);
    expect(estimator.targetUs()).to.be.within(20_000, 24_000);
  });

  it('follows a path that got slower for good', () => {
    const estimator = new DelayEstimator();
    const next = feed(estimator, 1000, () => 0);
    feed(estimator, 300, () => 150_000, next);
    expect(estimator.floorUs).to.equal(150_000);
    expect(estimator.targetUs()).to.be.closeTo(170_000, 3_000);
  });

  it('never asks for more than 200 ms above the fastest packet', () => {
    const estimator = new DelayEstimator();
    feed(estimator, 1000, (index) => (index % 3) * 180_000);
    expect(estimator.targetUs()).to.equal(200_000);
    expect(estimator.targetUs(60_000)).to.equal(200_000);
  });

  it('adds what is asked for', () => {
    const estimator = new DelayEstimator();
    feed(estimator, 500, () => 0);
    expect(estimator.targetUs(20_000) - estimator.targetUs()).to.equal(20_000);
  });

  it('begins anew when the capture clock was set', () => {
    const estimator = new DelayEstimator();
    const next = feed(estimator, 500, () => 0);
    feed(estimator, 1, () => -7_000_000, next);
    expect(estimator.resets).to.equal(1);
    expect(estimator.targetUs()).to.equal(-7_000_000 + 40_000);
  });

  it('keeps up with drift of 300 ppm for two hours, either way', () => {
    for (const ppm of [300, -300]) {
      const estimator = new DelayEstimator();
      const random = randomSource(9);
      let largest = 0;
      for (let index = 0; index < 360_000; index += 10) {
        const drift = (index * packetUs * ppm) / 1e6;
        estimator.add(index * packetUs, index * packetUs + drift + 5_000 * random(), packetUs);
        if (index > 30_000) largest = Math.max(largest, Math.abs(estimator.targetUs() - drift - 25_000));
      }
      // Each tenth packet only: ten times the drift for each.
      expect(largest).to.be.below(130_000);
      expect(estimator.resets).to.equal(0);
    }
  });
});
