import { rampSamples, samplesToUs } from './audio-format.js';
import { soundEnergy } from './channels.js';
import type { SoundDecoder } from './opus-decoder.js';
import { ResamplingFifo } from './resampling-fifo.js';
import type { Sound, SoundBlock } from './sound-block.js';
import { rampSound } from './splice.js';

/** Concealment is believable for one packet, then it fades and ends here: longer ones are heard as a robot's voice. */
const concealMostUs = 100_000;
const concealFullUs = 20_000;
/**
 * A sender who rests (DTX) sends a packet each 400 ms, and what the decoder makes up in between is the noise of his room: it is believable, and silence in its place would
 * be heard as a pump. Who sends nothing for longer than two of them is gone.
 */
const comfortMostUs = 1_000_000;

/** The sound of one sender that is about to be heard: real sound fades in over 5 ms after silence, concealment fades out into it. */
export class PlayoutLine {
  readonly #fifo = new ResamplingFifo();
  #gain = 0;
  #concealedUs = 0;

  /** Nothing sounds any more at its end: what comes next may be put at any time. */
  get silent(): boolean {
    return this.#gain === 0;
  }

  /** What sounds at its end was made up. */
  get concealing(): boolean {
    return this.#concealedUs > 0 && this.#gain > 0;
  }

  /** How long it lasts at speed 1, in microseconds, not rounded. */
  get availableUs(): number {
    return this.#fifo.availableUs;
  }

  canRead(count: number, speed: number): boolean {
    return this.#fifo.canRead(count, speed);
  }

  read(out: SoundBlock, speed: number): void {
    this.#fifo.read(out, speed);
  }

  /** @param sound is changed: the ramp is put on it */
  addSound(sound: Sound): void {
    rampSound(sound, this.#gain, 1, Math.min(rampSamples, sound.left.length));
    this.#gain = 1;
    this.#concealedUs = 0;
    this.#fifo.write(sound);
  }

  addSilence(count: number): void {
    this.#gain = 0;
    this.#fifo.writeSilence(count);
  }

  /**
   * Goes on with what the decoder makes up, or with silence once that has lasted long enough.
   * @param rests whether the sender said himself that nothing is to come
   * @returns how much was made up, in microseconds
   */
  addConcealment(count: number, decoder: SoundDecoder, rests: boolean): number {
    const sound = this.#gain === 0 ? undefined : decoder.conceal(count);
    if (sound === undefined || !Number.isFinite(soundEnergy(sound))) {
      this.addSilence(count);
      return 0;
    }
    const lengthUs = samplesToUs(sound.left.length);
    this.#concealedUs += lengthUs;
    const share = (this.#concealedUs - concealFullUs - (rests ? comfortMostUs : 0)) / (concealMostUs - concealFullUs);
    const gain = Math.min(this.#gain, 1 - Math.min(1, Math.max(0, share)));
    rampSound(sound, this.#gain, gain, sound.left.length);
    this.#gain = gain;
    this.#fifo.write(sound);
    return lengthUs;
  }

  /** Forgets what was to be heard, at once. */
  clear(): void {
    this.#fifo.clear();
    this.#gain = 0;
    this.#concealedUs = 0;
  }
}
