import type { AudioMode, AudioPacket, VoiceSettings } from '../protocol.js';
import { rampSamples, samplesToUs, silenceDbov, tickSamples, tickUs as tickLengthUs } from './audio-format.js';
import { soundEnergy } from './channels.js';
import { LevelMeter, levelDbov } from './level-meter.js';
import { OpusDecoder } from './opus-decoder.js';
import { PlayoutBuffer } from './playout-buffer.js';
import { SoundBlock } from './sound-block.js';
import { rampSound } from './splice.js';
import { isLoud, TalkGate } from './talk-gate.js';
import type { Voice } from './tick-sound.js';
import { VoiceChain } from './voice-chain.js';

/** What may fail here. */
export type InputStage = 'opus decoder' | 'noise suppression';

export interface AudioInputOptions {
  readonly participantId: string;
  /** Stereo is kept for `music`, and mixed down for `voice`. */
  readonly mode: AudioMode;
  readonly onFault: (stage: InputStage, participantId: string, message: string) => void;
}

/** Until it is said otherwise. */
const usualVoice: VoiceSettings = { muted: false, gainDb: 0, levelled: true, noiseSuppressed: false };

/**
 * One participant's way into the mix: playout buffer, decoder, gate, voice chain. Each tick he is either decoded and mixed, or his packets pass by time.
 * Who sends RFC 6464 levels is not even decoded while he is silent or not selected; who does not must be decoded for his level to be known, and is only left
 * out of the mix. Who is muted or heard by nobody is not decoded.
 */
export class AudioInput implements Voice {
  readonly participantId: string;
  /** This tick's sound as it was mixed, ramps included. Valid while `mix` answered true. */
  readonly block = new SoundBlock();
  readonly #mode: AudioMode;
  readonly #onFault: AudioInputOptions['onFault'];
  readonly #playout = new PlayoutBuffer();
  readonly #gate = new TalkGate();
  readonly #meter = new LevelMeter();
  readonly #chain: VoiceChain;
  #decoder: OpusDecoder | undefined;
  #sendsLevels = false;
  #muted = false;
  #mixed = false;
  /** This tick is in `block` already. */
  #isPulled = false;
  /** As he says, or as it was measured when he was decoded last. */
  #claimedDbov = silenceDbov;
  #heardDbov = silenceDbov;
  #mixedDbov = silenceDbov;
  #restarts = 0;
  #undecodable = 0;
  #closed = false;

  constructor({ participantId, mode, onFault }: AudioInputOptions) {
    this.participantId = participantId;
    this.#mode = mode;
    this.#onFault = onFault;
    this.#chain = new VoiceChain({ mode, onFault: (message) => onFault('noise suppression', participantId, message) });
    this.voice = usualVoice;
  }

  /** Until it resolves the participant's packets pass unheard. Never rejects. */
  async open(): Promise<void> {
    try {
      const decoder = await OpusDecoder.create({ stereo: this.#mode === 'music' });
      if (this.#closed) decoder.close();
      else this.#decoder = decoder;
    } catch (error) {
      this.#onFault('opus decoder', this.participantId, `no Opus decoder: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  push(packet: AudioPacket): void {
    this.#sendsLevels = packet.levelDbov !== undefined;
    this.#playout.push(packet);
    if (this.#playout.counters.restarts !== this.#restarts) {
      this.#restarts = this.#playout.counters.restarts;
      this.#gate.reset();
    }
    if (packet.levelDbov === undefined) return;
    this.#claimedDbov = packet.levelDbov;
    if (isLoud(packet.levelDbov)) this.#gate.heardLoud(packet.ptsUs + tickLengthUs);
  }

  set voice(voice: VoiceSettings) {
    this.#muted = voice.muted;
    // Until noise suppression is there, he is heard without.
    void this.#chain.set(voice);
  }

  /**
   * First half of a tick.
   *
   * @param isHeard whether anybody hears him, if he is mixed
   * @returns whether he has something to say
   */
  listen(tickUs: number, isHeard: boolean): boolean {
    this.#isPulled = false;
    if (this.#decoder === undefined || this.#muted || !isHeard) return false;
    if (!this.#sendsLevels) {
      this.#pull(tickUs, this.#decoder);
      this.#meter.add(this.#energy(tickUs), tickSamples);
    }
    return this.#isOpen(tickUs);
  }

  /** How loud he is before anything is done about it. What he says of himself counts until he is heard. */
  get loudnessDbov(): number {
    return this.#mixed || !this.#sendsLevels ? this.#heardDbov : this.#claimedDbov;
  }

  /** Second half of a tick. @returns whether `block` belongs into the mix */
  mix(tickUs: number, isSelected: boolean): boolean {
    const wasMixed = this.#mixed;
    const decoder = this.#decoder;
    this.#mixed = isSelected && decoder !== undefined;
    if (decoder === undefined || !(isSelected || wasMixed)) {
      if (!this.#isPulled) this.#playout.pass(tickUs);
      return false;
    }
    if (!this.#isPulled) {
      this.#pull(tickUs, decoder);
      this.#meter.add(this.#energy(tickUs), tickSamples);
    }
    if (!wasMixed) this.#chain.restart();
    this.#chain.process(this.block);
    // Into the mix and out of it over 5 ms.
    if (isSelected !== wasMixed) rampSound(this.block.sound, wasMixed ? 1 : 0, isSelected ? 1 : 0, rampSamples);
    this.#mixedDbov = levelDbov(soundEnergy(this.block.sound), tickSamples);
    return true;
  }

  /** Nobody listens at all. */
  pass(tickUs: number): void {
    this.#playout.pass(tickUs);
    this.#mixed = false;
  }

  #pull(tickUs: number, decoder: OpusDecoder): void {
    this.#playout.pull(tickUs, this.block, decoder);
    this.#isPulled = true;
    this.#reportUndecodable(decoder);
  }

  #energy(tickUs: number): number {
    const energy = soundEnergy(this.block.sound);
    this.#heardDbov = levelDbov(energy, tickSamples);
    if (!this.#sendsLevels && isLoud(this.#heardDbov)) this.#gate.heardLoud(this.#playingUs(tickUs) + tickLengthUs);
    return energy;
  }

  /** In the mix of this tick. */
  get levelDbov(): number {
    return this.#mixedDbov;
  }

  #isOpen(tickUs: number): boolean {
    return this.#gate.isOpen(this.#playingUs(tickUs));
  }

  #playingUs(tickUs: number): number {
    return tickUs - (this.#playout.delayUs ?? 0);
  }

  #reportUndecodable(decoder: OpusDecoder): void {
    const { undecodable } = this.#playout.counters;
    if (undecodable === this.#undecodable) return;
    this.#undecodable = undecodable;
    this.#onFault('opus decoder', this.participantId, decoder.lastError);
  }

  skipTo(tickUs: number): void {
    this.#playout.skipTo(tickUs);
    this.#mixed = false;
  }

  /** What was measured since the last reading, before anything is done about it; undefined where nothing was decoded. */
  takeMeasuredLevelDbov(): number | undefined {
    return this.#meter.take();
  }

  /** Capture to mix, noise suppression included, in microseconds, smoothed; undefined before the first packet. */
  get delayUs(): number | undefined {
    const { delayUs } = this.#playout;
    return delayUs === undefined ? undefined : delayUs + Math.round(samplesToUs(this.#chain.delaySamples));
  }

  requestMinimumDelay(delayUs: number): void {
    this.#playout.requestMinimumDelay(delayUs);
  }

  stats(): Record<string, unknown> {
    return {
      ...this.#playout.counters,
      mixed: this.#mixed,
      muted: this.#muted,
      sendsLevels: this.#sendsLevels,
      delayUs: this.#playout.delayUs,
      waitingUs: this.#playout.waitingUs,
      targetUs: this.#playout.targetUs(),
      queuedUs: this.#playout.queuedUs,
      voice: this.#chain.stats(),
    };
  }

  close(): void {
    this.#closed = true;
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#chain.close();
  }
}
