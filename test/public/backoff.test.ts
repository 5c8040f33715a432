import { expect } from 'chai';
import { importPublic } from '../support/static-files.js';

interface BackoffModule {
  readonly Backoff: new () => { nextMs(longestMs?: number): number; reset(): void };
}

describe('client: backoff', () => {
  it('waits 250 ms, then twice as long each time up to 4 s, each up to 30 % shorter', async () => {
    const { Backoff } = (await importPublic('client/backoff.js')) as BackoffModule;
    const longestMs = [250, 500, 1000, 2000, 4000, 4000, 4000];
    const firsts = new Set<number>();
    for (let run = 0; run < 200; run += 1) {
      const backoff = new Backoff();
      const waitsMs = longestMs.map(() => backoff.nextMs());
      for (const [index, waitMs] of waitsMs.entries()) {
        expect(waitMs).to.be.at.most(longestMs[index] ?? 0);
        expect(waitMs).to.be.at.least(0.7 * (longestMs[index] ?? 0));
      }
      firsts.add(waitsMs[0] ?? 0);
      expect(backoff.nextMs(8000)).to.be.within(5600, 8000);
      backoff.reset();
      expect(backoff.nextMs()).to.be.at.most(250);
    }
    // Two hundred pages that lost the same server do not come back at the same moment.
    expect(firsts.size).to.be.greaterThan(10);
  });
});
