/**
 * Whether somebody spoke in the last 400 ms, to tell loudness of speech from loudness of anything else. Speech is voiced (it repeats with the pitch, which noise,
 * keys and doors do not) and comes in syllables (its loudness moves, which that of hum, fans and tones does not). Both together are asked for, and a whisper is
 * not found: whoever uses this holds still then.
 */
import { sampleRateHz, tickSamples } from './audio-format.js';
import { lufsOfPower } from './k-weighting.js';

/** 400 ms: two syllables, and the gating block of BS.1770. */
const windowTicks = 20;
/** 100 ms. Slow, clear speech is voiced two thirds of the time. */
const leastVoicedTicks = 5;
/** Between the loudest and the quietest tick of the window. Noise of any colour stays below 3, a syllable's edge is above 10; room for noise behind speech. */
const leastSpreadLu = 6;
/** Nobody speaks as softly as this into a microphone, and what he says could not be brought up by 20 dB to be understood. */
const quietBelowLufs = -60;

/** 4 kHz hold the pitch and its first harmonics. */
const thinning = 12;
const thinTick = tickSamples / thinning;
/** 40 ms are compared with what came before: two periods of the deepest voice. */
const compared = 2 * thinTick;
const kept = 3 * thinTick;
/** 400 down to 70 Hz. */
const shortestLag = Math.round(sampleRateHz / thinning / 400);
const longestLag = Math.round(sampleRateHz / thinning / 70);
/** Of 1. White noise reaches 0.35 at its best lag, voiced speech 0.7 and more, 0.5 with noise 10 dB below it. */
const leastLikeness = 0.5;

export class SpeechDetector {
  readonly #thin = new Float64Array(kept);
  readonly #lufs = new Float64Array(windowTicks).fill(Number.NEGATIVE_INFINITY);
  readonly #voiced = new Uint8Array(windowTicks);
  #lastMean = 0;
  #at = 0;

  /** One tick. @param left 960 samples; of stereo one side is enough @param power K-weighted mean power of the tick */
  add(left: Float32Array, power: number): void {
    this.#thinOut(left);
    const lufs = lufsOfPower(power);
    this.#lufs[this.#at] = lufs;
    this.#voiced[this.#at] = lufs >= quietBelowLufs && this.#repeats() ? 1 : 0;
    this.#at = (this.#at + 1) % windowTicks;
  }

  get isSpeech(): boolean {
    let voiced = 0;
    let loudest = Number.NEGATIVE_INFINITY;
    let quietest = Number.POSITIVE_INFINITY;
    for (let tick = 0; tick < windowTicks; tick += 1) {
      const lufs = this.#lufs[tick] ?? 0;
      voiced += this.#voiced[tick] ?? 0;
      if (lufs > loudest) loudest = lufs;
      if (lufs < quietest) quietest = lufs;
    }
    return voiced >= leastVoicedTicks && loudest - quietest >= leastSpreadLu;
  }

  /** Means of 12 samples, and of those the differences: without them rumble and the roll-off of voices would resemble themselves at any lag. */
  #thinOut(samples: Float32Array): void {
    const thin = this.#thin;
    thin.copyWithin(0, thinTick);
    let last = this.#lastMean;
    for (let i = 0; i < thinTick; i += 1) {
      let mean = 0;
      for (let tap = 0; tap < thinning; tap += 1) mean += samples[i * thinning + tap] ?? 0;
      thin[kept - thinTick + i] = mean - last;
      last = mean;
    }
    this.#lastMean = last;
  }

  /** Whether the last 40 ms resemble what was one pitch period before. */
  #repeats(): boolean {
    const thin = this.#thin;
    const from = kept - compared;
    let here = 0;
    let there = 0;
    for (let i = from; i < kept; i += 1) here += (thin[i] ?? 0) ** 2;
    for (let i = from - shortestLag; i < kept - shortestLag; i += 1) there += (thin[i] ?? 0) ** 2;
    for (let lag = shortestLag; lag <= longestLag; lag += 1) {
      let product = 0;
      for (let i = from; i < kept; i += 1) product += (thin[i] ?? 0) * (thin[i - lag] ?? 0);
      if (product > 0 && product * product >= leastLikeness * leastLikeness * here * there) return true;
      // The next lag's stretch begins one sample earlier and ends one earlier.
      there += (thin[from - lag - 1] ?? 0) ** 2 - (thin[kept - lag - 1] ?? 0) ** 2;
    }
    return false;
  }
}
