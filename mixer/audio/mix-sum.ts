import { tickSamples } from './audio-format.js';

/**
 * The sum of all talkers in one tick, and the same without one of them.
 *
 * In double precision: single-precision samples (24 bits) of any sensible levels add up in 53 bits without rounding, so taking one's own samples away again
 * leaves exactly the sum of the others, and nobody hears a trace of himself. No limit, no clipping here: that would break it.
 */
export class MixSum {
  readonly #sum = new Float64Array(tickSamples);

  clear(): void {
    this.#sum.fill(0);
  }

  add(samples: Float32Array): void {
    const sum = this.#sum;
    for (let i = 0; i < tickSamples; i += 1) sum[i] = (sum[i] ?? 0) + (samples[i] ?? 0);
  }

  copyInto(out: Float32Array): void {
    out.set(this.#sum);
  }

  /** @param own the very samples that were added */
  withoutInto(own: Float32Array, out: Float32Array): void {
    const sum = this.#sum;
    for (let i = 0; i < tickSamples; i += 1) out[i] = (sum[i] ?? 0) - (own[i] ?? 0);
  }
}
