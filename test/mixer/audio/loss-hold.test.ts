import { expect } from 'chai';
import { LossHold } from '../../../mixer/audio/loss-hold.js';

const second = 1_000_000;

describe('LossHold', () => {
  it('goes up at once, and down to the most of 15 s of less', () => {
    const loss = new LossHold(0);
    expect([loss.follow(20, 0), loss.follow(10, second), loss.follow(3, 14 * second)]).to.deep.equal([20, 20, 20]);
    expect(loss.follow(0, 15 * second)).to.equal(10);
    expect(loss.follow(0, 29 * second)).to.equal(10);
    expect(loss.follow(0, 30 * second)).to.equal(0);
  });

  it('stays up while bursts come within 15 s', () => {
    const loss = new LossHold(0);
    const percents = Array.from({ length: 100 }, (_unused, s) => loss.follow(s % 10 === 0 ? 20 : 0, s * second));
    expect(new Set(percents)).to.deep.equal(new Set([20]));
  });

  it('keeps what it begins with for as long, whenever that is', () => {
    const loss = new LossHold(20);
    expect(loss.follow(0, 100 * second)).to.equal(20);
    expect(loss.follow(0, 114 * second)).to.equal(20);
    expect(loss.follow(0, 115 * second)).to.equal(0);
  });
});
