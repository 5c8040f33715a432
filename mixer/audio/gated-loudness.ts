import { lufsOfPower, powerOfLufs } from './k-weighting.js';

/** BS.1770-5, annex 1: blocks below this are silence; and of the rest, those 10 LU below their mean do not count. */
const absoluteGatePower = powerOfLufs(-70);
const relativeGate = 0.1;

/** Blocks are sorted by loudness into drawers of a quarter LU from -70 to +10 LUFS; each keeps the sum of its powers, so only the gate's edge is rounded. */
const drawersPerLu = 4;
const drawers = 320;

/** Weights grow with each block instead of all others' shrinking; above this they are brought back, far from the end of what a number holds. */
const largestWeight = 1e12;

/**
 * Integrated loudness after ITU-R BS.1770-5: the mean power of all gating blocks that pass both gates. With `memoryBlocks` it forgets: a block counts
 * 1/e of a new one after so many more. What it keeps (5 kB) does not grow with time.
 */
export class GatedLoudness {
  readonly #growth: number;
  readonly #weights = new Float64Array(drawers);
  readonly #powers = new Float64Array(drawers);
  #weight = 1;
  #blocks = 0;
  #power: number | undefined;

  /** @param memoryBlocks more than 1; Infinity: the loudness of a whole programme, as the recommendation has it */
  constructor(memoryBlocks: number) {
    this.#growth = 1 / (1 - 1 / memoryBlocks);
  }

  /** @param power K-weighted mean power of 400 ms, summed over the channels */
  add(power: number): void {
    if (!(power >= absoluteGatePower)) return;
    const drawer = Math.min(drawers - 1, Math.floor((lufsOfPower(power) + 70) * drawersPerLu));
    this.#weight *= this.#growth;
    if (this.#weight > largestWeight) this.#bringBack();
    this.#weights[drawer] = (this.#weights[drawer] ?? 0) + this.#weight;
    this.#powers[drawer] = (this.#powers[drawer] ?? 0) + this.#weight * power;
    this.#blocks += 1;
    this.#power = undefined;
  }

  #bringBack(): void {
    for (let drawer = 0; drawer < drawers; drawer += 1) {
      this.#weights[drawer] = (this.#weights[drawer] ?? 0) / this.#weight;
      this.#powers[drawer] = (this.#powers[drawer] ?? 0) / this.#weight;
    }
    this.#weight = 1;
  }

  /** How many blocks passed the absolute gate. */
  get blocks(): number {
    return this.#blocks;
  }

  /** undefined while no block passed the absolute gate. */
  get lufs(): number | undefined {
    if (this.#blocks === 0) return undefined;
    this.#power ??= this.#meanAbove(this.#meanAbove(0) * relativeGate);
    return lufsOfPower(this.#power);
  }

  #meanAbove(gatePower: number): number {
    let weights = 0;
    let powers = 0;
    for (let drawer = 0; drawer < drawers; drawer += 1) {
      const weight = this.#weights[drawer] ?? 0;
      const power = this.#powers[drawer] ?? 0;
      if (weight === 0 || power < gatePower * weight) continue;
      weights += weight;
      powers += power;
    }
    return powers / weights;
  }

  clear(): void {
    this.#weights.fill(0);
    this.#powers.fill(0);
    this.#weight = 1;
    this.#blocks = 0;
    this.#power = undefined;
  }
}
