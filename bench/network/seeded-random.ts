/** Numbers that look random and are the same for the same seed: a counter, mixed by MurmurHash3's finaliser (a bijection of 32 bits in which each input bit moves half of the output's). */

/** The golden ratio of 2^32: neighbouring counters and seeds land far apart. */
const stride = 0x9e37_79b9;

export class SeededRandom {
  #state: number;

  /** @param seed any 32-bit integer */
  constructor(seed: number) {
    // Mixed once, so that seeds 1 and 2 are not the same row, one step apart.
    this.#state = mix(seed ^ stride);
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + stride) | 0;
    return mix(this.#state) / 0x1_0000_0000;
  }
}

function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
