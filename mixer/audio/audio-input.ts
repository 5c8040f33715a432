import type { AudioPacket } from '../protocol.js';
import { rampSamples, tickSamples, tickUs as tickLengthUs } from './audio-format.js';
import { energy, LevelMeter, levelDbov } from './level-meter.js';
import { OpusDecoder } from './opus-decoder.js';
import { PlayoutBuffer } from './playout-buffer.js';
import { SoundBlock } from './sound-block.js';
import { rampGain } from './splice.js';
import { isLoud, TalkGate } from './talk-gate.js';

export interface AudioInputOptions {
  readonly participantId: string;
  readonly onFault: (participantId: string, message: string) => void;
}

/**
 * One participant's way into the mix: playout buffer, decoder, gate. Each tick he is either decoded and mixed, or his packets pass by time.
 * Who sends RFC 6464 levels is not even decoded while he is silent; who does not must be decoded for his level to be known, and is only left out of the mix.
 */
export class AudioInput {
  readonly participantId: string;
  readonly #block = new SoundBlock();
  /** This tick's sound as it was mixed, ramps included. Valid while `tick` answered true. */
  readonly samples = this.#block.left;
  readonly #onFault: AudioInputOptions['onFault'];
  readonly #playout = new PlayoutBuffer();
  readonly #gate = new TalkGate();
  readonly #meter = new LevelMeter();
  #decoder: OpusDecoder | undefined;
  #sendsLevels = false;
  #mixed = false;
  #restarts = 0;
  #undecodable = 0;
  #closed = false;

  constructor({ participantId, onFault }: AudioInputOptions) {
    this.participantId = participantId;
    this.#onFault = onFault;
  }

  /** Until it resolves the participant's packets pass unheard. Never rejects. */
  async open(): Promise<void> {
    try {
      const decoder = await OpusDecoder.create();
      if (this.#closed) decoder.close();
      else this.#decoder = decoder;
    } catch (error) {
      this.#onFault(this.participantId, `no Opus decoder: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  push(packet: AudioPacket): void {
    this.#sendsLevels = packet.levelDbov !== undefined;
    this.#playout.push(packet);
    if (this.#playout.counters.restarts !== this.#restarts) {
      this.#restarts = this.#playout.counters.restarts;
      this.#gate.reset();
    }
    if (packet.levelDbov !== undefined && isLoud(packet.levelDbov)) this.#gate.heardLoud(packet.ptsUs + tickLengthUs);
  }

  /**
   * @param wanted whether anybody listens at all
   * @returns whether `samples` belong into the mix
   */
  tick(tickUs: number, wanted: boolean): boolean {
    const decoder = wanted ? this.#decoder : undefined;
    if (decoder === undefined || (this.#sendsLevels && !this.#mixed && !this.#isOpen(tickUs))) {
      this.#playout.pass(tickUs);
      this.#mixed = false;
      return false;
    }
    this.#playout.pull(tickUs, this.#block, decoder);
    this.#reportUndecodable(decoder);
    if (!this.#sendsLevels) this.#measure(tickUs);
    return this.#ramp(this.#isOpen(tickUs));
  }

  /** The last tick of one who leaves: what he was saying fades out. */
  lastTick(tickUs: number): boolean {
    if (this.#decoder === undefined || !this.#mixed) return false;
    this.#playout.pull(tickUs, this.#block, this.#decoder);
    return this.#ramp(false);
  }

  /** Into the mix and out of it over 5 ms. */
  #ramp(open: boolean): boolean {
    const before = this.#mixed;
    this.#mixed = open;
    if (open !== before) rampGain(this.samples, before ? 1 : 0, open ? 1 : 0, rampSamples);
    return open || before;
  }

  #measure(tickUs: number): void {
    const energySum = energy(this.samples);
    this.#meter.add(energySum, tickSamples);
    if (isLoud(levelDbov(energySum, tickSamples))) this.#gate.heardLoud(this.#playingUs(tickUs) + tickLengthUs);
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
    this.#onFault(this.participantId, decoder.lastError);
  }

  skipTo(tickUs: number): void {
    this.#playout.skipTo(tickUs);
    this.#mixed = false;
  }

  /** What was measured since the last reading; undefined for those who send their level, and where nothing was decoded. */
  takeMeasuredLevelDbov(): number | undefined {
    return this.#meter.take();
  }

  /** Capture to mix, in microseconds, smoothed; undefined before the first packet. */
  get delayUs(): number | undefined {
    return this.#playout.delayUs;
  }

  requestMinimumDelay(delayUs: number): void {
    this.#playout.requestMinimumDelay(delayUs);
  }

  stats(): Record<string, unknown> {
    return {
      ...this.#playout.counters,
      mixed: this.#mixed,
      sendsLevels: this.#sendsLevels,
      delayUs: this.#playout.delayUs,
      waitingUs: this.#playout.waitingUs,
      targetUs: this.#playout.targetUs(),
      queuedUs: this.#playout.queuedUs,
    };
  }

  close(): void {
    this.#closed = true;
    this.#decoder?.close();
    this.#decoder = undefined;
  }
}
