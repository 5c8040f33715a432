/**
 * A peak limiter that looks ahead: it turns the gain down before a peak arrives and back up slowly after it, so no sample of its output is above the
 * ceiling and no waveform is cut. Where nothing is above the ceiling it only delays.
 *
 * Each sample asks for a gain (ceiling / |x| where that is below 1). The smallest wish within the look-ahead holds, comes back exponentially, and is
 * averaged over the look-ahead: the average reaches the wish just when the sample that made it leaves. It adds `limiterDelaySamples` of delay.
 * It looks at samples, not at the curve between them (true peak).
 */
import { sampleRateHz } from './audio-format.js';

/** 3 ms: a gain that falls faster is heard as distortion of the attack; longer is delay for everybody. */
export const limiterDelaySamples = 144;

/** -1 dBFS: Opus gives back peaks up to about 1 dB above what it was given. */
export const limiterCeiling = 0.891;

/** Shorter releases follow the waves of low voices and distort them, longer ones leave a hole after a door that slams. */
const releaseSeconds = 0.1;

const releaseShare = 1 - Math.exp(-1 / (releaseSeconds * sampleRateHz));
/** A gain this near to 1 (0.0001 dB) is 1: the limiter goes back to only delaying. */
const restGain = 1 - 1e-5;
/** Holds the look-ahead's wishes; a power of two makes the ring's index a mask. */
const wishes = 256;

export class PeakLimiter {
  readonly #delay = new Float32Array(limiterDelaySamples);
  readonly #gains = new Float64Array(limiterDelaySamples).fill(1);
  #position = 0;
  #gain = 1;
  #gainSum = limiterDelaySamples;
  #limiting = false;

  // A queue of wishes that grow from its head to its tail: the head is the smallest within the look-ahead.
  readonly #wish = new Float64Array(wishes);
  readonly #wishAt = new Float64Array(wishes);
  #head = 0;
  #tail = 0;
  #now = 0;
  #lowestGain = 1;

  /** @param out as long as the input; may be the input */
  process(input: Float32Array, out: Float32Array): void {
    if (!this.#limiting && peak(input) <= limiterCeiling) this.#delayOnly(input, out);
    else this.#limit(input, out);
  }

  #delayOnly(input: Float32Array, out: Float32Array): void {
    const delay = this.#delay;
    let position = this.#position;
    for (let i = 0; i < input.length; i += 1) {
      const sample = input[i] ?? 0;
      out[i] = delay[position] ?? 0;
      delay[position] = sample;
      position = position + 1 === limiterDelaySamples ? 0 : position + 1;
    }
    this.#position = position;
  }

  #limit(input: Float32Array, out: Float32Array): void {
    this.#limiting = true;
    const delay = this.#delay;
    const gains = this.#gains;
    let position = this.#position;
    for (let i = 0; i < input.length; i += 1) {
      const sample = input[i] ?? 0;
      const size = Math.abs(sample);
      const wish = this.#smallestWish(size > limiterCeiling ? limiterCeiling / size : 1);
      this.#gain = Math.min(wish, this.#gain + (1 - this.#gain) * releaseShare);
      this.#gainSum += this.#gain - (gains[position] ?? 1);
      gains[position] = this.#gain;
      out[i] = ((delay[position] ?? 0) * this.#gainSum) / limiterDelaySamples;
      delay[position] = sample;
      position = position + 1 === limiterDelaySamples ? 0 : position + 1;
      if (this.#gain < this.#lowestGain) this.#lowestGain = this.#gain;
    }
    this.#position = position;
    if (this.#gain >= restGain && gains.every((gain) => gain >= restGain)) this.#rest();
    // Adding and taking away for hours would gather rounding errors.
    else this.#gainSum = gains.reduce((sum, gain) => sum + gain, 0);
  }

  #smallestWish(wish: number): number {
    const mask = wishes - 1;
    this.#now += 1;
    while (this.#tail > this.#head && (this.#wish[(this.#tail - 1) & mask] ?? 0) >= wish) this.#tail -= 1;
    this.#wish[this.#tail & mask] = wish;
    this.#wishAt[this.#tail & mask] = this.#now;
    this.#tail += 1;
    if ((this.#wishAt[this.#head & mask] ?? 0) < this.#now - limiterDelaySamples) this.#head += 1;
    return this.#wish[this.#head & mask] ?? 1;
  }

  #rest(): void {
    this.#limiting = false;
    this.#gains.fill(1);
    this.#gainSum = limiterDelaySamples;
    this.#gain = 1;
    this.#head = 0;
    this.#tail = 0;
    this.#now = 0;
  }

  /** The lowest gain since the last call, 1 when it never limited. */
  takeLowestGain(): number {
    const lowest = this.#lowestGain;
    this.#lowestGain = 1;
    return lowest;
  }

  /** Goes on exactly as `other` would: same sound waiting, same gain. */
  copyFrom(other: PeakLimiter): void {
    this.#delay.set(other.#delay);
    this.#gains.set(other.#gains);
    this.#wish.set(other.#wish);
    this.#wishAt.set(other.#wishAt);
    this.#position = other.#position;
    this.#gain = other.#gain;
    this.#gainSum = other.#gainSum;
    this.#limiting = other.#limiting;
    this.#head = other.#head;
    this.#tail = other.#tail;
    this.#now = other.#now;
  }
}

function peak(samples: Float32Array): number {
  let highest = 0;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- `of` takes five times as long on typed arrays (5 us a tick, V8 11.3)
  for (let i = 0; i < samples.length; i += 1) {
    const size = Math.abs(samples[i] ?? 0);
    if (size > highest) highest = size;
  }
  return highest;
}
