/**
 * How fast to play so that the delay comes to its target. Pure.
 *
 * At rest (speed 1, samples are copied) while the delay is near enough; a larger error is driven out at a speed that grows with it and ends where
 * the error does. Under drift of 100 ppm that is one correction of about a second each half minute.
 */

/** Below the 10 ms that anybody could notice between sound and picture; halved, network jitter alone keeps it busy. */
const startUs = 3_000;
const restUs = 300;

/** 0.5 % is 9 cents of pitch: below what is noticed in speech (about 1 %), and 17 times the worst drift of sound cards (300 ppm). */
const mostSpeedChange = 0.005;
export const fastestSpeed = 1 + mostSpeedChange;
/** Slower would let the last tenth of a millisecond take seconds. */
const leastSpeedChange = 0.002;
/** An error is driven out in about this time, up to the speed limit. */
const settleUs = 500_000;

export class DelayControl {
  #correcting = 0;

  /** @param errorUs actual minus wanted delay @returns above 1 to shorten the delay, below 1 to lengthen it */
  speed(errorUs: number): number {
    const size = Math.abs(errorUs);
    if (this.#correcting !== 0 && (size < restUs || Math.sign(errorUs) !== this.#correcting)) this.#correcting = 0;
    if (this.#correcting === 0 && size >= startUs) this.#correcting = Math.sign(errorUs);
    if (this.#correcting === 0) return 1;
    return 1 + this.#correcting * Math.min(mostSpeedChange, Math.max(leastSpeedChange, size / settleUs));
  }

  rest(): void {
    this.#correcting = 0;
  }
}
