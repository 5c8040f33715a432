/**
 * Short-time objective intelligibility (STOI): C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen, "An Algorithm for Intelligibility Prediction of Time-Frequency
 * Weighted Noisy Speech", IEEE Transactions on Audio, Speech, and Language Processing 19(7), 2011. From 0 (nothing) to 1 (the same): the mean correlation of
 * the envelopes of one-third octave bands over 384 ms, clean beside degraded, after the degraded one was brought to the same energy and clipped.
 *
 * Both sounds begin at the same moment and are at 10 kHz.
 */
import { spectrogram } from './spectrum.js';

/** As in the paper. */
export const stoiRateHz = 10_000;
const frameSamples = 256;
const transformSize = 512;
const lowestBandHz = 150;
const bandCount = 15;
const segmentFrames = 30;
const clipDb = -15;
/** Frames of the clean speech this far below its loudest count as silence. */
const silenceDb = 40;

const clip = 1 + 10 ** (-clipDb / 20);

/** First and last bin (excluded) of each band. */
const bands = Array.from({ length: bandCount }, (_unused, band) => {
  const edge = (hz: number): number => Math.round((hz * transformSize) / stoiRateHz);
  return [edge(lowestBandHz * 2 ** ((2 * band - 1) / 6)), edge(lowestBandHz * 2 ** ((2 * band + 1) / 6))] as const;
});

/** Envelope of each band, a row for each frame. */
function envelopes(frames: readonly Float64Array[]): Float64Array[] {
  return frames.map((power) => Float64Array.from(bands, ([from, to]) => Math.sqrt(power.subarray(from, to).reduce((sum, value) => sum + value, 0))));
}

function total(power: Float64Array): number {
  return power.reduce((sum, value) => sum + value, 0);
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let product = 0;
  let energyA = 0;
  let energyB = 0;
  for (const [index, value] of a.entries()) {
    const [here, there] = [value - meanA, (b[index] ?? 0) - meanB];
    product += here * there;
    energyA += here * here;
    energyB += there * there;
  }
  const scale = Math.sqrt(energyA * energyB);
  // A band that stands still says nothing about intelligibility; a degraded one that stands still where the clean one moves has lost it.
  return scale === 0 ? 0 : product / scale;
}

/** @throws {RangeError} for less than 384 ms of speech */
export function stoi(clean: Float64Array, degraded: Float64Array): number {
  const cleanFrames = spectrogram(clean, frameSamples, transformSize);
  const degradedFrames = spectrogram(degraded, frameSamples, transformSize);
  const loudest = Math.max(...cleanFrames.map(total));
  const spoken = cleanFrames.flatMap((power, index) => (total(power) > loudest * 10 ** (-silenceDb / 10) && degradedFrames[index] !== undefined ? [index] : []));
  const pick = (frames: readonly Float64Array[]): Float64Array[] => envelopes(spoken.flatMap((index) => frames[index] ?? []));
  const [x, y] = [pick(cleanFrames), pick(degradedFrames)];
  let sum = 0;
  let count = 0;
  for (let end = segmentFrames; end <= x.length; end += 1) {
    for (let band = 0; band < bandCount; band += 1) {
      const of = (rows: readonly Float64Array[]): number[] => rows.slice(end - segmentFrames, end).map((row) => row[band] ?? 0);
      const [here, there] = [of(x), of(y)];
      const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((energy, value) => energy + value * value, 0));
      const scale = norm(here) / Math.max(Number.MIN_VALUE, norm(there));
      sum += correlation(here, there.map((value, index) => Math.min(value * scale, (here[index] ?? 0) * clip)));
      count += 1;
    }
  }
  if (count === 0) throw new RangeError('too little speech for STOI');
  return sum / count;
}
