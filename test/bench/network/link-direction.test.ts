import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { steadily, unimpaired, type ImpairmentStep } from '../../../bench/network/impairment.js';
import { LinkDirection } from '../../../bench/network/link-direction.js';

const sizeBytes = 1_172;
/** With headers 1200: at 960 kbps one each 10 ms. */
const wireBits = 1_200 * 8;

interface Sent {
  readonly direction: LinkDirection;
  /** Of each datagram in turn: when it arrives. */
  readonly fates: readonly (readonly number[])[];
  readonly sentUs: readonly number[];
}

function sendThrough(steps: readonly ImpairmentStep[], count: number, periodUs: number, seed = 1): Sent {
  const clock = new ManualClock(5_000_000);
  const direction = new LinkDirection({ seed });
  direction.setSteps(steps, clock.nowUs());
  const fates: (readonly number[])[] = [];
  const sentUs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    sentUs.push(clock.nowUs());
    fates.push(direction.admit(sizeBytes, clock.nowUs()));
    clock.advance(periodUs);
  }
  return { direction, fates, sentUs };
}

function delaysMs({ fates, sentUs }: Sent): number[] {
  return fates.flatMap((fate, index) => fate.map((dueUs) => (dueUs - sentUs[index]!) / 1000));
}

function burstLengths(fates: readonly (readonly number[])[]): number[] {
  const bursts: number[] = [];
  let length = 0;
  for (const fate of fates) {
    if (fate.length === 0) length += 1;
    else if (length > 0) {
      bursts.push(length);
      length = 0;
    }
  }
  return bursts;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('LinkDirection', () => {
  it('hands everything on at once and in order when nothing is wrong', () => {
    const { direction, fates, sentUs } = sendThrough([], 1_000, 1_000);
    expect(fates).to.deep.equal(sentUs.map((us) => [us]));
    expect(direction.counters).to.deep.equal({ offered: 1_000, passed: 1_000, lost: 0, blackedOut: 0, droppedByQueue: 0, duplicated: 0, reordered: 0, bytes: 1_000 * sizeBytes });
  });

  it('loses the wanted share, each datagram by itself', () => {
    const { direction, fates } = sendThrough(steadily({ lossShare: 0.1 }), 50_000, 1_000);
    expect(direction.counters.lost / 50_000).to.be.closeTo(0.1, 0.005);
    expect(direction.counters.passed + direction.counters.lost).to.equal(50_000);
    // Independent losses follow each other with the share of losses: 1 / (1 - 0.1).
    expect(mean(burstLengths(fates))).to.be.closeTo(1.11, 0.03);
  });

  it('loses in bursts of the wanted mean length, and no more for that', () => {
    const { direction, fates } = sendThrough(steadily({ lossShare: 0.05, lossBurst: 8 }), 200_000, 1_000);
    expect(direction.counters.lost / 200_000).to.be.closeTo(0.05, 0.005);
    expect(mean(burstLengths(fates))).to.be.closeTo(8, 0.6);
  });

  it('loses everything when all is to be lost', () => {
    for (const lossBurst of [1, 8]) {
      const { fates } = sendThrough(steadily({ lossShare: 1, lossBurst }), 500, 1_000);
      expect(fates.filter((fate) => fate.length === 0).length, `bursts of ${lossBurst}`).to.equal(500);
    }
  });

  it('decides the same for the same seed, and otherwise for another', () => {
    const steps = steadily({ lossShare: 0.2, lossBurst: 3, delayMs: 10, jitterMs: 30, isReordering: true, duplicateShare: 0.1, limitKbps: 5_000 });
    const { fates } = sendThrough(steps, 2_000, 1_500);
    expect(sendThrough(steps, 2_000, 1_500).fates).to.deep.equal(fates);
    expect(sendThrough(steps, 2_000, 1_500, 2).fates).to.not.deep.equal(fates);
  });

  it('loses the same datagrams whatever else is wrong', () => {
    const lostIn = (steps: readonly ImpairmentStep[]): number[] => sendThrough(steps, 2_000, 20_000).fates.flatMap((fate, index) => (fate.length === 0 ? [index] : []));
    const lost = lostIn(steadily({ lossShare: 0.1 }));
    expect(lost).to.have.length.above(100);
    expect(lostIn(steadily({ lossShare: 0.1, jitterMs: 80, duplicateShare: 0.5, limitKbps: 5_000 }))).to.deep.equal(lost);
  });

  it('delays all by the same', () => {
    expect(new Set(delaysMs(sendThrough(steadily({ delayMs: 150 }), 500, 3_000)))).to.deep.equal(new Set([150]));
  });

  it('spreads jitter evenly, and reorders only where it may', () => {
    const loose = sendThrough(steadily({ delayMs: 20, jitterMs: 50, isReordering: true }), 20_000, 5_000);
    const delays = delaysMs(loose);
    expect(Math.min(...delays)).to.be.within(20, 20.5);
    expect(Math.max(...delays)).to.be.within(69.5, 70);
    expect(mean(delays)).to.be.closeTo(45, 0.5);
    const arrivals = loose.fates.map(([dueUs]) => dueUs!);
    let latestUs = 0;
    const overtaken = arrivals.filter((dueUs) => {
      const isLate = dueUs < latestUs;
      latestUs = Math.max(latestUs, dueUs);
      return isLate;
    });
    expect(overtaken.length).to.be.above(5_000);
    expect(loose.direction.counters.reordered).to.equal(overtaken.length);

    const strict = sendThrough(steadily({ delayMs: 20, jitterMs: 50 }), 20_000, 5_000);
    const inOrder = strict.fates.map(([dueUs]) => dueUs!);
    expect(inOrder).to.deep.equal([...inOrder].sort((a, b) => a - b));
    expect(strict.direction.counters.reordered).to.equal(0);
    expect(Math.max(...delaysMs(strict))).to.be.at.most(70);
  });

  it('doubles the wanted share, the copy with a delay of its own', () => {
    const sent = sendThrough(steadily({ duplicateShare: 0.3, jitterMs: 10, isReordering: true }), 20_000, 20_000);
    const copied = sent.fates.filter((fate) => fate.length === 2);
    expect(copied.length / 20_000).to.be.closeTo(0.3, 0.01);
    expect(copied.filter(([first, second]) => first === second).length).to.be.below(20);
    expect(sent.direction.counters).to.include({ passed: 20_000, duplicated: copied.length, bytes: (20_000 + copied.length) * sizeBytes });
  });

  it('lets through as much as the limit, headers counted, and drops what its queue cannot hold', () => {
    // 2.4 times what fits, for 10 s.
    const periodUs = 4_000;
    const sent = sendThrough(steadily({ limitKbps: 1_000, queueMs: 200 }), 2_500, periodUs);
    const { passed, droppedByQueue } = sent.direction.counters;
    expect(passed + droppedByQueue).to.equal(2_500);
    const lastUs = Math.max(...sent.fates.flat());
    expect((passed * wireBits) / ((lastUs - sent.sentUs[0]!) / 1000), 'kbps').to.be.closeTo(1_000, 1);
    const delays = delaysMs(sent);
    expect(Math.max(...delays)).to.be.within(200, 200 + wireBits / 1_000);
    expect(delays.at(-1)).to.be.above(190);
    expect(sent.fates.slice(0, 30).every((fate) => fate.length === 1), 'the first fit into the queue').to.equal(true);
  });

  it('holds back a burst by the time that each takes on the line', () => {
    const { fates, sentUs } = sendThrough(steadily({ limitKbps: 960, delayMs: 5 }), 4, 0);
    expect(fates.map(([dueUs]) => dueUs! - sentUs[0]!)).to.deep.equal([15_000, 25_000, 35_000, 45_000]);
  });

  it('changes at the moments given', () => {
    const steps = [
      { atMs: 2_000, impairment: { ...unimpaired, limitKbps: 300 } },
      { atMs: 0, impairment: { ...unimpaired, limitKbps: 2_000 } },
      { atMs: 6_000, impairment: unimpaired },
    ];
    const { fates, sentUs } = sendThrough(steps, 8_000, 1_000);
    const kbpsFrom = (fromMs: number, toMs: number): number => {
      const fromUs = sentUs[0]! + fromMs * 1000;
      const arrived = fates.flat().filter((dueUs) => dueUs >= fromUs && dueUs < fromUs + (toMs - fromMs) * 1000);
      return (arrived.length * wireBits) / (toMs - fromMs);
    };
    expect(kbpsFrom(500, 2_000)).to.be.closeTo(2_000, 20);
    expect(kbpsFrom(3_000, 6_000)).to.be.closeTo(300, 6);
    expect(kbpsFrom(6_500, 8_000)).to.be.closeTo(9_600, 20);
  });

  it('passes nothing while it is black, and counts it apart', () => {
    const steps = [{ atMs: 1_000, impairment: { ...unimpaired, isBlackedOut: true, lossShare: 0.5 } }, { atMs: 4_000, impairment: unimpaired }];
    const { direction, fates } = sendThrough(steps, 5_000, 1_000);
    expect(fates.map((fate) => fate.length)).to.deep.equal([...Array<number>(1_000).fill(1), ...Array<number>(3_000).fill(0), ...Array<number>(1_000).fill(1)]);
    expect(direction.counters).to.include({ passed: 2_000, blackedOut: 3_000, lost: 0 });
  });
});
