/** Who is heard when in a sound, told by the tones of the prepared people. Pure. */
import type { PreparedPerson } from '../clients/media-recipes.js';

export interface HeardPerson {
  readonly seconds: number;
  /** Of his tone where it was loudest, in dB of a full-scale sine. */
  readonly loudestDb: number;
}

/** A syllable; the window of 100 ms tells tones of 40 Hz distance apart. */
const windowSeconds = 0.1;
/** The prepared speech is at -15 to -29 dB; what leaks from one tone to another is below -60. */
const quietestHeardDb = -40;

/**
 * @param samples mono, -1 to 1.
 * @returns by index of `people`.
 */
export function hearPeople(samples: Float32Array, sampleRateHz: number, people: readonly PreparedPerson[]): readonly HeardPerson[] {
  const length = Math.round(windowSeconds * sampleRateHz);
  const hann = Float64Array.from({ length }, (_unused, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / length));
  return people.map(({ toneHz }) => {
    let windows = 0;
    let loudestDb = Number.NEGATIVE_INFINITY;
    for (let from = 0; from + length <= samples.length; from += length) {
      const levelDb = toneLevelDb(samples, from, hann, toneHz / sampleRateHz);
      if (levelDb > quietestHeardDb) windows += 1;
      loudestDb = Math.max(loudestDb, levelDb);
    }
    return { seconds: windows * windowSeconds, loudestDb };
  });
}

/** Goertzel over a Hann window, whose mean is a half. */
function toneLevelDb(samples: Float32Array, from: number, hann: Float64Array, cyclesPerSample: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * cyclesPerSample);
  let last = 0;
  let beforeLast = 0;
  for (let i = 0; i < hann.length; i++) {
    const value = (samples[from + i] ?? 0) * (hann[i] ?? 0) + coefficient * last - beforeLast;
    beforeLast = last;
    last = value;
  }
  const power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
  return 20 * Math.log10(Math.max((4 * Math.sqrt(Math.max(power, 0))) / hann.length, 1e-9));
}
