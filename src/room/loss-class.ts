/** Whether a listener's path is lossy for sound, by his newest reception report (RFC 3550 6.4.1). For how long it counts after that is the encoder's affair (mixer/audio/loss-hold). Pure. */

/**
 * One class. What an encoder reckons with beyond the 6 % of all speech does little (node-av 6.1.1, speech at 48 kbps, error of the second copies against bytes: 10 % -0.2 dB for 0.9 %, 20 % -1.5 dB for 3 %,
 * 30 % -2.0 dB for 5 %; below 6 % there are none), and each change opens an encoder anew. Of music, which has no second copies, it makes the frames after a hole right sooner.
 */
const lossyPercent = 20;
/** One packet a second. Less is made up for by concealment, unheard; doubled, every tenth word of who has a bad line would have a hole that music heals late. */
const lossyFromPercent = 2;

export class LossClass {
  #percent = 0;

  /** @param fractionLost in 1/256, as reports have it */
  take(fractionLost: number): void {
    this.#percent = (fractionLost * 100) / 256 >= lossyFromPercent ? lossyPercent : 0;
  }

  /** 0 or 20. */
  get percent(): number {
    return this.#percent;
  }
}
