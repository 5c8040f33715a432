/**
 * Log-spectral distance of degraded from clean speech, in dB: root mean square over bands and frames of the difference of their levels (Gray and Markel 1976, over
 * bands of 200 Hz instead of bins, up to 7 kHz). Loudness as a whole is taken out first; frames and bands in which the clean speech has nothing are left out.
 */
import { spectrogram } from './spectrum.js';

export const distanceRateHz = 16_000;
const frameSamples = 512;
const transformSize = 512;
/** 187.5 Hz. */
const binsInBand = 6;
const highestBin = 224;
/** Below the loudest band of the speech: nobody hears beside it what lies lower, and the logarithm of nearly nothing would rule the mean. */
const floorDb = 50;

function bandLevels(frames: readonly Float64Array[]): Float64Array[] {
  return frames.map((power) =>
    Float64Array.from({ length: Math.floor(highestBin / binsInBand) }, (_unused, band) => power.subarray(1 + band * binsInBand, 1 + (band + 1) * binsInBand).reduce((sum, value) => sum + value, 0)),
  );
}

/** Both begin at the same moment and are at 16 kHz. */
export function logSpectralDistanceDb(clean: Float64Array, degraded: Float64Array): number {
  const [x, y] = [clean, degraded].map((samples) => bandLevels(spectrogram(samples, frameSamples, transformSize))) as [Float64Array[], Float64Array[]];
  const loudest = Math.max(...x.map((bands) => Math.max(...bands)));
  const floor = loudest * 10 ** (-floorDb / 10);
  const sumOf = (rows: readonly Float64Array[]): number => rows.reduce((sum, bands) => sum + bands.reduce((inner, value) => inner + value, 0), 0);
  const scale = sumOf(x) / Math.max(Number.MIN_VALUE, sumOf(y));
  let sum = 0;
  let count = 0;
  for (const [frame, bands] of x.entries()) {
    for (const [band, level] of bands.entries()) {
      if (level < floor) continue;
      sum += (10 * Math.log10(level / Math.max(floor, scale * (y[frame]?.[band] ?? 0)))) ** 2;
      count += 1;
    }
  }
  return Math.sqrt(sum / Math.max(1, count));
}
