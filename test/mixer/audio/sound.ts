// Making and judging sound in tests: all mono Float32 at 48 kHz.

export const rateHz = 48_000;

/** A sine that starts at phase 0 in sample 0 and is cut out from `from` on. */
export function tone(frequencyHz: number, amplitude: number, from: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => amplitude * Math.sin((2 * Math.PI * frequencyHz * (from + i)) / rateHz));
}

/** Numbers from 0 up to 1 that look random and are the same each time (mulberry32). */
export function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function noise(amplitude: number, count: number, seed: number): Float32Array {
  const random = randomSource(seed);
  return Float32Array.from({ length: count }, () => amplitude * (2 * random() - 1));
}

/** Amplitude of the sine of this frequency in dB of full scale (Goertzel under a Hann window, so that other tones do not leak in). */
export function toneDb(samples: Float32Array, frequencyHz: number): number {
  const step = (2 * Math.PI * frequencyHz) / rateHz;
  let re = 0;
  let im = 0;
  let weight = 0;
  samples.forEach((sample, i) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length);
    re += sample * window * Math.cos(step * i);
    im += sample * window * Math.sin(step * i);
    weight += window;
  });
  return 20 * Math.log10((2 * Math.hypot(re, im)) / weight + 1e-12);
}

export function rmsDb(samples: Float32Array): number {
  return 10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length + 1e-18);
}

export function peak(samples: Float32Array): number {
  return samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
}

/** The largest difference between neighbours: what a click is. A sine of amplitude a has a * 2 pi f / 48000. */
export function largestStep(samples: Float32Array): number {
  let largest = 0;
  for (let i = 1; i < samples.length; i += 1) largest = Math.max(largest, Math.abs(samples[i]! - samples[i - 1]!));
  return largest;
}

export function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
