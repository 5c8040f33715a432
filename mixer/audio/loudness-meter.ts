import { tickSamples } from './audio-format.js';
import { KWeighting, lufsOfPower } from './k-weighting.js';

/** Of 20 ms: 400 ms is what BS.1770 calls a gating block and EBU Tech 3341 momentary loudness, 3 s what that calls short-term. */
const momentaryTicks = 20;
const shortTermTicks = 150;
/** Gating blocks overlap by three quarters: each 100 ms one ends. */
const ticksBetweenBlocks = 5;

/**
 * Momentary and short-term loudness of one sound after ITU-R BS.1770-5 and EBU Tech 3341, anew with each tick of 20 ms. Integrated loudness is
 * `GatedLoudness` over the gating blocks that end here.
 *
 * BS.1770 sums the power of the channels, and mono is one channel: what a listener hears from both sides as mono reads 3 LU less here than the same sound
 * sent as left and right. Whoever compares mono with stereo has to halve the power of stereo.
 */
export class LoudnessMeter {
  readonly #left = new KWeighting();
  readonly #right = new KWeighting();
  /** The power of the last 3 s, tick by tick; 0 before the first, which is how the standard's meters begin too. */
  readonly #powers = new Float64Array(shortTermTicks);
  #ticks = 0;

  /** @param left 960 samples @param right of stereo @returns whether a gating block ends with this tick: `momentaryPower` is that of the block */
  add(left: Float32Array, right: Float32Array | undefined): boolean {
    const energy = this.#left.energy(left) + (right === undefined ? 0 : this.#right.energy(right));
    this.#powers[this.#ticks % shortTermTicks] = energy / tickSamples;
    this.#ticks += 1;
    return this.#ticks >= momentaryTicks && this.#ticks % ticksBetweenBlocks === 0;
  }

  /** Mean power of the last tick, K-weighted, summed over the channels. */
  get tickPower(): number {
    return this.#meanOf(1);
  }

  get momentaryPower(): number {
    return this.#meanOf(momentaryTicks);
  }

  get momentaryLufs(): number {
    return lufsOfPower(this.momentaryPower);
  }

  get shortTermLufs(): number {
    return lufsOfPower(this.#meanOf(shortTermTicks));
  }

  #meanOf(ticks: number): number {
    let sum = 0;
    for (let age = 1; age <= ticks; age += 1) sum += this.#powers[(this.#ticks + shortTermTicks - age) % shortTermTicks] ?? 0;
    return sum / ticks;
  }
}
