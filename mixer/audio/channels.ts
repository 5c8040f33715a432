/** The same thing done to both channels of a sound, or to its only one. Pure. */
import { energy } from './level-meter.js';
import type { Sound } from './sound-block.js';

export function mapChannels(sound: Sound, make: (samples: Float32Array) => Float32Array): Sound {
  return { left: make(sound.left), right: sound.right === undefined ? undefined : make(sound.right) };
}

/** Mono of the same loudness has the same: sum of the squares, the mean of both channels. Not finite when any sample is not. */
export function soundEnergy({ left, right }: Sound): number {
  return right === undefined ? energy(left) : (energy(left) + energy(right)) / 2;
}

/** With two channels in places of their own, so that they can become different. */
export function asStereo({ left, right }: Sound): Sound & { readonly right: Float32Array } {
  return { left, right: right ?? left.slice() };
}
