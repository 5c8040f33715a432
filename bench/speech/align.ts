/**
 * Puts heard speech onto the time of what was said, piece by piece: jitter buffers stretch and cut, and a measure that compares frame by frame would call
 * that noise. Each piece is looked for near where the one before was found.
 */

/** A few syllables: short enough to follow a jitter buffer, long enough to be found. */
const pieceSeconds = 0.2;
/** Around the piece: what tells it from its neighbours. */
const contextSeconds = 0.1;
/** Between two pieces: more than a jitter buffer moves in 0.2 s, but for a loss. */
const stepSeconds = 0.06;
/** Less alike than this, of 1, nothing was found: the place before holds. */
const leastLikeness = 0.3;
const fadeSeconds = 0.005;

function likeness(clean: Float64Array, from: number, to: number, heard: Float64Array, lag: number): number {
  let product = 0;
  let energyClean = 0;
  let energyHeard = 0;
  for (let index = Math.max(0, from); index < Math.min(to, clean.length); index += 1) {
    const here = clean[index] ?? 0;
    const there = heard[index + lag] ?? 0;
    product += here * there;
    energyClean += here * here;
    energyHeard += there * there;
  }
  return energyClean === 0 || energyHeard === 0 ? 0 : product / Math.sqrt(energyClean * energyHeard);
}

function findLag(clean: Float64Array, from: number, to: number, heard: Float64Array, lowest: number, highest: number): { readonly lag: number; readonly likeness: number } {
  let best = { lag: lowest, likeness: -1 };
  for (let lag = lowest; lag <= highest; lag += 1) {
    const found = likeness(clean, from, to, heard, lag);
    if (found > best.likeness) best = { lag, likeness: found };
  }
  return best;
}

/** @param mostLagSeconds by how much `heard` may be late, as a whole @returns as long as `clean` */
export function aligned(clean: Float64Array, heard: Float64Array, rateHz: number, mostLagSeconds: number): Float64Array {
  const [piece, context, step, fade] = [pieceSeconds, contextSeconds, stepSeconds, fadeSeconds].map((seconds) => Math.round(seconds * rateHz)) as [number, number, number, number];
  let { lag } = findLag(clean, 0, Math.min(clean.length, rateHz), heard, 0, Math.round(mostLagSeconds * rateHz));
  const out = new Float64Array(clean.length);
  for (let from = 0; from < clean.length; from += piece) {
    const before = lag;
    const found = findLag(clean, from - context, from + piece + context, heard, lag - step, lag + step);
    if (found.likeness >= leastLikeness) lag = found.lag;
    for (let index = from; index < Math.min(clean.length, from + piece); index += 1) {
      const share = Math.min(1, (index - from) / fade);
      out[index] = share * (heard[index + lag] ?? 0) + (1 - share) * (heard[index + before] ?? 0);
    }
  }
  return out;
}
