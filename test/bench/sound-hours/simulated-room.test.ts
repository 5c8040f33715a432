import { expect } from 'chai';
import { simulateHours } from '../../../bench/sound-hours/simulated-room.js';

describe('a room with drift, loss, jitter, pauses and churn on a manual clock', () => {
  it('keeps everybody\'s delay for three minutes, by gauge and by content, and frees all it opened', async function () {
    // 12 s on a free machine: 9,000 ticks of seven people with real codecs.
    this.timeout(120_000);
    const { senders, heardMs, joins, faults, nativeObjectsLeft, moderation, merged, left } = await simulateHours({ minutes: 3, settledMinutes: 2, seed: 4 });
    expect(senders.map(({ ppm }) => ppm)).to.deep.equal([-300, 300, -300, 120, -70]);
    expect(joins).to.be.at.least(8);
    for (const { participantId, firstMs, lastMs, largestMs } of senders) {
      expect(lastMs, participantId).to.be.closeTo(firstMs, 10);
      // The network's least 20, a packet's length 20, jitter 30, a packet for its FEC 20, and one of 20 that the ticks need.
      expect(lastMs, participantId).to.be.within(80, 125);
      expect(largestMs, participantId).to.be.below(270);
    }
    expect(heardMs.last).to.be.closeTo(heardMs.first, 10);
    // What the ear adds to the gauge: the limiter's look-ahead and that of two encoders.
    expect(heardMs.last - senders[0]!.lastMs).to.be.within(10, 22);
    expect(faults).to.equal(0);
    expect(moderation).to.deep.equal({ rows: 4, holds: 1, chimes: 2, suppressions: 0 });
    expect(merged, 'at delay spikes').to.be.above(0);
    expect(left).to.deep.equal({ groups: 0, sounds: 0 });
    expect(nativeObjectsLeft).to.equal(0);
  });
});
