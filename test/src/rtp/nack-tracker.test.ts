import { expect } from 'chai';
import fc from 'fast-check';
import { NackTracker } from '../../../src/rtp/nack-tracker.js';
import { SequenceUnwrapper } from '../../../src/rtp/sequence.js';

const roundTripUs = 100_000;

describe('NackTracker', () => {
  let tracker: NackTracker;
  beforeEach(() => {
    tracker = new NackTracker();
  });

  it('asks for nothing while nothing is missing', () => {
    for (let index = 0; index < 100; index += 1) tracker.onPacket(index, index * 1_000);
    expect(tracker.due(10_000_000, 0)).to.deep.equal([]);
    expect(tracker).to.include({ missingCount: 0, requestedCount: 0 });
  });

  for (const start of [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff]) {
    it(`asks for a loss around ${start}, fed through the unwrapper`, () => {
      const unwrapper = new SequenceUnwrapper();
      for (const step of [0, 1, 4, 5]) tracker.onPacket(unwrapper.unwrap((start + step) & 0xffff), 0);
      expect(tracker.due(10_000, roundTripUs)).to.deep.equal([start + 2, start + 3]);
    });
  }

  it('asks at once, and says with the packet that something is due', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(1, 5_000);
    expect(tracker.isDue(5_000)).to.equal(false);
    tracker.onPacket(3, 10_000);
    expect(tracker.isDue(10_000)).to.equal(true);
    expect(tracker.due(10_000, roundTripUs)).to.deep.equal([2]);
    expect(tracker.isDue(10_000 + roundTripUs - 1)).to.equal(false);
    expect(tracker.isDue(10_000 + roundTripUs)).to.equal(true);
  });

  it('learns how late packets come that others overtake, and waits for so long, until enough were lost', () => {
    const overtaken = (index: number, atUs: number, lateUs: number): readonly number[] => {
      tracker.onPacket(index - 1, atUs);
      tracker.onPacket(index + 1, atUs);
      const asked = tracker.due(atUs + lateUs - 1, roundTripUs);
      tracker.onPacket(index, atUs + lateUs);
      return asked;
    };
    tracker.onPacket(0, 0);
    expect(overtaken(2, 0, 9_000), 'nobody knew').to.deep.equal([2]);
    expect(tracker.due(60_000, roundTripUs)).to.deep.equal([]);
    expect(tracker, 'no answer').to.include({ reorderedCount: 1, recoveredCount: 0, repairRoundTripUs: undefined });
    expect(overtaken(4, 200_000, 9_000)).to.deep.equal([]);
    expect(overtaken(6, 300_000, 40_000), 'no longer than 20 ms').to.deep.equal([6]);
    expect(overtaken(8, 500_000, 20_000)).to.deep.equal([]);
    for (let index = 10; index < 70; index += 2) {
      const atUs = index * 1_000_000;
      tracker.onPacket(index - 1, atUs);
      tracker.onPacket(index + 1, atUs);
      expect(tracker.due(atUs + 20_000, roundTripUs)).to.deep.equal([index]);
      tracker.onPacket(index, atUs + 120_000, 'repair');
    }
    expect(tracker).to.include({ recoveredCount: 30, reorderedCount: 4 });
    tracker.onPacket(71, 80_000_000);
    expect(tracker.due(80_001_000, roundTripUs)).to.deep.equal([70]);
  });

  it('asks no more for what was rebuilt, and learns nothing of the path by it', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(3, 10_000);
    tracker.onPacket(1, 10_000, 'rebuilt');
    expect(tracker.due(10_000, roundTripUs)).to.deep.equal([2]);
    tracker.onPacket(2, 90_000, 'rebuilt');
    expect(tracker).to.include({ missingCount: 0, recoveredCount: 0, reorderedCount: 0, abandonedCount: 0, repairRoundTripUs: undefined });
    tracker.onPacket(5, 100_000);
    expect(tracker.due(100_000, roundTripUs), 'at once').to.deep.equal([4]);
  });

  it('asks no more for places in which there is nothing', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(5, 10_000);
    tracker.dismiss(2, 4);
    expect(tracker.due(10_000, roundTripUs)).to.deep.equal([1, 4]);
    expect(tracker.abandonedCount).to.equal(0);
  });

  /** Each second packet is lost; asks each ms as it comes due. @returns how long it waited before each request */
  const loseAndAnswer = (losses: number, pathUs: number, answerUs: (index: number) => number): number[] => {
    const waitsUs: number[] = [];
    for (let loss = 0; loss < losses; loss += 1) {
      const index = 2 * loss + 1;
      const atUs = index * 50_000;
      tracker.onPacket(index - 1, atUs);
      tracker.onPacket(index + 1, atUs);
      let answeredUs = Number.POSITIVE_INFINITY;
      for (let nowUs = atUs; nowUs < Math.min(atUs + 50_000, answeredUs); nowUs += 1_000) {
        if (!tracker.isDue(nowUs) || !tracker.due(nowUs, roundTripUs, pathUs).includes(index)) continue;
        waitsUs.push(nowUs - atUs);
        answeredUs = Math.min(answeredUs, nowUs + answerUs(index));
      }
      tracker.onPacket(index, answeredUs);
    }
    return waitsUs;
  };

  for (const answerUs of [1_000, 5_000, 9_000, 14_000]) {
    it(`asks once and at once where answers take ${answerUs / 1_000} ms and come in no stream of their own, as the path's checks do`, () => {
      expect(loseAndAnswer(100, answerUs, () => answerUs)).to.deep.equal(Array.from({ length: 100 }, () => 0));
      expect(tracker).to.include({ requestedCount: 100, recoveredCount: 100, reorderedCount: 0, repairRoundTripUs: answerUs });
    });
  }

  it('keeps asking at once where short answers vary', () => {
    const waitsUs = loseAndAnswer(300, 2_000, (index) => 1_000 + ((index * 7_919) % 9) * 1_000);
    expect(Math.max(...waitsUs)).to.equal(0);
    expect(tracker.repairRoundTripUs).to.be.within(3_000, 7_000);
  });

  it('takes for overtaken what comes sooner than half a round trip of the path after it was asked for, and for an answer what comes later', () => {
    for (const index of [0, 2, 4]) tracker.onPacket(index, 0);
    expect(tracker.due(0, 250_000, 250_000)).to.deep.equal([1, 3]);
    tracker.onPacket(1, 124_999);
    tracker.onPacket(3, 125_000);
    expect(tracker).to.include({ reorderedCount: 1, recoveredCount: 1, repairRoundTripUs: 125_000 });
  });

  it('has nothing due while nothing is missing, also after the first loss', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(2, 0);
    expect(tracker.due(0, roundTripUs)).to.deep.equal([1]);
    tracker.onPacket(1, 50_000);
    expect(tracker.isDue(60_000)).to.equal(false);
    expect(tracker.isDue(10_000_000)).to.equal(false);
  });

  it('takes what comes late under its own number for overtaken, where repairs are a stream of their own', () => {
    for (const index of [0, 2, 4]) tracker.onPacket(index, 0);
    expect(tracker.due(0, roundTripUs)).to.deep.equal([1, 3]);
    tracker.onPacket(1, 60_000, 'repair');
    tracker.onPacket(3, 90_000);
    expect(tracker).to.include({ reorderedCount: 1, recoveredCount: 1, repairRoundTripUs: 60_000 });
  });

  it('asks for nothing of before and during a silence that was told', () => {
    for (const index of [0, 2]) tracker.onPacket(index, 0);
    tracker.expectJump();
    tracker.onPacket(60, 3_000_000);
    expect(tracker.due(3_000_000, roundTripUs)).to.deep.equal([]);
    expect(tracker).to.include({ resetCount: 1, abandonedCount: 1 });
    tracker.onPacket(62, 3_010_000);
    expect(tracker.due(3_010_000, roundTripUs), 'a loss like any other').to.deep.equal([61]);
  });

  it('asks again after a round trip and not before, and counts what came back', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(2, 0);
    const askedAtUs = [];
    for (let nowUs = 0; nowUs <= 350_000; nowUs += 5_000) if (tracker.due(nowUs, roundTripUs).length > 0) askedAtUs.push(nowUs);
    expect(askedAtUs).to.deep.equal([0, 100_000, 200_000, 300_000]);
    tracker.onPacket(1, 360_000);
    expect(tracker.due(1_000_000, roundTripUs)).to.deep.equal([]);
    expect(tracker).to.include({ missingCount: 0, recoveredCount: 1, requestedCount: 4 });
    tracker.onPacket(1, 370_000);
    expect(tracker.recoveredCount, 'a second copy recovers nothing').to.equal(1);
  });

  it('knows the round trip by what came back after one request, and guesses it by others until then', () => {
    const repair = (index: number, atUs: number, requestsAtUs: readonly number[], comesUs: number): void => {
      tracker.onPacket(index - 1, atUs);
      tracker.onPacket(index + 1, atUs);
      for (const nowUs of requestsAtUs) expect(tracker.due(nowUs, roundTripUs)).to.deep.equal([index]);
      tracker.onPacket(index, comesUs);
    };
    expect(tracker.repairRoundTripUs).to.equal(undefined);
    repair(2, 0, [10_000, 110_000], 320_000);
    expect(tracker.repairRoundTripUs).to.equal(310_000);
    repair(4, 1_000_000, [1_010_000], 1_060_000);
    expect(tracker.repairRoundTripUs).to.equal(50_000);
    repair(6, 2_000_000, [2_010_000, 2_110_000], 2_200_000);
    expect(tracker.repairRoundTripUs).to.equal(50_000);
    repair(8, 3_000_000, [3_010_000], 3_068_000);
    expect(tracker.repairRoundTripUs).to.equal(51_000);
  });

  it('has a floor under the round trip', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(2, 0);
    const askedAtUs = [];
    for (let nowUs = 0; nowUs <= 60_000; nowUs += 1_000) if (tracker.due(nowUs, 500).length > 0) askedAtUs.push(nowUs);
    expect(askedAtUs).to.deep.equal([0, 20_000, 40_000, 60_000]);
  });

  it('gives up after ten requests', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(2, 0);
    let asked = 0;
    for (let nowUs = 0; nowUs <= 900_000; nowUs += 10_000) asked += tracker.due(nowUs, 0).length;
    expect(asked).to.equal(10);
    expect(tracker).to.include({ abandonedCount: 1, missingCount: 0 });
  });

  it('gives up after a second, however few the requests were', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(2, 0);
    expect(tracker.due(500_000, 600_000)).to.deep.equal([1]);
    expect(tracker.due(1_000_001, 600_000)).to.deep.equal([]);
    expect(tracker).to.include({ abandonedCount: 1, missingCount: 0 });
  });

  it('remembers at most 512 losses, the newest', () => {
    // Each fourth is lost.
    for (let index = 0; index <= 2_400; index += 1) if (index % 4 !== 1) tracker.onPacket(index, 0);
    const due = tracker.due(10_000, roundTripUs);
    expect(due).to.have.length(512);
    expect(due[0]).to.equal(353);
    expect(due.at(-1)).to.equal(2_397);
    expect(tracker.abandonedCount).to.equal(88);
  });

  it('begins anew after a jump of more than 200, forgetting what was missing', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(3, 0);
    tracker.onPacket(204, 0);
    expect(tracker.due(10_000, roundTripUs)).to.deep.equal([]);
    expect(tracker).to.include({ resetCount: 1, abandonedCount: 2 });
    tracker.onPacket(206, 20_000);
    expect(tracker.due(30_000, roundTripUs)).to.deep.equal([205]);
  });

  it('follows a sender who goes on from far behind, but no single straggler', () => {
    tracker.onPacket(5_000, 0);
    tracker.onPacket(5_002, 0);
    tracker.onPacket(100, 0);
    expect(tracker.due(10_000, roundTripUs)).to.deep.equal([5_001]);
    tracker.onPacket(101, 20_000);
    expect(tracker).to.include({ resetCount: 1, missingCount: 0 });
    tracker.onPacket(103, 20_000);
    expect(tracker.due(30_000, roundTripUs)).to.deep.equal([102]);
  });

  it('forgets what a keyframe made needless', () => {
    tracker.onPacket(0, 0);
    tracker.onPacket(10, 0);
    tracker.forgetBefore(6);
    expect(tracker.due(10_000, roundTripUs)).to.deep.equal([6, 7, 8, 9]);
    expect(tracker.abandonedCount).to.equal(5);
  });

  it('never asks twice within a round trip, never for what came, and always for what is missing', () => {
    const steps = fc.array(fc.record({ skip: fc.nat({ max: 5 }), back: fc.nat({ max: 20 }), afterUs: fc.nat({ max: 15_000 }) }), { maxLength: 200, size: 'max' });
    fc.assert(
      fc.property(steps, (list) => {
        const each = new NackTracker();
        const arrived = new Set<number>([0]);
        const lastAskedUs = new Map<number, number>();
        let newest = 0;
        let nowUs = 0;
        each.onPacket(0, 0);
        for (const { skip, back, afterUs } of list) {
          nowUs += afterUs;
          const index = back > 12 ? Math.max(0, newest - back) : newest + 1 + skip;
          each.onPacket(index, nowUs);
          arrived.add(index);
          newest = Math.max(newest, index);
          for (const asked of each.due(nowUs, roundTripUs)) {
            expect(arrived.has(asked)).to.equal(false);
            expect(nowUs - (lastAskedUs.get(asked) ?? -Infinity)).to.be.at.least(roundTripUs);
            lastAskedUs.set(asked, nowUs);
          }
        }
        // No longer than that it waits for what may be overtaken.
        each.due(nowUs + 20_000, roundTripUs).forEach((asked) => lastAskedUs.set(asked, nowUs));
        const gone = Array.from({ length: newest }, (_, index) => index).filter((index) => !arrived.has(index));
        expect(gone.filter((index) => !lastAskedUs.has(index))).to.deep.equal([]);
      }),
      { numRuns: 40 },
    );
  });
});
