import { expect } from 'chai';
import { LossClass } from '../../../src/room/loss-class.js';

const second = 1_000_000;

describe('LossClass', () => {
  it('is up at once from 2 % on', () => {
    const steps = [0, 5, 6, 255].map((fractionLost) => {
      const loss = new LossClass();
      loss.take(fractionLost, 0);
      return loss.percent;
    });
    expect(steps).to.deep.equal([0, 0, 20, 20]);
  });

  it('goes down after 15 s without', () => {
    const loss = new LossClass();
    loss.take(255, 0);
    loss.take(0, 14 * second);
    expect(loss.percent).to.equal(20);
    loss.take(0, 15 * second);
    expect(loss.percent).to.equal(0);
  });

  it('stays up while bursts come within 15 s', () => {
    const loss = new LossClass();
    for (let s = 0; s < 100; s += 1) {
      loss.take(s % 10 === 0 ? 30 : 0, s * second);
      expect(loss.percent).to.equal(20);
    }
  });
});
