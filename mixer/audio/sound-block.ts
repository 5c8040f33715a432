import { tickSamples } from './audio-format.js';

/** A stretch of sound: one channel, or left and right of the same length. Mono stays mono for as long as nothing stereo is added to it. */
export interface Sound {
  readonly left: Float32Array;
  /** Undefined for mono. */
  readonly right: Float32Array | undefined;
}

/** One tick's sound in a place of its own. Both channels are there; `right` counts only while `isStereo`. */
export class SoundBlock {
  readonly left = new Float32Array(tickSamples);
  readonly right = new Float32Array(tickSamples);
  isStereo = false;
  readonly #mono: Sound = { left: this.left, right: undefined };

  /** The same as a `Sound`, without copying. */
  get sound(): Sound {
    return this.isStereo ? this : this.#mono;
  }

  copyFrom(other: SoundBlock): void {
    this.left.set(other.left);
    if (other.isStereo) this.right.set(other.right);
    this.isStereo = other.isStereo;
  }

  clear(): void {
    this.left.fill(0);
    this.right.fill(0);
    this.isStereo = false;
  }
}
