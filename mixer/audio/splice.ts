/** Cutting and joining sound without clicks: pure, on arrays of mono samples. */
import { rampSamples } from './audio-format.js';

/** `into` begins as `tail` and has become itself after 5 ms. @param tail at least 5 ms long, what would have followed */
export function crossfadeIn(into: Float32Array, tail: Float32Array): void {
  const length = Math.min(rampSamples, into.length, tail.length);
  for (let i = 0; i < length; i += 1) {
    const share = (i + 0.5) / length;
    into[i] = (into[i] ?? 0) * share + (tail[i] ?? 0) * (1 - share);
  }
}

/**
 * Takes all but 5 ms out of the middle: what came before joins its start, what comes after joins its end.
 * @param block at least 10 ms
 */
export function shorten(block: Float32Array): Float32Array {
  const end = block.slice(block.length - rampSamples);
  crossfadeIn(end, block);
  return end;
}

/** Lags that are looked at, in samples: 2.5 to 10 ms, one period of a voice from 100 Hz up, several of a higher one's. */
const shortestLag = 120;
const longestLag = 480;
/** For the coarse search: 12 kHz tell periods well enough. */
const coarse = 4;
/** From this likeness on (of 1) a seam is not heard: what follows goes on as what came before would have. */
const alike = 0.9;
/** Below it at all lags there is nothing but noise (its own likeness in 5 ms reaches this at times), in which nobody hears a seam either. */
const unlike = 0.4;

/**
 * Takes periods of what repeats out of its start, or a piece of noise: shorter by 2.5 to 10 ms, and not heard (as NetEq's accelerate does).
 * @param block at least 15 ms
 * @returns undefined where a seam would be heard, or the block is too short
 */
export function shortenUnheard(block: Float32Array): Float32Array | undefined {
  const period = findPeriod(block);
  if (period === undefined) return undefined;
  const rest = block.slice(period);
  crossfadeIn(rest, block);
  return rest;
}

/**
 * Plays periods of what repeats in its start twice, or a piece of noise: longer by 2.5 to 10 ms, and not heard (as NetEq's preemptive expand does).
 * @param block at least 15 ms
 * @returns undefined where a seam would be heard, or the block is too short
 */
export function lengthenUnheard(block: Float32Array): Float32Array | undefined {
  const period = findPeriod(block);
  if (period === undefined) return undefined;
  const again = block.slice();
  crossfadeIn(again, block.subarray(period));
  const out = new Float32Array(period + block.length);
  out.set(block.subarray(0, period));
  out.set(again, period);
  return out;
}

/** After how many samples the start of the block sounds again as it does; undefined where it does not. */
function findPeriod(block: Float32Array): number | undefined {
  if (block.length < longestLag + rampSamples) return undefined;
  const thin = thinned(block);
  let best = 0;
  let bestLag = longestLag;
  for (let lag = shortestLag / coarse; lag <= longestLag / coarse; lag += 1) {
    const found = likeness(thin, lag, rampSamples / coarse);
    if (found <= best) continue;
    best = found;
    bestLag = lag * coarse;
  }
  if (best < unlike) return bestLag;
  // The best of the fine lags around it.
  best = 0;
  const around = bestLag;
  for (let lag = Math.max(shortestLag, around - coarse); lag <= Math.min(longestLag, around + coarse); lag += 1) {
    const found = likeness(block, lag, rampSamples);
    if (found <= best) continue;
    best = found;
    bestLag = lag;
  }
  return best < alike ? undefined : bestLag;
}

function thinned(block: Float32Array): Float32Array {
  const thin = new Float32Array((longestLag + rampSamples) / coarse);
  for (let i = 0; i < thin.length; i += 1) {
    let sum = 0;
    for (let tap = 0; tap < coarse; tap += 1) sum += block[i * coarse + tap] ?? 0;
    thin[i] = sum;
  }
  return thin;
}

/** Of the first `length` samples and those `lag` later: 1 where they are the same but for loudness, 0 and below where they have nothing in common. */
function likeness(samples: Float32Array, lag: number, length: number): number {
  let product = 0;
  let energyHere = 0;
  let energyThere = 0;
  for (let i = 0; i < length; i += 1) {
    const here = samples[i] ?? 0;
    const there = samples[i + lag] ?? 0;
    product += here * there;
    energyHere += here * here;
    energyThere += there * there;
  }
  return product <= 0 ? 0 : product / Math.sqrt(energyHere * energyThere);
}

/** Plays the block twice, its end faded into its own start: longer by its length less 5 ms. @param block at least 10 ms */
export function lengthen(block: Float32Array): Float32Array {
  const out = new Float32Array(2 * block.length - rampSamples);
  out.set(block.subarray(0, block.length - rampSamples));
  const again = block.slice();
  crossfadeIn(again, block.subarray(block.length - rampSamples));
  out.set(again, block.length - rampSamples);
  return out;
}

/**
 * Multiplies by a gain that moves in a straight line from `from` to `to` over `length` samples and then stays.
 * @param length 1 up to the number of samples
 */
export function rampGain(samples: Float32Array, from: number, to: number, length: number): void {
  if (from === 1 && to === 1) return;
  const step = (to - from) / length;
  const ramped = Math.min(length, samples.length);
  for (let i = 0; i < ramped; i += 1) samples[i] = (samples[i] ?? 0) * (from + step * (i + 1));
  if (to === 1) return;
  for (let i = ramped; i < samples.length; i += 1) samples[i] = (samples[i] ?? 0) * to;
}
