import { expect } from 'chai';
import { MessageAllowance } from '../../../src/signalling/message-allowance.js';

function takeAll(allowance: MessageAllowance, nowMs: number): number {
  let taken = 0;
  while (allowance.take(nowMs)) taken += 1;
  return taken;
}

describe('MessageAllowance', () => {
  it('takes a burst of 100, then 20 a second, and never more than a burst', () => {
    const allowance = new MessageAllowance(0);
    expect(takeAll(allowance, 0)).to.equal(100);
    expect(takeAll(allowance, 1000)).to.equal(20);
    expect(takeAll(allowance, 1000)).to.equal(0);
    expect(takeAll(allowance, 1500)).to.equal(10);
    expect(takeAll(allowance, 10_000_000)).to.equal(100);
  });
});
