import { expect } from 'chai';
import fc from 'fast-check';
import { DelayFloor } from '../../../src/rtp/delay-floor.js';

const stepUs = 20_000;

/** A packet each 20 ms with the delay of that moment; answers the floor after each, and the moments of new beginnings. */
function run(floor: DelayFloor, fromUs: number, toUs: number, delayAt: (nowUs: number) => number): { readonly floorsUs: number[]; readonly beginningsUs: number[] } {
  const floorsUs: number[] = [];
  const beginningsUs: number[] = [];
  for (let nowUs = fromUs; nowUs < toUs; nowUs += stepUs) {
    if (floor.add(delayAt(nowUs), nowUs)) beginningsUs.push(nowUs);
    floorsUs.push(floor.floorUs);
  }
  return { floorsUs, beginningsUs };
}

/** Queueing of up to 60 ms, with an empty queue in each 500 ms. */
const queueUs = (nowUs: number): number => ((nowUs / stepUs) * 7919) % 25 === 0 ? 0 : (((nowUs / stepUs) * 7919) % 25) * 2_400;

describe('DelayFloor', () => {
  it('begins with the first delay and falls at once', () => {
    const floor = new DelayFloor();
    expect(floor.floorUs).to.equal(0);
    expect(floor.add(1_000_000, 0)).to.equal(true);
    expect(floor.floorUs).to.equal(1_000_000);
    expect(floor.add(950_000, 1)).to.equal(false);
    expect(floor.floorUs).to.equal(950_000);
    floor.add(990_000, 2);
    expect(floor.floorUs).to.equal(950_000);
  });

  it('is the least delay under queueing, and negative delays are as good as others', () => {
    for (const baseUs of [40_000, -3_600_000_000, 0]) {
      const { floorsUs, beginningsUs } = run(new DelayFloor(), 0, 60_000_000, (nowUs) => baseUs + queueUs(nowUs));
      expect(new Set(floorsUs.slice(25))).to.deep.equal(new Set([baseUs]));
      expect(beginningsUs).to.deep.equal([0]);
    }
  });

  it('follows a clock that is off by 200 ppm, either way, to within 5 ms', () => {
    for (const ppm of [200, -200]) {
      const trueUs = (nowUs: number): number => 40_000 + (nowUs * ppm) / 1e6;
      const { floorsUs } = run(new DelayFloor(), 0, 600_000_000, (nowUs) => trueUs(nowUs) + queueUs(nowUs));
      expect(floorsUs).to.have.lengthOf(30_000);
      for (const [at, floorUs] of floorsUs.entries()) if (at > 50) expect(Math.abs(floorUs - trueUs(at * stepUs))).to.be.below(5_000);
    }
  });

  it('rises after 10 to 20 s only, and by 20 ms a second', () => {
    const floor = new DelayFloor();
    run(floor, 0, 15_000_000, () => 40_000);
    const { floorsUs } = run(floor, 15_000_000, 45_000_000, () => 140_000);
    const firstRise = floorsUs.findIndex((floorUs) => floorUs > 40_000);
    expect(firstRise * stepUs).to.be.within(5_000_000, 20_000_000);
    for (const [at, floorUs] of floorsUs.entries()) if (at > 0) expect(floorUs - floorsUs[at - 1]!).to.be.within(0, 401);
    expect(floorsUs.at(-1)).to.equal(140_000);
    expect(floorsUs.indexOf(140_000) - firstRise, 'in 5 s').to.be.within(240, 260);
  });

  it('has forgotten the path of before a silence of 20 s', () => {
    const floor = new DelayFloor();
    run(floor, 0, 15_000_000, () => 40_000);
    floor.add(140_000, 40_000_000);
    expect(floor.floorUs).to.equal(140_000);
  });

  it('stands as long as some packets are in time', () => {
    const floor = new DelayFloor();
    const { floorsUs, beginningsUs } = run(floor, 0, 30_000_000, (nowUs) => (nowUs % 1_000_000 === 0 ? 40_000 : 740_000));
    expect(beginningsUs).to.deep.equal([0]);
    expect(new Set(floorsUs)).to.deep.equal(new Set([40_000]));
  });

  it('stands through a black-out of 1.5 s that ends in a burst', () => {
    const floor = new DelayFloor();
    run(floor, 0, 5_000_000, () => 40_000);
    for (let lateUs = 1_500_000; lateUs >= 0; lateUs -= stepUs) expect(floor.add(40_000 + lateUs, 6_500_000 + (1_500_000 - lateUs) / 100)).to.equal(false);
    expect(floor.floorUs).to.equal(40_000);
  });

  it('begins anew when everything is late for 2 s, at the least of that time', () => {
    const floor = new DelayFloor();
    run(floor, 0, 5_000_000, () => 40_000);
    const { floorsUs, beginningsUs } = run(floor, 8_000_000, 12_000_000, (nowUs) => 3_040_000 + queueUs(nowUs));
    expect(beginningsUs).to.deep.equal([10_000_000]);
    expect(floorsUs[99]).to.equal(40_000);
    expect(floorsUs.at(-1)).to.equal(3_040_000);
  });

  it('begins anew at once when timestamps jump ahead, or back by more than 10 s', () => {
    for (const jumpUs of [-600_000, -3_600_000_000, 10_100_000, 3_600_000_000]) {
      const floor = new DelayFloor();
      run(floor, 0, 1_000_000, () => 40_000);
      expect(floor.add(40_000 + jumpUs, 1_000_000), `${jumpUs}`).to.equal(true);
      expect(floor.floorUs).to.equal(40_000 + jumpUs);
      expect(floor.add(40_000 + jumpUs, 1_020_000)).to.equal(false);
    }
  });

  it('is never above the least delay of the last 10 s, and never below that of the last 20 s, but for its slow rise', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 50, maxLength: 300 }), (delaysUs) => {
        const floor = new DelayFloor();
        const packetUs = 200_000;
        for (const [at, delayUs] of delaysUs.entries()) {
          floor.add(delayUs, at * packetUs);
          expect(floor.floorUs).to.be.at.most(Math.min(...delaysUs.slice(Math.max(0, at - 49), at + 1)));
          expect(floor.floorUs).to.be.at.least(Math.min(...delaysUs.slice(0, at + 1)));
        }
      }),
      { numRuns: 50 },
    );
  });
});
