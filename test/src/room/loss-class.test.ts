import { expect } from 'chai';
import { LossClass } from '../../../src/room/loss-class.js';

const second = 1_000_000;

describe('LossClass', () => {
  it('has few steps, and is up at once', () => {
    const steps = [0, 2, 3, 15, 16, 38, 39, 255].map((fractionLost) => {
      const loss = new LossClass();
      loss.take(fractionLost, 0);
      return loss.percent;
    });
    expect(steps).to.deep.equal([0, 0, 3, 3, 10, 10, 20, 20]);
  });

  it('goes down a step for each 15 s without, and no further than what is reported', () => {
    const loss = new LossClass();
    const seen: number[] = [];
    loss.take(255, 0);
    for (let s = 1; s <= 50; s += 1) {
      loss.take(s < 40 ? 3 : 0, s * second);
      if (seen.at(-1) !== loss.percent) seen.push(loss.percent);
      if (s === 14) expect(loss.percent).to.equal(20);
      if (s === 15) expect(loss.percent).to.equal(10);
      if (s === 30) expect(loss.percent).to.equal(3);
    }
    expect(seen, 'what is still reported keeps its step').to.deep.equal([20, 10, 3]);
    loss.take(0, 70 * second);
    expect(loss.percent).to.equal(0);
  });

  it('stays up while bursts come within 15 s', () => {
    const loss = new LossClass();
    for (let s = 0; s < 100; s += 1) {
      loss.take(s % 10 === 0 ? 30 : 0, s * second);
      expect(loss.percent).to.equal(10);
    }
  });
});
