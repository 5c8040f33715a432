/**
 * A short sweep that sticks out of noise, and where it is in what was heard. Found by correlation with its normal and its quarter-turned copy, because
 * a codec moves phases; a time is right to about a millisecond.
 */

export const sampleRateHz = 48_000;

/** Long enough to stand 20 dB above room noise after correlation, short enough for one packet. */
const chirpSamples = 960;
const fromHz = 800;
const toHz = 3_200;
const peakAmplitude = 12_000;
/** Samples of 48 kHz that become one before correlation: 12 kHz still holds the sweep. */
const decimation = 4;
/** Share of the sound's energy that must be the chirp's: noise reaches 0.1, a chirp after Opus 0.8. */
const leastLikeness = 0.4;

function sweep(sample: number, quarterTurn: boolean): number {
  const seconds = sample / sampleRateHz;
  const lengthSeconds = chirpSamples / sampleRateHz;
  const phase = 2 * Math.PI * (fromHz * seconds + ((toHz - fromHz) * seconds * seconds) / (2 * lengthSeconds));
  // A Hann window: edges that ring would be heard as a click and blur the peak.
  const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * sample) / chirpSamples);
  return window * (quarterTurn ? Math.cos(phase) : Math.sin(phase));
}

/** 16-bit samples of one chirp at 48 kHz. */
export function makeChirp(): Int16Array {
  return Int16Array.from({ length: chirpSamples }, (_unused, sample) => Math.round(peakAmplitude * sweep(sample, false)));
}

function decimate(samples: ArrayLike<number>): Float64Array {
  const out = new Float64Array(Math.floor(samples.length / decimation));
  for (let index = 0; index < out.length; index += 1) {
    let sum = 0;
    for (let tap = 0; tap < decimation; tap += 1) sum += samples[index * decimation + tap] ?? 0;
    out[index] = sum / decimation;
  }
  return out;
}

function template(quarterTurn: boolean): Float64Array {
  const shape = decimate(Float64Array.from({ length: chirpSamples }, (_unused, sample) => sweep(sample, quarterTurn)));
  const energy = shape.reduce((sum, value) => sum + value * value, 0);
  return shape.map((value) => value / Math.sqrt(energy));
}

/** The samples (of 48 kHz, mono) at which chirps begin, in order. Two of them within `apartSamples` count as the better one. */
export function findChirps(sound: ArrayLike<number>, apartSamples: number): number[] {
  const heard = decimate(sound);
  const normal = template(false);
  const turned = template(true);
  const length = normal.length;
  const found: { at: number; likeness: number }[] = [];
  let energy = 0;
  for (let index = 0; index < length - 1; index += 1) energy += (heard[index] ?? 0) ** 2;
  for (let at = 0; at + length <= heard.length; at += 1) {
    energy += (heard[at + length - 1] ?? 0) ** 2 - (at === 0 ? 0 : (heard[at - 1] ?? 0) ** 2);
    // Quieter than the chirp could ever come out: nothing to correlate.
    if (energy < length * 10_000) continue;
    let inPhase = 0;
    let inQuadrature = 0;
    for (let tap = 0; tap < length; tap += 1) {
      const value = heard[at + tap] ?? 0;
      inPhase += value * (normal[tap] ?? 0);
      inQuadrature += value * (turned[tap] ?? 0);
    }
    const likeness = (inPhase * inPhase + inQuadrature * inQuadrature) / energy;
    if (likeness < leastLikeness) continue;
    const last = found.at(-1);
    if (last === undefined || (at - last.at) * decimation >= apartSamples) found.push({ at, likeness });
    else if (likeness > last.likeness) found[found.length - 1] = { at, likeness };
  }
  return found.map(({ at }) => at * decimation);
}
