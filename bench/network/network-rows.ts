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
  /** When the limit falls; undefined in rows without such a step. */
  readonly limitFallsMs: number | undefined;
  readonly measureMs: number;
}

/** Each way; a round trip of 50 ms is that of people in one country. On loopback every repair would be free. */
const usualDelayMs = 25;
export const blackOutMs = 3_000;

/** Long enough each to settle: before the fall, at the lowest limit, and for the way back up, which may take 15 s. */
const stepsMs = { fall: 8_000, rise: 18_000, end: 36_000 } as const;

function row(name: string, measureMs: number, faults: Partial<Impairment>, delayMs = usualDelayMs): NetworkRow {
  return { name, restingDelayMs: delayMs, media: steadily({ delayMs, ...faults }), feedback: steadily({ delayMs }), faultsEndMs: undefined, limitFallsMs: undefined, measureMs };
}

/** Both ways: a radio that is gone sends nothing either. */
function blackOutRow(name: string, measureMs: number): NetworkRow {
  const good = { ...unimpaired, delayMs: usualDelayMs };
  const steps = [{ atMs: 0, impairment: { ...good, isBlackedOut: true } }, { atMs: blackOutMs, impairment: good }];
  return { ...row(name, measureMs, {}), media: steps, feedback: steps, faultsEndMs: blackOutMs };
}

function stepsRow(name: string): NetworkRow {
  const limit = (limitKbps: number): Impairment => ({ ...unimpaired, delayMs: usualDelayMs, limitKbps });
  const steps = [{ atMs: 0, impairment: limit(2_000) }, { atMs: stepsMs.fall, impairment: limit(300) }, { atMs: stepsMs.rise, impairment: limit(2_000) }];
  return { ...row(name, stepsMs.end, {}), media: steps, faultsEndMs: stepsMs.rise, limitFallsMs: stepsMs.fall };
}

/** @param measureMs of all but the row with steps, whose length is its own */
export function networkRows(measureMs: number): readonly NetworkRow[] {
  const steady = (name: string, faults: Partial<Impairment>, delayMs?: number): NetworkRow => row(name, measureMs, faults, delayMs);
  return [
    steady('clean', {}),
    steady('1 % loss', { lossShare: 0.01 }),
    steady('5 % loss', { lossShare: 0.05 }),
    steady('10 % loss', { lossShare: 0.1 }),
    steady('20 % loss', { lossShare: 0.2 }),
    steady('5 % loss in bursts of 8', { lossShare: 0.05, lossBurst: 8 }),
    steady('50 ms jitter, reordering', { jitterMs: 50, isReordering: true }),
    steady('300 ms RTT, 5 % loss', { lossShare: 0.05 }, 150),
    steady('1 Mbps', { limitKbps: 1_000 }),
    steady('500 kbps', { limitKbps: 500 }),
    steady('250 kbps', { limitKbps: 250 }),
    steady('100 kbps', { limitKbps: 100 }),
    stepsRow('2 Mbps, 300 kbps, 2 Mbps'),
    blackOutRow('3 s black-out', measureMs),
    steady('10 % duplicates', { duplicateShare: 0.1 }),
  ];
}
