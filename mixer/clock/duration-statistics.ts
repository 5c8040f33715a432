/** Mean and 95th percentile of the last durations; recording one allocates nothing. */
export class DurationStatistics {
  readonly #lastUs = new Float64Array(windowLength);
  #count = 0;

  record(durationUs: number): void {
    this.#lastUs[this.#count % windowLength] = durationUs;
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  summary(): { readonly count: number; readonly meanUs: number; readonly p95Us: number } {
    const sorted = this.#lastUs.slice(0, Math.min(this.#count, windowLength)).sort();
    if (sorted.length === 0) return { count: 0, meanUs: 0, p95Us: 0 };
    const sumUs = sorted.reduce((sum, durationUs) => sum + durationUs, 0);
    return { count: this.#count, meanUs: Math.round(sumUs / sorted.length), p95Us: Math.round(sorted[Math.floor(sorted.length * 0.95)] ?? 0) };
  }
}

/** Eight seconds of a canvas at 30: long enough for a percentile, short enough to show what happens now. */
const windowLength = 256;
