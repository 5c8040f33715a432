/** A loss to reckon with: up at once, since what is lost is heard; down only after some time of less. Pure; times are microseconds of one clock. */

/**
 * Three of a browser's reports of sound (5 s each). Each change opens an encoder anew: halved, a path with a burst each 10 s goes up and down, and so does a stream whose listener
 * with the bad line leaves it for each of his own sentences.
 */
const stepDownUs = 15_000_000;

export class LossHold {
  #percent: number;
  /** When that much was last the case; undefined before the first call. */
  #confirmedUs: number | undefined;
  /** The most since then. */
  #lesserPercent = 0;

  constructor(percent: number) {
    this.#percent = percent;
  }

  /** @param percent of now @returns what to reckon with */
  follow(percent: number, nowUs: number): number {
    if (percent >= this.#percent) this.#confirm(percent, nowUs);
    else {
      this.#confirmedUs ??= nowUs;
      this.#lesserPercent = Math.max(this.#lesserPercent, percent);
      if (nowUs - this.#confirmedUs >= stepDownUs) this.#confirm(this.#lesserPercent, nowUs);
    }
    return this.#percent;
  }

  #confirm(percent: number, nowUs: number): void {
    this.#percent = percent;
    this.#confirmedUs = nowUs;
    this.#lesserPercent = 0;
  }

  get percent(): number {
    return this.#percent;
  }
}
