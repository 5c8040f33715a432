import { samplesToUs } from './audio-format.js';
import type { Sound, SoundBlock } from './sound-block.js';

/**
 * Sound in, sound out at a speed very near to 1: how a sender's clock is brought to the room's. The second channel is kept for as long as something stereo
 * can still be heard; mono after it is then in both.
 *
 * The read position moves continuously through the sound, so a change of speed never clicks. At speed 1 it comes to rest on a whole sample and
 * then copies: sound whose clock needs no correction passes bit by bit. Between samples a windowed sinc over 16 samples interpolates
 * (straight lines would dull and flutter everything above 8 kHz). For |speed - 1| up to 1 %, no more: no low-pass is moved.
 */

/** 120 ms, the longest packet, on top of a tick and a concealment that may wait already; a power of two for no reason but habit. */
const capacity = 16_384;

const taps = 16;
/** Samples the kernel reads before the position (history) and from it on. */
const tapsBefore = taps / 2 - 1;
const tapsAhead = taps / 2;
/** Positions between two samples. The nearest is taken: an error of 1/2048 sample, -72 dB of a tone of 4 kHz, and only while a correction runs. */
const phases = 1024;
/** Kaiser window: side lobes at -80 dB. */
const kaiserBeta = 8;

function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 30; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function makeKernel(): Float32Array {
  const kernel = new Float32Array((phases + 1) * taps);
  const row = new Float64Array(taps);
  for (let phase = 0; phase <= phases; phase += 1) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      const x = tap - tapsBefore - phase / phases;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      const edge = 1 - (x / tapsAhead) ** 2;
      row[tap] = edge <= 0 ? 0 : (sinc * besselI0(kaiserBeta * Math.sqrt(edge))) / besselI0(kaiserBeta);
      sum += row[tap] ?? 0;
    }
    // Each phase with a sum of exactly one: a steady signal must not flutter with the position.
    for (let tap = 0; tap < taps; tap += 1) kernel[phase * taps + tap] = (row[tap] ?? 0) / sum;
  }
  return kernel;
}

const kernel = makeKernel();

export class ResamplingFifo {
  readonly #left = new Float32Array(capacity);
  /** Made when it is needed first: most senders never do. */
  #right: Float32Array | undefined;
  /** Where the last stereo sound ends; the second channel means something as long as that can still be read. */
  #stereoEnd = Number.NEGATIVE_INFINITY;
  /** The sample at or before the read position; the kernel's history lies before it. */
  #start = tapsBefore;
  #end = tapsBefore;
  /** How far the read position is beyond `#start`, 0 up to 1. */
  #fraction = 0;
  /** The last speed that was not 1: it carries the position on to the next whole sample. */
  #lastSpeed = 1;

  /** How long the samples last that can be read at speed 1, in microseconds, not rounded. */
  get availableUs(): number {
    return samplesToUs(Math.max(0, this.#end - this.#start - this.#fraction));
  }

  /** Whether `count` samples can be read at `speed`. */
  canRead(count: number, speed: number): boolean {
    const rate = Math.max(speed, this.#fraction === 0 ? 1 : this.#lastSpeed);
    return this.#end - this.#start >= Math.ceil(count * rate) + tapsAhead + 1;
  }

  /** @throws {RangeError} when it holds too much: the writer is to write only what is about to be read */
  write({ left, right }: Sound): void {
    const at = this.#reserve(left.length);
    this.#left.set(left, at);
    if (right !== undefined) {
      this.#beginStereo(at).set(right, at);
      this.#stereoEnd = this.#end;
    } else if (this.#isStereo) {
      this.#right?.set(left, at);
    }
  }

  writeSilence(count: number): void {
    const at = this.#reserve(count);
    this.#left.fill(0, at, this.#end);
    this.#right?.fill(0, at, this.#end);
  }

  get #isStereo(): boolean {
    return this.#stereoEnd > this.#start - tapsBefore;
  }

  /** @param until where the first stereo sample is to go: all before it that can still be read is in both channels */
  #beginStereo(until: number): Float32Array {
    const wasStereo = this.#isStereo;
    this.#right ??= new Float32Array(capacity);
    const from = this.#start - tapsBefore;
    if (!wasStereo) this.#right.set(this.#left.subarray(from, until), from);
    return this.#right;
  }

  /** @returns where it begins */
  #reserve(count: number): number {
    if (this.#end + count > capacity) {
      const from = this.#start - tapsBefore;
      this.#left.copyWithin(0, from, this.#end);
      this.#right?.copyWithin(0, from, this.#end);
      this.#start -= from;
      this.#end -= from;
      this.#stereoEnd -= from;
    }
    if (this.#end + count > capacity) throw new RangeError(`No room for ${count} more samples.`);
    this.#end += count;
    return this.#end - count;
  }

  /** Fills `out`; `canRead` must have said yes. */
  read(out: SoundBlock, speed: number): void {
    out.isStereo = this.#isStereo;
    const right = out.isStereo ? this.#right : undefined;
    const start = this.#start;
    const fraction = this.#fraction;
    if (speed !== 1) this.#lastSpeed = speed;
    this.#readChannel(this.#left, out.left, speed);
    if (right === undefined) return;
    this.#start = start;
    this.#fraction = fraction;
    this.#readChannel(right, out.right, speed);
  }

  /** Moves the position on. */
  #readChannel(samples: Float32Array, out: Float32Array, speed: number): void {
    const done = speed !== 1 || this.#fraction !== 0 ? this.#interpolate(samples, out, speed) : 0;
    if (done === out.length) return;
    out.set(samples.subarray(this.#start, this.#start + out.length - done), done);
    this.#start += out.length - done;
  }

  /** Answers how many samples it made: less than all of them when it came to rest on a whole sample. */
  #interpolate(samples: Float32Array, out: Float32Array, speed: number): number {
    const resting = speed === 1;
    const step = resting ? this.#lastSpeed : speed;
    const near = Math.abs(step - 1);
    let start = this.#start;
    let fraction = this.#fraction;
    let done = 0;
    while (done < out.length && !(resting && fraction === 0)) {
      const row = Math.round(fraction * phases) * taps;
      const first = start - tapsBefore;
      let sum = 0;
      for (let tap = 0; tap < taps; tap += 1) sum += (samples[first + tap] ?? 0) * (kernel[row + tap] ?? 0);
      out[done] = sum;
      done += 1;
      fraction += step;
      const whole = Math.floor(fraction);
      start += whole;
      fraction -= whole;
      if (resting && fraction <= near) fraction = 0;
      else if (resting && fraction >= 1 - near) {
        fraction = 0;
        start += 1;
      }
    }
    this.#start = start;
    this.#fraction = fraction;
    return done;
  }

  clear(): void {
    this.#left.fill(0, 0, tapsBefore);
    this.#start = tapsBefore;
    this.#end = tapsBefore;
    this.#fraction = 0;
    this.#stereoEnd = Number.NEGATIVE_INFINITY;
  }
}
