/** Coverage-guided fuzzing of one parser: changes inputs that are known, keeps those that reach something new, cut down to what it takes. */
import { SeededRandom } from '../../bench/network/seeded-random.js';
import { BlockCoverage } from './block-coverage.js';
import { mutate } from './mutator.js';
import type { FuzzTarget } from './target.js';

/** Asking V8 for its counts costs a millisecond or two: many inputs share one question, and are asked one by one when it says yes. */
const batchInputs = 48;
/** No input of at most 2 kB may hold the thread longer: a packet that does is an attack by itself. */
const slowMs = 60;

export interface FuzzOptions {
  readonly target: FuzzTarget;
  readonly seeds: readonly Buffer[];
  readonly seed: number;
  readonly isOurs: (url: string) => boolean;
  readonly isOver: () => boolean;
  readonly nowMs: () => number;
  /** Reached something new. */
  readonly onNew: (input: Buffer) => void;
  readonly onFault: (input: Buffer, error: unknown) => void;
}

export interface FuzzCounts {
  readonly inputs: number;
  readonly kept: number;
  readonly faults: number;
}

/** Runs until `isOver`. */
export function fuzz({ target, seeds, seed, isOurs, isOver, nowMs, onNew, onFault }: FuzzOptions): FuzzCounts {
  const random = new SeededRandom(seed);
  const coverage = new BlockCoverage(isOurs);
  const pool: Buffer[] = [];
  const faults = new Set<string>();
  let inputs = 0;

  const time = (input: Buffer): number => {
    const startMs = nowMs();
    target.run(Buffer.from(input));
    return nowMs() - startMs;
  };
  const run = (input: Buffer): boolean => {
    inputs++;
    try {
      const tookMs = time(input);
      // The system may have had other things to do: only what is slow each time is slow.
      if (tookMs > slowMs && Math.min(time(input), time(input), time(input)) > slowMs) throw new Error(`slow: ${tookMs.toFixed(0)} ms`);
      return true;
    } catch (error) {
      const place = error instanceof Error ? `${error.message} ${error.stack?.split('\n')[1] ?? ''}` : String(error);
      if (!faults.has(place)) onFault(input, error);
      faults.add(place);
      return false;
    }
  };
  const pick = (): Buffer => pool[Math.floor(random.next() * pool.length)] ?? Buffer.from([0]);
  for (const input of seeds) {
    run(input);
    coverage.takeIsNew(true);
    pool.push(input);
  }
  let kept = 0;
  while (!isOver()) {
    const batch = Array.from({ length: batchInputs }, () => mutate(pick(), pick(), random));
    for (const input of batch) run(input);
    if (!coverage.takeIsNew(false)) continue;
    const reachesNew = (input: Buffer): boolean => run(input) && coverage.takeIsNew(false);
    for (const input of batch) {
      if (!reachesNew(input)) continue;
      const shortest = shorten(input, reachesNew);
      run(shortest);
      coverage.takeIsNew(true);
      pool.push(shortest);
      kept++;
      onNew(shortest);
    }
  }
  coverage.close();
  return { inputs, kept, faults: faults.size };
}

/** Cuts pieces off the end for as long as what is left still does it. */
function shorten(input: Buffer, stillDoes: (candidate: Buffer) => boolean): Buffer {
  let shortest = input;
  for (let piece = input.length >> 1; piece > 0; piece >>= 1) {
    const candidate = shortest.subarray(0, shortest.length - piece);
    if (candidate.length > 0 && stillDoes(candidate)) shortest = candidate;
  }
  return shortest;
}

/** Of inputs that are kept, those that it takes to reach all that they reach together: the shortest first. */
export function distil(target: FuzzTarget, inputs: readonly Buffer[], isOurs: (url: string) => boolean): Buffer[] {
  const coverage = new BlockCoverage(isOurs);
  const needed = [...inputs]
    .sort((one, other) => one.length - other.length)
    .filter((input) => {
      target.run(Buffer.from(input));
      return coverage.takeIsNew(true);
    });
  coverage.close();
  return needed;
}
