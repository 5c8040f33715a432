import type { AudioMode, AudioPacket, MeasuredLevel, VoiceSettings } from '../protocol.js';
import { rampSamples, samplesToUs, silenceDbov, tickSamples, tickUs as tickLengthUs } from './audio-format.js';
import { soundEnergy } from './channels.js';
import { ClaimedLevel } from './claimed-level.js';
import { LevelMeter, levelDbov } from './level-meter.js';
import { NoiseFloor } from './noise-floor.js';
import { OpusDecoder } from './opus-decoder.js';
import { opusPacketSamples } from './opus-packet.js';
import { PlayoutBuffer } from './playout-buffer.js';
import { SoundBlock } from './sound-block.js';
import { rampSound } from './splice.js';
import { isLoud, standsOut, TalkGate } from './talk-gate.js';
import type { Voice } from './tick-sound.js';
import { VoiceChain } from './voice-chain.js';

/** What may fail here. Each is caught where it is called: what one sender's packets or settings bring about ends a stage of his, never the tick of all. */
export const inputStages = ['playout', 'opus decoder', 'noise suppression', 'levelling', 'voice chain'] as const;
export type InputStage = (typeof inputStages)[number];

export interface AudioInputOptions {
  readonly participantId: string;
  /** Stereo is kept for `music`, and mixed down for `voice`. */
  readonly mode: AudioMode;
  readonly onFault: (stage: InputStage, participantId: string, message: string) => void;
}

export type InputLevel = Omit<MeasuredLevel, 'participantId'>;

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
  /** Open while he is above the noise of his room. */
  readonly #voiceGate = new TalkGate();
  readonly #floor = new NoiseFloor();
  readonly #claims = new ClaimedLevel();
  readonly #meter = new LevelMeter();
  readonly #chain: VoiceChain;
  #decoder: OpusDecoder | undefined;
  #sendsLevels = false;
  #muted = false;
  #mixed = false;
  /** This tick is in `block` already. */
  #isPulled = false;
  #tickUs = 0;
  /** As it was measured when he was decoded last. */
  #heardDbov = silenceDbov;
  #mixedDbov = silenceDbov;
  /** As it was told last. */
  #toldCapDbov = 0;
  #toldFound = 0;
  #restarts = 0;
  #undecodable = 0;
  #closed = false;

  constructor({ participantId, mode, onFault }: AudioInputOptions) {
    this.participantId = participantId;
    this.#mode = mode;
    this.#onFault = onFault;
    this.#chain = new VoiceChain({ mode, onFault: (stage, message) => onFault(stage, participantId, message) });
    this.voice = usualVoice;
  }

  /** Until it resolves the participant's packets pass unheard. Never rejects. */
  async open(): Promise<void> {
    try {
      const decoder = await OpusDecoder.create({ stereo: this.#mode === 'music' });
      if (this.#closed) decoder.close();
      else this.#decoder = decoder;
    } catch (error) {
      this.#fault('opus decoder', error);
    }
  }

  #fault(stage: InputStage, error: unknown): void {
    this.#onFault(stage, this.participantId, error instanceof Error ? error.message : String(error));
  }

  push(packet: AudioPacket): void {
    this.#sendsLevels = packet.levelDbov !== undefined;
    try {
      this.#playout.push(packet);
    } catch (error) {
      this.#fault('playout', error);
      return;
    }
    if (this.#playout.counters.restarts !== this.#restarts) {
      this.#restarts = this.#playout.counters.restarts;
      this.#gate.reset();
      this.#voiceGate.reset();
    }
    if (packet.levelDbov === undefined) {
      this.#claims.beSilent();
      return;
    }
    this.#claims.claim(packet.levelDbov);
    this.#judge(packet.levelDbov, packet.ptsUs, Math.max(1, Math.round(opusPacketSamples(packet.data) / tickSamples)));
  }

  /** @param ticks that the level speaks for */
  #judge(dbov: number, capturedUs: number, ticks: number): void {
    const untilUs = capturedUs + tickLengthUs;
    if (isLoud(dbov)) this.#gate.heardLoud(untilUs);
    if (standsOut(dbov, this.#floor.levelDbov)) this.#voiceGate.heardLoud(untilUs);
    this.#floor.takeLevel(dbov, ticks);
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
    this.#tickUs = tickUs;
    if (this.#decoder === undefined || this.#muted || !isHeard) return false;
    if (!this.#sendsLevels) {
      this.#pull(tickUs, this.#decoder);
      this.#meter.add(this.#energy(tickUs), tickSamples);
    }
    return this.#isOpen(tickUs);
  }

  /** How loud he is before anything is done about it. What he says of himself counts until he is heard. */
  get loudnessDbov(): number {
    return this.#mixed || !this.#sendsLevels ? this.#heardDbov : this.#claims.believedDbov(this.#tickUs);
  }

  get isBackground(): boolean {
    return !this.#voiceGate.isOpen(this.#playingUs(this.#tickUs));
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
    this.#runChain(wasMixed);
    // Into the mix and out of it over 5 ms.
    if (isSelected !== wasMixed) rampSound(this.block.sound, wasMixed ? 1 : 0, isSelected ? 1 : 0, rampSamples);
    this.#mixedDbov = levelDbov(soundEnergy(this.block.sound), tickSamples);
    return true;
  }

  #runChain(goesOn: boolean): void {
    try {
      if (!goesOn) this.#chain.restart();
      this.#chain.process(this.block);
    } catch (error) {
      this.#fault('voice chain', error);
      this.block.clear();
    }
  }

  /** Nobody listens at all. */
  pass(tickUs: number): void {
    this.#playout.pass(tickUs);
    this.#mixed = false;
  }

  #pull(tickUs: number, decoder: OpusDecoder): void {
    try {
      this.#playout.pull(tickUs, this.block, decoder);
    } catch (error) {
      this.#fault('playout', error);
      this.block.clear();
    }
    this.#isPulled = true;
    this.#reportUndecodable(decoder);
  }

  #energy(tickUs: number): number {
    const energy = soundEnergy(this.block.sound);
    this.#heardDbov = levelDbov(energy, tickSamples);
    this.#claims.hear(this.#heardDbov, tickUs);
    if (!this.#sendsLevels) this.#judge(this.#heardDbov, this.#playingUs(tickUs), 1);
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

  /** What was measured since the last reading, before anything is done about it, and for how much his claims count; undefined where nothing was decoded and that is as before. */
  takeLevel(nowUs: number): InputLevel | undefined {
    const levelDbov = this.#meter.take();
    const capDbov = this.#claims.capDbov(nowUs);
    if (levelDbov === undefined && capDbov === this.#toldCapDbov) return undefined;
    this.#toldCapDbov = capDbov;
    this.#toldFound = this.#claims.found;
    return { levelDbov, capDbov };
  }

  /** His claims were found to be false, and nobody was told yet. */
  get isFoundOut(): boolean {
    return this.#claims.found !== this.#toldFound;
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
      falseLevels: this.#claims.found,
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
