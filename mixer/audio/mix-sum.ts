import { tickSamples } from './audio-format.js';
import type { SoundBlock } from './sound-block.js';

/**
 * The sum of all that is heard in one tick, and the same without one of it. Stereo only when something stereo is in it; what is mono is in both channels then.
 *
 * In double precision: single-precision samples (24 bits) of any sensible levels add up in 53 bits without rounding, so taking one's own samples away again
 * leaves exactly the sum of the others, and nobody hears a trace of himself. A gain is therefore rounded to single precision before it is added.
 * No limit, no clipping here: that would break it.
 */
export class MixSum {
  readonly #left = new Float64Array(tickSamples);
  readonly #right = new Float64Array(tickSamples);
  #isStereo = false;

  clear(): void {
    this.#left.fill(0);
    this.#isStereo = false;
  }

  /** @param gain linear */
  add(block: SoundBlock, gain = 1): void {
    if (block.isStereo && !this.#isStereo) {
      this.#right.set(this.#left);
      this.#isStereo = true;
    }
    addTo(this.#left, block.left, gain);
    if (this.#isStereo) addTo(this.#right, block.isStereo ? block.right : block.left, gain);
  }

  copyInto(out: SoundBlock): void {
    out.left.set(this.#left);
    if (this.#isStereo) out.right.set(this.#right);
    out.isStereo = this.#isStereo;
  }

  /** @param own the very samples that were added, with the same gain */
  withoutInto(own: SoundBlock, out: SoundBlock, gain = 1): void {
    subtract(this.#left, own.left, gain, out.left);
    if (this.#isStereo) subtract(this.#right, own.isStereo ? own.right : own.left, gain, out.right);
    out.isStereo = this.#isStereo;
  }
}

function addTo(sum: Float64Array, samples: Float32Array, gain: number): void {
  if (gain === 1) for (let i = 0; i < tickSamples; i += 1) sum[i] = (sum[i] ?? 0) + (samples[i] ?? 0);
  else for (let i = 0; i < tickSamples; i += 1) sum[i] = (sum[i] ?? 0) + Math.fround((samples[i] ?? 0) * gain);
}

function subtract(sum: Float64Array, samples: Float32Array, gain: number, out: Float32Array): void {
  if (gain === 1) for (let i = 0; i < tickSamples; i += 1) out[i] = (sum[i] ?? 0) - (samples[i] ?? 0);
  else for (let i = 0; i < tickSamples; i += 1) out[i] = (sum[i] ?? 0) - Math.fround((samples[i] ?? 0) * gain);
}
