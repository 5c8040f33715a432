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
