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

/** 50 ms: wide enough (20 Hz) that the playout's +-0.5 % stay inside, narrow enough that tones 200 Hz apart do not touch. */
const shortWindow = 2400;

/**
 * Amplitude of the sine of this frequency in dB of full scale, over the whole (Goertzel under Hann windows).
 * @param toneWindow samples; a longer one tells a faint tone from noise and from its neighbours, once playout no longer corrects its delay
 */
export function toneDb(samples: Float32Array, frequencyHz: number, toneWindow = shortWindow): number {
  const step = (2 * Math.PI * frequencyHz) / rateHz;
  const windows = Math.floor(samples.length / toneWindow);
  let power = 0;
  for (let window = 0; window < windows; window += 1) {
    let re = 0;
    let im = 0;
    for (let i = 0; i < toneWindow; i += 1) {
      const weighted = samples[window * toneWindow + i]! * (1 - Math.cos((2 * Math.PI * i) / toneWindow));
      re += weighted * Math.cos(step * i);
      im += weighted * Math.sin(step * i);
    }
    power += (re * re + im * im) * (2 / toneWindow) ** 2;
  }
  return 10 * Math.log10(power / windows + 1e-18);
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

/** What a click adds: the energy from 5 to 12 kHz in the loudest 5 ms, in dB of full scale. Low tones that fade have next to none there. */
export function splashDb(samples: Float32Array): number {
  const window = 240;
  let loudest = 0;
  for (let at = 0; at + window <= samples.length; at += window / 2) {
    let power = 0;
    for (let hz = 5_000; hz <= 12_000; hz += 200) {
      const step = (2 * Math.PI * hz) / rateHz;
      let re = 0;
      let im = 0;
      for (let i = 0; i < window; i += 1) {
        const weighted = samples[at + i]! * (1 - Math.cos((2 * Math.PI * i) / window));
        re += weighted * Math.cos(step * i);
        im += weighted * Math.sin(step * i);
      }
      power += (re * re + im * im) * (2 / window) ** 2;
    }
    loudest = Math.max(loudest, power);
  }
  return 10 * Math.log10(loudest + 1e-18);
}
