/** Which blocks of our own code were reached, by V8's precise block coverage: no native package, no instrumented build. */
import { Session, type Profiler } from 'node:inspector';

interface ScriptCoverage {
  /** 1 for each character of the script that ever ran. */
  reached: Uint8Array;
  /** `offset` of a block and the size of its count, seen together. */
  readonly counts: Set<number>;
}

/** A loop that ran once, up to 8 times, up to 64 times, or more often: finer steps keep hundreds of inputs that teach nothing. */
const maxBucket = 3;
const bucketBits = 3;

export class BlockCoverage {
  readonly #session = new Session();
  readonly #scripts = new Map<string, ScriptCoverage>();
  readonly #isOurs: (url: string) => boolean;

  constructor(isOurs: (url: string) => boolean) {
    this.#isOurs = isOurs;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /**
   * Whether what ran since the last call reached a block, or a number of rounds through one, that nothing remembered had.
   * @param remember it from now on
   */
  takeIsNew(remember: boolean): boolean {
    let isNew = false;
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      for (const script of taken.result) {
        if (this.#isOurs(script.url) && this.#takeScript(script, remember)) isNew = true;
      }
    });
    return isNew;
  }

  close(): void {
    this.#session.disconnect();
  }

  #takeScript({ url, functions }: Profiler.ScriptCoverage, remember: boolean): boolean {
    let script = this.#scripts.get(url);
    if (script === undefined) this.#scripts.set(url, (script = { reached: new Uint8Array(0), counts: new Set() }));
    let isNew = false;
    for (const { ranges } of functions) {
      const [whole] = ranges;
      if (whole === undefined || whole.count === 0) continue;
      // Blocks stand within each other, outer ones first; only those that ran otherwise than what is round them are listed.
      const ran = new Uint8Array(whole.endOffset - whole.startOffset);
      for (const { startOffset, endOffset, count } of ranges) {
        ran.fill(count > 0 ? 1 : 0, startOffset - whole.startOffset, endOffset - whole.startOffset);
        const feature = startOffset * 16 + Math.min(maxBucket, Math.ceil(Math.log2(count) / bucketBits));
        if (count === 0 || script.counts.has(feature)) continue;
        if (remember) script.counts.add(feature);
        isNew = true;
      }
      isNew = merge(script, ran, whole.startOffset, remember) || isNew;
    }
    return isNew;
  }
}

function merge(script: ScriptCoverage, ran: Uint8Array, start: number, remember: boolean): boolean {
  if (script.reached.length < start + ran.length) {
    const longer = new Uint8Array(start + ran.length);
    longer.set(script.reached);
    script.reached = longer;
  }
  let isNew = false;
  for (let at = 0; at < ran.length; at++) {
    if (ran[at] === 0 || script.reached[start + at] === 1) continue;
    if (remember) script.reached[start + at] = 1;
    isNew = true;
  }
  return isNew;
}
