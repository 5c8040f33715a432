/** What a benchmark is: one number, measured, beside what it is held against in the same run. `run.ts` prints the rows of all of them as one table. */

export interface BenchRow {
  /** What was measured, in a few words. */
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** What it is held against, and that one's value in the same unit; undefined where only a goal is known. */
  readonly against: string;
  readonly againstValue: number | undefined;
  /** The value, or its ratio to the other where `goal.isRatio`, is to stay at or below it; undefined where none is set. */
  readonly goal: { readonly most: number; readonly isRatio: boolean } | undefined;
  /** What makes the figure doubtful, such as frames that did not come in time; empty when nothing does. */
  readonly doubt: string;
}

export interface BenchContext {
  /** Media seconds of each measurement. */
  readonly seconds: number;
  /** Measurements of each figure, of which the median counts. */
  readonly rounds: number;
  /** Whether the measurement of that name was asked for; all are, unless some are named. */
  readonly isWanted: (measurement: string) => boolean;
  /** A line of progress. */
  readonly say: (line: string) => void;
}

export interface Bench {
  readonly name: string;
  /** One sentence. */
  readonly meaning: string;
  readonly run: (context: BenchContext) => Promise<readonly BenchRow[]>;
}

/** Of the middle two the mean. @throws {RangeError} for none at all. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of nothing');
  return (lower + upper) / 2;
}

/** Undefined where there is nothing to compare with. */
export function ratioOf({ value, againstValue }: BenchRow): number | undefined {
  return againstValue === undefined || againstValue === 0 ? undefined : value / againstValue;
}

/** Undefined where no goal is set, or nothing to compare with. */
export function isReached(row: BenchRow): boolean | undefined {
  if (row.goal === undefined) return undefined;
  const measured = row.goal.isRatio ? ratioOf(row) : row.value;
  return measured === undefined ? undefined : measured <= row.goal.most;
}

export function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
