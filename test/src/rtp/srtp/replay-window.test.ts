import { expect } from 'chai';
import fc from 'fast-check';
import { ReplayWindow } from '../../../../src/rtp/srtp/replay-window.js';

describe('ReplayWindow', () => {
  const windowPackets = 1_024;

  for (const start of [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 32, 2 ** 47]) {
    it(`tells seen, unseen and too old apart around ${start}`, () => {
      const window = new ReplayWindow();
      window.add(start);
      expect(window.isReplay(start)).to.equal(true);
      expect(window.isReplay(start + 1)).to.equal(false);
      window.add(start + 5);
      expect([1, 2, 3, 4, 5, 6].map((step) => window.isReplay(start + step))).to.deep.equal([false, false, false, false, true, false]);
      window.add(start + windowPackets + 4);
      expect(window.isReplay(start + 5), 'oldest in the window').to.equal(true);
      expect(window.isReplay(start + 6), 'unseen beside it').to.equal(false);
      expect(window.isReplay(start + 4), 'just too old').to.equal(true);
      window.add(start + 10 * windowPackets);
      expect(window.isReplay(start + 9 * windowPackets + 1), 'a jump clears the window').to.equal(false);
    });
  }

  it('agrees with a plain set, whatever order indices come in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_100, max: 1_100 }), { maxLength: 300, size: 'max' }), (steps) => {
        const window = new ReplayWindow();
        const seen = new Set<number>();
        let newest = 70_000;
        window.add(newest);
        seen.add(newest);
        for (const step of steps) {
          const index = newest + step;
          expect(window.isReplay(index)).to.equal(index <= newest - windowPackets || seen.has(index));
          if (index <= newest - windowPackets) continue;
          window.add(index);
          seen.add(index);
          newest = Math.max(newest, index);
        }
      }),
    );
  });

  it('guesses the index nearest to the newest, and never one below zero', () => {
    const window = new ReplayWindow();
    expect(window.guessIndex(65_000), 'nothing seen yet').to.equal(65_000);
    window.add(10);
    expect(window.guessIndex(65_530)).to.equal(65_530);
    window.add(3 * 65_536 + 10);
    expect(window.guessIndex(65_530)).to.equal(2 * 65_536 + 65_530);
    expect(window.guessIndex(10 + 0x7fff)).to.equal(3 * 65_536 + 10 + 0x7fff);
    expect(window.guessIndex(10 + 0x8001)).to.equal(2 * 65_536 + 10 + 0x8001);
    window.add(2 ** 40 + 5);
    expect(window.guessIndex(4)).to.equal(2 ** 40 + 4);
  });
});
