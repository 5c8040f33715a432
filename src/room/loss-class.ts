/** How lossy a listener's path is for sound, in few steps, from his reception reports (RFC 3550 6.4.1). Pure; times are microseconds of one clock. */

/**
 * Percent that an encoder is told for what is reported. Few, since each change opens an encoder anew; each from half of the way to it on, so that half of what is
 * lost more than reckoned is still made up for. Above 20 libopus makes the second copies no better.
 */
const classes = [{ fromPercent: 15, percent: 20 }, { fromPercent: 6, percent: 10 }, { fromPercent: 1, percent: 3 }] as const;

/** Up at once, since what is lost is heard; down a step only after so long without: three of a browser's reports of sound. Halved, a path with a burst each 10 s goes up and down. */
const stepDownUs = 15_000_000;

function classOf(percent: number): number {
  return classes.find(({ fromPercent }) => percent >= fromPercent)?.percent ?? 0;
}

export class LossClass {
  #percent = 0;
  #confirmedUs = Number.NEGATIVE_INFINITY;

  /** @param fractionLost in 1/256, as reports have it */
  take(fractionLost: number, nowUs: number): void {
    const reported = classOf((fractionLost * 100) / 256);
    if (reported >= this.#percent) {
      this.#percent = reported;
      this.#confirmedUs = nowUs;
    } else if (nowUs - this.#confirmedUs >= stepDownUs) {
      this.#percent = Math.max(reported, this.#nextLower());
      this.#confirmedUs = nowUs;
    }
  }

  #nextLower(): number {
    return classes.find(({ percent }) => percent < this.#percent)?.percent ?? 0;
  }

  /** 0, 3, 10 or 20. */
  get percent(): number {
    return this.#percent;
  }
}
