/**
 * Brings everyone toward one loudness: what his speech measures after ITU-R BS.1770-5 decides over a gain that moves slowly, only while he speaks, and within
 * bounds. It answers with the gain; whoever owns the samples multiplies (`VoiceChain`).
 *
 * - Only speech counts (`SpeechDetector`): silence, hum, fans, keys and doors leave the gain where it is, and so do pauses of any length.
 * - The measure forgets in ten seconds of speech. Somebody who moves to or from the microphone is no longer who was measured: when the last 3 s of speech are
 *   far from the measure it begins anew with those, and the gain follows.
 * - Not covered: whispering (not found to be speech), the noise behind quiet speech, which is raised with it (that is what noise suppression is for), a radio.
 */
import { GatedLoudness } from './gated-loudness.js';
import { lufsOfPower } from './k-weighting.js';
import { LoudnessMeter } from './loudness-meter.js';
import { SpeechDetector } from './speech-detector.js';

/**
 * Peaks of speech stand 14 to 18 dB above its loudness: at -20 a lone talker stays below the limiter's ceiling, at -16 (what podcasts use) every stressed syllable
 * would meet it. Below -23 (broadcast) listeners on small speakers turn up and then hear the chimes and the noise too. Mono at -20 from two loudspeakers is
 * what stereo calls -17, where streamed speech lies (AES TD1008: -18).
 */
export const levelTargetLufs = -20;

/** Further up the room's noise comes with the voice; further down nothing is recorded without being cut off already. */
const mostGainDb = 20;

/** In gating blocks, ten a second, of speech: long enough that a word at twice the size moves the measure by no more than 2 dB. */
const memoryBlocks = 100;
/** 0.6 s of speech before the gain moves: less is one word, or what only looked like one. */
const leastBlocks = 6;
/** The first 3 s of speech, in which nobody knows yet how loud he is meant to be. */
const startBlocks = 30;
/** 3 s and 6 LU: phrases of one talker differ by less, a head that turns to the microphone or an arm that reaches away makes more. */
const recentBlocks = 30;
const movedLu = 6;

const startDbPerSecond = 15;
/** Slower than a phrase is long, so that its melody stays; too loud is mended sooner than too soft. */
const riseDbPerSecond = 3;
const fallDbPerSecond = 6;
/** When it is switched off: back to 1 in less than a second, without a jump. */
const offDbPerSecond = 25;
const ticksPerSecond = 50;

export class Leveller {
  readonly #meter = new LoudnessMeter();
  readonly #speech = new SpeechDetector();
  readonly #gated = new GatedLoudness(memoryBlocks);
  readonly #recent = new Float64Array(recentBlocks);
  #recentAt = 0;
  #recentCount = 0;
  #blocks = 0;
  #speaks = false;
  #gainDb = 0;
  #moves = 0;

  /** One tick of his sound. @param left 960 samples @param right of stereo @returns the gain at the end of this tick; from the last one it moves in a straight line */
  follow(left: Float32Array, right: Float32Array | undefined): number {
    const blockEnds = this.#meter.add(left, right);
    this.#speech.add(left, this.#meter.tickPower);
    // Both sides of stereo together are heard as loud as mono of half their power (`LoudnessMeter`).
    if (blockEnds) this.#count(this.#meter.momentaryPower * (right === undefined ? 1 : 0.5));
    if (this.#speaks) this.#move();
    return this.gain;
  }

  /** One tick while it is switched off: the gain goes back to exactly 1, and the measure is forgotten. */
  rest(): number {
    if (this.#blocks > 0) this.#forget();
    this.#gainDb = step(this.#gainDb, 0, offDbPerSecond, offDbPerSecond);
    return this.gain;
  }

  #count(power: number): void {
    this.#speaks = this.#speech.isSpeech;
    if (!this.#speaks) return;
    this.#blocks += 1;
    this.#gated.add(power);
    this.#recent[this.#recentAt] = power;
    this.#recentAt = (this.#recentAt + 1) % recentBlocks;
    this.#recentCount = Math.min(recentBlocks, this.#recentCount + 1);
    if (this.#recentCount === recentBlocks && this.#hasMoved()) this.#measureAnew();
  }

  #hasMoved(): boolean {
    let sum = 0;
    for (let block = 0; block < recentBlocks; block += 1) sum += this.#recent[block] ?? 0;
    const lufs = this.#gated.lufs;
    return lufs !== undefined && Math.abs(lufsOfPower(sum / recentBlocks) - lufs) > movedLu;
  }

  #measureAnew(): void {
    this.#moves += 1;
    this.#gated.clear();
    for (let block = 0; block < recentBlocks; block += 1) this.#gated.add(this.#recent[(this.#recentAt + block) % recentBlocks] ?? 0);
  }

  #move(): void {
    const lufs = this.#gated.lufs;
    if (lufs === undefined || this.#gated.blocks < leastBlocks) return;
    const wantedDb = Math.max(-mostGainDb, Math.min(mostGainDb, levelTargetLufs - lufs));
    if (this.#blocks <= startBlocks) this.#gainDb = step(this.#gainDb, wantedDb, startDbPerSecond, startDbPerSecond);
    else this.#gainDb = step(this.#gainDb, wantedDb, riseDbPerSecond, fallDbPerSecond);
  }

  #forget(): void {
    this.#gated.clear();
    this.#recentCount = 0;
    this.#blocks = 0;
    this.#speaks = false;
  }

  /** As a factor; exactly 1 at 0 dB. */
  get gain(): number {
    return this.#gainDb === 0 ? 1 : 10 ** (this.#gainDb / 20);
  }

  get gainDb(): number {
    return this.#gainDb;
  }

  /** Of his speech as it comes in, of a mono listener's channel; undefined before he spoke. */
  get speechLufs(): number | undefined {
    return this.#gated.lufs;
  }

  /** How often he was found to be somewhere else than before. */
  get moves(): number {
    return this.#moves;
  }
}

/** One tick's way from one gain to another. */
function step(fromDb: number, toDb: number, risePerSecond: number, fallPerSecond: number): number {
  const wayDb = toDb - fromDb;
  return fromDb + Math.max(-fallPerSecond / ticksPerSecond, Math.min(risePerSecond / ticksPerSecond, wayDb));
}
