/** How much arrives: bytes that the receiver reported, over the last while of its own clock. */

/** Ten frames: shorter, and it follows single frames; longer, and a step down is noticed late. */
const windowUs = 300_000;
/** Less than this says nothing about a rate. */
const leastUs = 100_000;
/** The receiver's clock began anew: nothing before compares. */
const leapUs = 3_000_000;
/** Enough for a path that has just been cut, while what came before still fills most of the window. */
const latelyUs = 120_000;

export class DeliveredRate {
  readonly #arrivals: { readonly arrivalUs: number; readonly bytes: number }[] = [];
  #newestUs = Number.NEGATIVE_INFINITY;

  add(arrivalUs: number, bytes: number): void {
    if (Math.abs(arrivalUs - this.#newestUs) > leapUs) {
      this.#arrivals.length = 0;
      this.#newestUs = arrivalUs;
    }
    this.#arrivals.push({ arrivalUs, bytes });
    this.#newestUs = Math.max(this.#newestUs, arrivalUs);
    while ((this.#arrivals[0]?.arrivalUs ?? 0) < this.#newestUs - windowUs) this.#arrivals.shift();
  }

  /** Undefined until enough has arrived. */
  get bitrateBps(): number | undefined {
    return this.#over(windowUs);
  }

  /** The same of a shorter time: soon true, and rough. */
  get latelyBps(): number | undefined {
    return this.#over(latelyUs);
  }

  #over(spanUs: number): number | undefined {
    let first = this.#arrivals.length;
    let bytes = 0;
    while (first > 0 && (this.#arrivals[first - 1]?.arrivalUs ?? 0) >= this.#newestUs - spanUs) bytes += this.#arrivals[--first]?.bytes ?? 0;
    const oldest = this.#arrivals[first];
    const elapsedUs = this.#newestUs - (oldest?.arrivalUs ?? this.#newestUs);
    // The first packet's own bytes took their time before it: they do not count.
    return oldest === undefined || elapsedUs < Math.min(leastUs, spanUs / 2) ? undefined : ((bytes - oldest.bytes) * 8e6) / elapsedUs;
  }
}
