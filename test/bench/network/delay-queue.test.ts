import { expect } from 'chai';
import fc from 'fast-check';
import { DelayQueue } from '../../../bench/network/delay-queue.js';

describe('DelayQueue', () => {
  it('gives what is due, earliest first, and equals as they came', () => {
    const queue = new DelayQueue<string>();
    for (const [dueUs, item] of [[30, 'c'], [10, 'a'], [30, 'd'], [20, 'b']] as const) queue.push(dueUs, item);
    expect([queue.take(9), queue.nextDueUs]).to.deep.equal([undefined, 10]);
    expect([queue.take(25), queue.take(25), queue.take(25), queue.nextDueUs]).to.deep.equal(['a', 'b', undefined, 30]);
    expect([queue.take(30), queue.take(30), queue.take(30), queue.nextDueUs]).to.deep.equal(['c', 'd', undefined, undefined]);
  });

  it('sorts stably whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.nat(20)), (dues) => {
      const queue = new DelayQueue<readonly [number, number]>();
      dues.forEach((dueUs, index) => queue.push(dueUs, [dueUs, index]));
      const taken = dues.map(() => queue.take(20));
      expect(taken).to.deep.equal(dues.map((dueUs, index) => [dueUs, index] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    }));
  });

  it('forgets what waits', () => {
    const queue = new DelayQueue<string>();
    queue.push(1, 'a');
    queue.clear();
    expect([queue.nextDueUs, queue.take(5)]).to.deep.equal([undefined, undefined]);
  });
});
