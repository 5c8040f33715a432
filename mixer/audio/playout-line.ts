import { rampSamples, samplesToUs } from './audio-format.js';
import { energy } from './level-meter.js';
import type { SoundDecoder } from './opus-decoder.js';
import { ResamplingFifo } from './resampling-fifo.js';
import { rampGain } from './splice.js';

/** Concealment is believable for one packet, then it fades and ends here: longer ones are heard as a robot's voice. */
const concealMostUs = 100_000;
const concealFullUs = 20_000;

/** The sound of one sender that is about to be heard: real sound fades in over 5 ms after silence, concealment fades out into it. */
export class PlayoutLine {
  readonly #fifo = new ResamplingFifo();
  #gain = 0;
  #concealedUs = 0;

  /** Nothing sounds any more at its end: what comes next may be put at any time. */
  get silent(): boolean {
    return this.#gain === 0;
  }

  /** How long it lasts at speed 1, in microseconds, not rounded. */
  get availableUs(): number {
    return this.#fifo.availableUs;
  }

  canRead(count: number, speed: number): boolean {
    return this.#fifo.canRead(count, speed);
  }

  read(out: Float32Array, speed: number): void {
    this.#fifo.read(out, speed);
  }

  /** @param samples are changed: the ramp is put on them */
  addSound(samples: Float32Array): void {
    rampGain(samples, this.#gain, 1, Math.min(rampSamples, samples.length));
    this.#gain = 1;
    this.#concealedUs = 0;
    this.#fifo.write(samples);
  }

  addSilence(count: number): void {
    this.#gain = 0;
    this.#fifo.writeSilence(count);
  }

  /** Goes on with what the decoder makes up, or with silence once that has lasted long enough. @returns how much was made up, in microseconds */
  addConcealment(count: number, decoder: SoundDecoder): number {
    const samples = this.#gain === 0 ? undefined : decoder.conceal(count);
    if (samples === undefined || !Number.isFinite(energy(samples))) {
      this.addSilence(count);
      return 0;
    }
    const lengthUs = samplesToUs(samples.length);
    this.#concealedUs += lengthUs;
    const share = (this.#concealedUs - concealFullUs) / (concealMostUs - concealFullUs);
    const gain = Math.min(this.#gain, 1 - Math.min(1, Math.max(0, share)));
    rampGain(samples, this.#gain, gain, samples.length);
    this.#gain = gain;
    this.#fifo.write(samples);
    return lengthUs;
  }

  /** Forgets what was to be heard, at once. */
  clear(): void {
    this.#fifo.clear();
    this.#gain = 0;
    this.#concealedUs = 0;
  }
}
