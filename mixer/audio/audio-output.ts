import { tickSamples } from './audio-format.js';
import { LossHold } from './loss-hold.js';
import { opusSilencePacket } from './opus-packet.js';
import { limiterDelaySamples, PeakLimiter } from './peak-limiter.js';
import { SoundBlock, type Sound } from './sound-block.js';

/** What an output needs of an encoder. */
export interface SoundEncoder {
  /** @param sound 960 samples at 48 kHz @returns one Opus packet that nobody else holds; throws when it cannot */
  encode(sound: Sound): Uint8Array;
  close(): void;
}

export interface AudioOutputOptions {
  readonly channels: 1 | 2;
  /** What an encoder reckons with when nobody has reported more. */
  readonly leastLossPercent: number;
  readonly createEncoder: (lossPercent: number) => SoundEncoder;
  readonly onFault: (message: string) => void;
}

/** A sample given to an output leaves its packet this many samples later than its tick says (the encoder's own 312 samples come on top). */
export const outputDelaySamples = limiterDelaySamples;

/**
 * Digital silence is encoded this long before a constant packet takes its place: listeners' decoders and our encoder then stand at the same silence,
 * and going on is seamless. A room in which nobody speaks costs no encode.
 */
const encodedSilenceTicks = 10;

/**
 * What was sent lately, to let another encoder catch up with this one: 100 ms. Measured on the decoded stream, error against signal in the 30 ms after
 * a switch, median (speech at 48 kbps): -10.8 dB, as without a switch; with a fresh encoder -4.2 and, at worst, +8.7. Steady tones overshoot all the
 * same: the two agree on those only after about a second.
 */
const historyTicks = 5;

/** An encoder that fails is opened anew, but not with each tick. */
const retryTicks = 50;

/** One stream of sound: limiter, then encoder. Gapless: each call makes one packet of 20 ms, silence when all else fails. */
export class AudioOutput {
  readonly #options: AudioOutputOptions;
  readonly #limiter = new PeakLimiter();
  readonly #history = Array.from({ length: historyTicks }, () => new SoundBlock());
  #newest = 0;
  #encoder: SoundEncoder | undefined;
  #loss: LossHold;
  #silentTicks = 0;
  #ticksToRetry = 0;
  #encodes = 0;
  #closed = false;

  constructor(options: AudioOutputOptions, lossPercent: number) {
    this.#options = options;
    this.#loss = new LossHold(lossPercent);
  }

  /**
   * Makes this stream a continuation of `other`, which its listener has had until now: the limiter goes on where that one stands, and the encoder is
   * first given what that one encoded last, so that it predicts from the same past as the listener's decoder. Costs five encodes.
   */
  continueFrom(other: AudioOutput): void {
    this.#limiter.copyFrom(other.#limiter);
    this.#silentTicks = other.#silentTicks;
    this.#repeat(other);
  }

  #repeat(other: AudioOutput): void {
    const past = Array.from({ length: historyTicks }, (_, i) => other.#history[(other.#newest + 1 + i) % historyTicks]);
    for (const sound of past) {
      if (sound === undefined) continue;
      if (other !== this) this.#remember().copyFrom(sound);
      this.#encode(sound);
    }
  }

  #remember(): SoundBlock {
    this.#newest = (this.#newest + 1) % historyTicks;
    const slot = this.#history[this.#newest];
    if (slot === undefined) throw new Error('The history ring has no such place.');
    return slot;
  }

  get lossPercent(): number {
    return this.#loss.percent;
  }

  /** Reckons with what its listeners lose, and for a while with what they lost. @returns whether that changed the encoder */
  followLoss(lossPercent: number, tickUs: number): boolean {
    const before = this.#loss.percent;
    if (this.#loss.follow(lossPercent, tickUs) === before) return false;
    this.#goOnAnew();
    return true;
  }

  /** As the stream that it is in step with. */
  expectLoss(lossPercent: number): void {
    if (lossPercent === this.#loss.percent) return;
    this.#loss = new LossHold(lossPercent);
    this.#goOnAnew();
  }

  /** With an encoder for the loss of now. Costs five encodes, and none in silence. */
  #goOnAnew(): void {
    if (this.#encoder === undefined) return;
    this.#encoder.close();
    this.#encoder = undefined;
    if (!this.#isSilent) this.#repeat(this);
  }

  get #isSilent(): boolean {
    return this.#silentTicks > encodedSilenceTicks;
  }

  /** @param sound of any size: the limiter brings it below full scale */
  process(sound: SoundBlock): Uint8Array {
    const limited = this.#remember();
    this.#limiter.processBlock(sound, limited);
    this.#silentTicks = isSilence(limited) ? this.#silentTicks + 1 : 0;
    if (this.#isSilent) return this.#silence();
    return this.#encode(limited) ?? this.#silence();
  }

  #silence(): Uint8Array {
    return opusSilencePacket(this.#options.channels);
  }

  #encode(sound: SoundBlock): Uint8Array | undefined {
    if (this.#closed) throw new Error('An audio output was used after it was closed.');
    if (this.#ticksToRetry > 0) {
      this.#ticksToRetry -= 1;
      return undefined;
    }
    try {
      this.#encoder ??= this.#options.createEncoder(this.#loss.percent);
      const packet = this.#encoder.encode(sound.sound);
      this.#encodes += 1;
      return packet;
    } catch (error) {
      this.#encoder?.close();
      this.#encoder = undefined;
      this.#ticksToRetry = retryTicks;
      this.#options.onFault(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  get encodes(): number {
    return this.#encodes;
  }

  /** The lowest gain of the limiter since the last call; 1: it had nothing to do. */
  takeLowestGain(): number {
    return this.#limiter.takeLowestGain();
  }

  close(): void {
    this.#closed = true;
    this.#encoder?.close();
    this.#encoder = undefined;
  }
}

function isSilence({ left, right, isStereo }: SoundBlock): boolean {
  for (let i = 0; i < tickSamples; i += 1) if (left[i] !== 0) return false;
  if (isStereo) for (let i = 0; i < tickSamples; i += 1) if (right[i] !== 0) return false;
  return true;
}
