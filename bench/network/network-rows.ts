/** The bad networks of the bench. */
import { steadily, unimpaired, type Impairment, type ImpairmentStep } from './impairment.js';

export interface NetworkRow {
  readonly name: string;
  readonly restingDelayMs: number;
  readonly media: readonly ImpairmentStep[];
  /** What goes the other way: requests to repair, feedback, checks. */
  readonly feedback: readonly ImpairmentStep[];
  /** Undefined: the faults last as long as the row. */
  readonly faultsEndMs: number | undefined;
}

/** Each way; a round trip of 50 ms is that of people in one country. On loopback every repair would be free. */
const usualDelayMs = 25;
export const blackOutMs = 3_000;

function row(name: string, faults: Partial<Impairment>, delayMs = usualDelayMs): NetworkRow {
  return { name, restingDelayMs: delayMs, media: steadily({ delayMs, ...faults }), feedback: steadily({ delayMs }), faultsEndMs: undefined };
}

/** Both ways: a radio that is gone sends nothing either. */
function blackOutRow(name: string): NetworkRow {
  const good = { ...unimpaired, delayMs: usualDelayMs };
  const steps = [{ atMs: 0, impairment: { ...good, isBlackedOut: true } }, { atMs: blackOutMs, impairment: good }];
  return { name, restingDelayMs: usualDelayMs, media: steps, feedback: steps, faultsEndMs: blackOutMs };
}

/** @param measureMs the limit is at its lowest in the middle third */
function stepsRow(name: string, measureMs: number): NetworkRow {
  const limit = (limitKbps: number): Impairment => ({ ...unimpaired, delayMs: usualDelayMs, limitKbps });
  const steps = [{ atMs: 0, impairment: limit(2_000) }, { atMs: measureMs / 3, impairment: limit(300) }, { atMs: (2 * measureMs) / 3, impairment: limit(2_000) }];
  return { ...row(name, {}), media: steps, faultsEndMs: (2 * measureMs) / 3 };
}

export function networkRows(measureMs: number): readonly NetworkRow[] {
  return [
    row('clean', {}),
    row('1 % loss', { lossShare: 0.01 }),
    row('5 % loss', { lossShare: 0.05 }),
    row('10 % loss', { lossShare: 0.1 }),
    row('20 % loss', { lossShare: 0.2 }),
    row('5 % loss in bursts of 8', { lossShare: 0.05, lossBurst: 8 }),
    row('50 ms jitter, reordering', { jitterMs: 50, isReordering: true }),
    row('300 ms RTT, 5 % loss', { lossShare: 0.05 }, 150),
    row('1 Mbps', { limitKbps: 1_000 }),
    row('500 kbps', { limitKbps: 500 }),
    row('250 kbps', { limitKbps: 250 }),
    row('100 kbps', { limitKbps: 100 }),
    stepsRow('2 Mbps, 300 kbps, 2 Mbps', measureMs),
    blackOutRow('3 s black-out'),
    row('10 % duplicates', { duplicateShare: 0.1 }),
  ];
}
