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

  /** The same as a `Sound`, without copying. */
  get sound(): Sound {
    return this.isStereo ? this : { left: this.left, right: undefined };
  }

  clear(): void {
    this.left.fill(0);
    this.right.fill(0);
    this.isStereo = false;
  }
}
