/**
 * A true-peak limiter that looks ahead: it turns the gain down before a peak arrives and back up slowly after it, so the curve through its output's samples never is
 * above the ceiling and no waveform is cut. Where nothing is above the ceiling it only delays, bit by bit.
 *
 * Each point of the curve (`true-peak.ts`) asks for a gain (ceiling / its height where that is below 1). The smallest wish within the look-ahead holds, comes back
 * exponentially, and is averaged: the average reaches the wish before the first sample arrives that shapes the point. It adds `limiterDelaySamples` of delay.
 * Left and right share one gain, or what is loud on one side would move the other.
 */
import { sampleRateHz, tickSamples } from './audio-format.js';
import type { SoundBlock } from './sound-block.js';
import { harmlessShare, scanTruePeaks, truePeakLagSamples, truePeakTaps } from './true-peak.js';

/** 3 ms: a gain that falls faster is heard as distortion of the attack; longer is delay for everybody. */
export const limiterDelaySamples = 144;

/**
 * -2.5 dBTP. What listeners hear has been through Opus, which gives back peaks up to 1.5 dB above what it was given (ten voices at full scale; 1.5 dB at 24 kbps, 1.3 at 48, 0.6 at 96): they are
 * to hear -1 and not clip. It also leaves room for what four points of a step miss: no meter reads more than -1 of anything that comes out.
 */
export const limiterCeiling = 0.75;

/** Shorter releases follow the waves of low voices and distort them, longer ones leave a hole after a door that slams. */
const releaseSeconds = 0.1;

const releaseShare = 1 - Math.exp(-1 / (releaseSeconds * sampleRateHz));
/** A gain this near to 1 (0.0001 dB) is 1: the limiter goes back to only delaying. */
const restGain = 1 - 1e-5;
/** A wish holds until the sample after its point has left, and is there in full before the first of the samples that shape it comes. */
const holdSamples = limiterDelaySamples + 1;
const averagedSamples = limiterDelaySamples - 2 * truePeakLagSamples + 1;
/** Holds the look-ahead's wishes; a power of two makes the ring's index a mask. */
const wishes = 256;

export class PeakLimiter {
  /** What waits to leave, then this tick's. */
  readonly #left = new Float32Array(limiterDelaySamples + tickSamples);
  readonly #right = new Float32Array(limiterDelaySamples + tickSamples);
  readonly #sizes = new Float32Array(tickSamples);
  readonly #gains = new Float64Array(averagedSamples).fill(1);
  #waitsStereo = false;
  #position = 0;
  #gain = 1;
  #gainSum = averagedSamples;
  #limiting = false;

  // A queue of wishes that grow from its head to its tail: the head is the smallest within the look-ahead.
  readonly #wish = new Float64Array(wishes);
  readonly #wishAt = new Float64Array(wishes);
  #head = 0;
  #tail = 0;
  #now = 0;
  #lowestGain = 1;

  /** One tick, mono or stereo from tick to tick: it stays stereo until the last of that has left. @param out may be the input */
  processBlock(input: SoundBlock, out: SoundBlock): void {
    const isStereo = input.isStereo || this.#waitsStereo;
    // Until now both sides were the same.
    if (isStereo && !this.#waitsStereo) this.#right.set(this.#left);
    this.#waitsStereo = input.isStereo;
    this.#left.set(input.left, limiterDelaySamples);
    if (isStereo) this.#right.set(input.isStereo ? input.right : input.left, limiterDelaySamples);
    out.isStereo = isStereo;
    const isAbove = this.#scan(isStereo);
    if (isAbove || this.#limiting) this.#limit(out);
    else {
      delayOnly(this.#left, out.left);
      if (isStereo) delayOnly(this.#right, out.right);
    }
    this.#left.copyWithin(0, tickSamples);
    if (isStereo) this.#right.copyWithin(0, tickSamples);
  }

  /** Finds where the curve is above the ceiling. Most ticks are over after one look at the samples. */
  #scan(isStereo: boolean): boolean {
    this.#sizes.fill(0);
    const left = mayReach(this.#left) ? scanTruePeaks(this.#left, limiterDelaySamples, tickSamples, limiterCeiling, this.#sizes) : 0;
    const right = isStereo && mayReach(this.#right) ? scanTruePeaks(this.#right, limiterDelaySamples, tickSamples, limiterCeiling, this.#sizes) : 0;
    return Math.max(left, right) > limiterCeiling;
  }

  #limit({ left, right, isStereo }: SoundBlock): void {
    this.#limiting = true;
    const gains = this.#gains;
    const sizes = this.#sizes;
    let position = this.#position;
    for (let i = 0; i < tickSamples; i += 1) {
      const size = sizes[i] ?? 0;
      const wish = this.#smallestWish(size > limiterCeiling ? limiterCeiling / size : 1);
      // In proportion to the gain: a deep one that came back as fast as a shallow one would follow the waves.
      this.#gain = Math.min(wish, this.#gain + this.#gain * (1 - this.#gain) * releaseShare);
      this.#gainSum += this.#gain - (gains[position] ?? 1);
      gains[position] = this.#gain;
      const average = this.#gainSum / averagedSamples;
      left[i] = (this.#left[i] ?? 0) * average;
      if (isStereo) right[i] = (this.#right[i] ?? 0) * average;
      position = position + 1 === averagedSamples ? 0 : position + 1;
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
    if ((this.#wishAt[this.#head & mask] ?? 0) < this.#now - holdSamples) this.#head += 1;
    return this.#wish[this.#head & mask] ?? 1;
  }

  #rest(): void {
    this.#limiting = false;
    this.#gains.fill(1);
    this.#gainSum = averagedSamples;
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
    this.#left.set(other.#left);
    this.#right.set(other.#right);
    this.#waitsStereo = other.#waitsStereo;
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

function delayOnly(line: Float32Array, out: Float32Array): void {
  for (let i = 0; i < tickSamples; i += 1) out[i] = line[i] ?? 0;
}

/** Whether any of the new samples, or of those before that still shape the curve, is large enough for it to reach the ceiling. */
function mayReach(line: Float32Array): boolean {
  const harmless = limiterCeiling * harmlessShare;
  for (let i = limiterDelaySamples - truePeakTaps + 1; i < line.length; i += 1) if (Math.abs(line[i] ?? 0) > harmless) return true;
  return false;
}
