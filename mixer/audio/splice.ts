/** Cutting and joining sound without clicks. Pure. Both channels are cut at the same places, so nothing moves between them. */
import { rampSamples } from './audio-format.js';
import { asStereo, mapChannels } from './channels.js';
import type { Sound, SoundBlock } from './sound-block.js';

/** Begins as `tail` and has become `into`, which is changed, after 5 ms. @param tail at least 5 ms long, what would have followed */
export function crossfadeSound(into: Sound, tail: Sound): Sound {
  if (into.right === undefined && tail.right === undefined) {
    crossfadeIn(into.left, tail.left);
    return into;
  }
  const both = asStereo(into);
  crossfadeIn(both.left, tail.left);
  crossfadeIn(both.right, tail.right ?? tail.left);
  return both;
}

/** The same for one channel. */
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
export function shorten(block: Sound): Sound {
  return mapChannels(block, (samples) => {
    const end = samples.slice(samples.length - rampSamples);
    crossfadeIn(end, samples);
    return end;
  });
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
export function shortenUnheard(block: Sound): Sound | undefined {
  const period = findPeriod(block);
  if (period === undefined) return undefined;
  return mapChannels(block, (samples) => {
    const rest = samples.slice(period);
    crossfadeIn(rest, samples);
    return rest;
  });
}

/**
 * Plays periods of what repeats in its start twice, or a piece of noise: longer by 2.5 to 10 ms, and not heard (as NetEq's preemptive expand does).
 * @param block at least 15 ms
 * @returns undefined where a seam would be heard, or the block is too short
 */
export function lengthenUnheard(block: Sound): Sound | undefined {
  const period = findPeriod(block);
  if (period === undefined) return undefined;
  return mapChannels(block, (samples) => {
    const again = samples.slice();
    crossfadeIn(again, samples.subarray(period));
    const out = new Float32Array(period + samples.length);
    out.set(samples.subarray(0, period));
    out.set(again, period);
    return out;
  });
}

/** After how many samples the start of the block sounds again as it does, in both channels together; undefined where it does not. */
function findPeriod(block: Sound): number | undefined {
  if (block.left.length < longestLag + rampSamples) return undefined;
  const thin = mapChannels(block, thinned);
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

function thinned(samples: Float32Array): Float32Array {
  const thin = new Float32Array((longestLag + rampSamples) / coarse);
  for (let i = 0; i < thin.length; i += 1) {
    let sum = 0;
    for (let tap = 0; tap < coarse; tap += 1) sum += samples[i * coarse + tap] ?? 0;
    thin[i] = sum;
  }
  return thin;
}

/**
 * Of the first `length` samples and those `lag` later: 1 where they are the same but for loudness, 0 and below where they have nothing in common. Products and
 * energies of both channels are added up, and not the channels themselves: what is opposite in them would vanish, and be cut anywhere.
 */
function likeness(sound: Sound, lag: number, length: number): number {
  return correlation(sound, sound, lag, length);
}

/** The same of the first samples of one sound and those of another from `at` on. */
function correlation(sound: Sound, other: Sound, at: number, length: number): number {
  const sums = { product: 0, here: 0, there: 0 };
  addProducts(sums, sound.left, other.left, at, length);
  if (sound.right !== undefined || other.right !== undefined) addProducts(sums, sound.right ?? sound.left, other.right ?? other.left, at, length);
  return sums.product <= 0 ? 0 : sums.product / Math.sqrt(sums.here * sums.there);
}

function addProducts(sums: { product: number; here: number; there: number }, samples: Float32Array, others: Float32Array, at: number, length: number): void {
  let product = 0;
  let energyHere = 0;
  let energyThere = 0;
  for (let i = 0; i < length; i += 1) {
    const here = samples[i] ?? 0;
    const there = others[i + at] ?? 0;
    product += here * there;
    energyHere += here * here;
    energyThere += there * there;
  }
  sums.product += product;
  sums.here += energyHere;
  sums.there += energyThere;
}

/** From this likeness on made-up sound and what was said fit at that place; below, later samples of the block fit no better than its first. */
const mergeable = 0.5;

/**
 * Goes on from made-up sound to what was really said: begins where the block fits best what would have followed, within its first 10 ms (NetEq's merge), faded in over 5 ms.
 * Shorter by what lies before that place.
 * @param tail 5 ms at least that would have followed
 * @param most samples that may be left out
 */
export function merge(block: Sound, tail: Sound, most: number): Sound {
  const reach = Math.min(longestLag, most);
  const at = reach <= 0 || block.left.length < longestLag + rampSamples || tail.left.length < rampSamples ? 0 : findMergePlace(block, tail, reach);
  return crossfadeSound(mapChannels(block, (samples) => samples.subarray(at)), tail);
}

function findMergePlace(block: Sound, tail: Sound, reach: number): number {
  const thinBlock = mapChannels(block, thinned);
  const thinTail = mapChannels(tail, thinned);
  let best = 0;
  let place = 0;
  for (let at = 0; at <= reach / coarse; at += 1) {
    const found = correlation(thinTail, thinBlock, at, rampSamples / coarse);
    if (found <= best) continue;
    best = found;
    place = at * coarse;
  }
  if (best < mergeable) return 0;
  best = 0;
  const around = place;
  for (let at = Math.max(0, around - coarse); at <= Math.min(reach, around + coarse); at += 1) {
    const found = correlation(tail, block, at, rampSamples);
    if (found <= best) continue;
    best = found;
    place = at;
  }
  return place;
}

/** Plays the block twice, its end faded into its own start: longer by its length less 5 ms. @param block at least 10 ms */
export function lengthen(block: Sound): Sound {
  return mapChannels(block, (samples) => {
    const out = new Float32Array(2 * samples.length - rampSamples);
    out.set(samples.subarray(0, samples.length - rampSamples));
    const again = samples.slice();
    crossfadeIn(again, samples.subarray(samples.length - rampSamples));
    out.set(again, samples.length - rampSamples);
    return out;
  });
}

/** `rampGain` in both channels. */
export function rampSound({ left, right }: Sound, from: number, to: number, length: number): void {
  rampGain(left, from, to, length);
  if (right !== undefined) rampGain(right, from, to, length);
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

/** `into` begins as `past` and has become itself after 5 ms. */
export function crossfadeBlock(into: SoundBlock, past: SoundBlock): void {
  if (past.isStereo && !into.isStereo) {
    into.right.set(into.left);
    into.isStereo = true;
  }
  crossfadeIn(into.left, past.left);
  if (into.isStereo) crossfadeIn(into.right, past.isStereo ? past.right : past.left);
}
