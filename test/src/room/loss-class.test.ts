import { expect } from 'chai';
import { LossHold } from '../../../mixer/audio/loss-hold.js';
import { LossClass } from '../../../src/room/loss-class.js';

const second = 1_000_000;

describe('LossClass', () => {
  it('is up from 2 % on, and says no more than the newest report', () => {
    const loss = new LossClass();
    const steps = [0, 5, 6, 255, 5].map((fractionLost) => {
      loss.take(fractionLost);
      return loss.percent;
    });
    expect(steps).to.deep.equal([0, 0, 20, 20, 0]);
  });

  it('keeps an encoder up until reports each 5 s have been without it for 15 s, and no longer', () => {
    const loss = new LossClass();
    const encoder = new LossHold(0);
    /** Of a burst in the report of 10 s; ticks of a fifth of a second. */
    const downAt = Array.from({ length: 300 }, (_unused, at) => at / 5).find((s) => {
      if (s % 5 === 0) loss.take(s === 10 ? 30 : 0);
      return encoder.follow(loss.percent, s * second) === 0 && s > 10;
    });
    expect(downAt, 'the tick before the report of 15 s was the last with it').to.equal(29.8);
  });
});
