/**
 * What a rule's switches are worth, by the script: the speaker is he whose turn began last. A switch to anybody else is false, to a listener who coughs and
 * back to one who is being interrupted alike; finding back from it is none. A turn is missed when it ends, and half a second passes, without its speaker having been named.
 */
import { durationMs, type LevelTrace, type Turn } from './level-trace.js';
import type { Switch } from './speaker-rule.js';

export interface SwitchScore {
  readonly minutes: number;
  readonly falseSwitches: number;
  readonly turns: number;
  readonly missedTurns: number;
  /** Of each turn that was noticed and whose speaker was not named already: from its beginning. */
  readonly delaysMs: readonly number[];
  /** Turns whose speaker was named already when they began. */
  readonly continuedTurns: number;
}

/** A rule may be so late: nobody minds a large picture of him who has just finished. */
const graceMs = 500;
/** "No." is over before anybody is to look. */
const leastTurnMs = 1_500;

export function scoreSwitches(trace: LevelTrace, switches: readonly Switch[]): SwitchScore {
  const { turns } = trace;
  const delaysMs: number[] = [];
  let missedTurns = 0;
  let continuedTurns = 0;
  const long = turns.filter(({ startMs, endMs }) => endMs - startMs >= leastTurnMs);
  for (const turn of long) {
    if (dominantAt(switches, turn.startMs) === turn.person) {
      continuedTurns += 1;
      continue;
    }
    const named = switches.find(({ atMs, person }) => person === turn.person && atMs > turn.startMs && atMs <= turn.endMs + graceMs);
    if (named === undefined) missedTurns += 1;
    else delaysMs.push(named.atMs - turn.startMs);
  }
  return { minutes: durationMs(trace) / 60_000, falseSwitches: switches.filter((change) => !isTrue(turns, change)).length, turns: long.length, missedTurns, delaysMs, continuedTurns };
}

export function addScores(scores: readonly SwitchScore[]): SwitchScore {
  const sum = (of: (score: SwitchScore) => number): number => scores.reduce((total, score) => total + of(score), 0);
  return {
    minutes: sum(({ minutes }) => minutes),
    falseSwitches: sum(({ falseSwitches }) => falseSwitches),
    turns: sum(({ turns }) => turns),
    missedTurns: sum(({ missedTurns }) => missedTurns),
    delaysMs: scores.flatMap((score) => score.delaysMs),
    continuedTurns: sum(({ continuedTurns }) => continuedTurns),
  };
}

/** @param share 0 to 1; of an empty list NaN */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function isTrue(turns: readonly Turn[], { atMs, person }: Switch): boolean {
  return turns.findLast(({ startMs }) => startMs <= atMs)?.person === person;
}

function dominantAt(switches: readonly Switch[], atMs: number): number | undefined {
  return switches.findLast((change) => change.atMs <= atMs)?.person;
}
