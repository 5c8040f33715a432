import { OpusEncoder, type OpusEncoderOptions } from '../ffmpeg/opus-encoder.js';
import type { AudioListeners, AudioPacket, AudioSettings, EncodedAudio, Hearing, HeardVoice, MeasuredLevel, ReportedLoss, SoundOrder, VoiceSettings } from '../protocol.js';
import { tickSamples, tickUs as tickLengthUs } from './audio-format.js';
import { AudioInput, inputStages } from './audio-input.js';
import { AudioOutputs } from './audio-outputs.js';
import { OpusDecoder } from './opus-decoder.js';
import { SoundBlock } from './sound-block.js';
import { SoundBoard } from './sound-board.js';
import { TalkerSelection } from './talker-selection.js';
import type { PlayedSound, Voice } from './tick-sound.js';

export interface AudioEngineOptions {
  readonly settings: AudioSettings;
  /** Once a tick, inside `tick`, while anybody listens; the receiver owns the bytes. */
  readonly onEncoded: (audio: EncodedAudio) => void;
  /** Each 100 ms those who are decoded, and whose claims begin to count for less or are believed again; at once of whom is found out. */
  readonly onLevels: (levels: readonly MeasuredLevel[]) => void;
  /** A sound has played to its end or was stopped (`error` undefined), or cannot be played. */
  readonly onSoundEnded: (soundId: string, error: string | undefined) => void;
  /** A codec failed and its stage recovered. At most once a second for each stage and participant. */
  readonly onFault: (stage: string, participantId: string | undefined, message: string) => void;
}

/** How often levels are told: fast enough for a border round who speaks. */
const ticksBetweenLevels = 5;
/** A broken stream fails with every packet: it is counted each time and told only this often. */
const usBetweenFaults = 1_000_000;

/**
 * What an encoder for speech reckons with at least. From 6 % on libopus stays in the modes that have FEC, whatever it hears: the first loss finds the second copy
 * there, and an encoder that takes another's place, for a talker or for another loss, is in the same mode.
 */
const leastSpeechLossPercent = 6;

const nobody: readonly HeardVoice[] = [];
const nothing: readonly PlayedSound[] = [];

/**
 * The sound half of the mixer. Times are microseconds of the room's clock; the thread calls `tick` for each 20 ms in order, or `skipTo` where it left
 * some out. Everything runs inside these calls: when `tick` returns, its packets have been handed out.
 *
 * The sound of one tick is that captured `playoutDelayUs` before; it leaves 3 ms later than its `ptsUs` says (limiter), and coded, by Opus's look-ahead,
 * 6.5 ms more.
 */
export class AudioEngine {
  readonly #options: AudioEngineOptions;
  readonly #inputs = new Map<string, AudioInput>();
  readonly #outputs: AudioOutputs;
  readonly #selection: TalkerSelection;
  /** Who has something to say in this tick, selected or not. */
  readonly #candidates: AudioInput[] = [];
  readonly #voices = new Map<string, Voice>();
  readonly #fading: Voice[] = [];
  readonly #sounds: SoundBoard;
  readonly #sound = { voices: this.#voices, leaving: this.#fading, sounds: nothing };
  readonly #faultTold = new Map<string, number>();
  /** Removed, and still to be faded out in the next tick. */
  #leaving: AudioInput[] = [];
  #opening = new Set<Promise<void>>();
  #nextTickUs: number | undefined;
  #ticks = 0;
  #skippedTicks = 0;
  #faults = 0;
  #strangers = 0;
  #closed = false;

  private constructor(options: AudioEngineOptions) {
    const { settings } = options;
    this.#options = options;
    this.#sounds = new SoundBoard({ onEnded: options.onSoundEnded, onFault: (message) => this.#fault('sound', undefined, message) });
    this.#selection = new TalkerSelection(settings.maxTalkers);
    this.#outputs = new AudioOutputs({
      channels: settings.mode === 'music' ? 2 : 1,
      leastLossPercent: settings.mode === 'music' ? 0 : leastSpeechLossPercent,
      createEncoder: (lossPercent) => new OpusEncoder(encoderOptions(settings, lossPercent)),
      onFault: (message) => this.#fault('opus encoder', undefined, message),
    });
  }

  /** @throws when this machine cannot decode or encode Opus: tried here, not in the first tick */
  static async create(options: AudioEngineOptions): Promise<AudioEngine> {
    const decoder = await OpusDecoder.create();
    try {
      const encoder = new OpusEncoder(encoderOptions(options.settings, 0));
      try {
        const packet = encoder.encode(new SoundBlock().sound);
        if (decoder.decode(packet)?.left.length !== tickSamples) throw new Error(`The Opus codec does not work: ${decoder.lastError}`);
      } finally {
        encoder.close();
      }
    } finally {
      decoder.close();
    }
    return new AudioEngine(options);
  }

  addParticipant(id: string): void {
    if (this.#closed || this.#inputs.has(id)) return;
    const input = new AudioInput({ participantId: id, mode: this.#options.settings.mode, onFault: (stage, participantId, message) => this.#fault(stage, participantId, message) });
    this.#inputs.set(id, input);
    const opening = input.open().finally(() => this.#opening.delete(opening));
    this.#opening.add(opening);
  }

  /** All who were added can be heard from now on; packets before that pass unheard. Resolves within the same turn of the event loop. */
  async opened(): Promise<void> {
    await Promise.all(this.#opening);
  }

  removeParticipant(id: string): void {
    const input = this.#inputs.get(id);
    if (input === undefined) return;
    this.#inputs.delete(id);
    for (const stage of inputStages) this.#faultTold.delete(`${stage} ${id}`);
    this.#leaving.push(input);
    this.#outputs.removeParticipant(id);
  }

  pushPacket(packet: AudioPacket): void {
    const input = this.#inputs.get(packet.participantId);
    if (input === undefined) this.#strangers += 1;
    else input.push(packet);
  }

  setListeners(listeners: AudioListeners): void {
    this.#outputs.setListeners(listeners);
  }

  setVoice(participantId: string, voice: VoiceSettings): void {
    const input = this.#inputs.get(participantId);
    if (input !== undefined) input.voice = voice;
  }

  setHearing(participantId: string, hearing: Hearing): void {
    if (this.#inputs.has(participantId)) this.#outputs.setHearing(participantId, hearing);
  }

  setReportedLoss(loss: ReportedLoss): void {
    this.#outputs.setReportedLoss(loss);
  }

  /** @throws {Error} when one of this name is being played */
  playSound(sound: SoundOrder): void {
    this.#sounds.play(sound);
  }

  setSoundListeners(soundId: string, participantIds: readonly string[]): void {
    this.#sounds.setListeners(soundId, participantIds);
  }

  stopSound(soundId: string): void {
    this.#sounds.stop(soundId);
  }

  /** Mixes [tickUs, tickUs + 20 ms) and hands out its packets. */
  tick(tickUs: number): void {
    if (this.#closed) return;
    this.#ticks += 1;
    this.#nextTickUs = tickUs + tickLengthUs;
    this.#voices.clear();
    this.#fading.length = 0;
    this.#sound.sounds = this.#sounds.tick();
    let encoded: EncodedAudio | undefined;
    if (this.#outputs.isTaken) {
      this.#mix(tickUs);
      encoded = this.#outputs.process(tickUs, this.#sound, this.#heard());
    } else {
      for (const input of this.#inputs.values()) input.pass(tickUs);
      this.#outputs.close();
    }
    for (const input of this.#leaving) input.close();
    this.#leaving.length = 0;
    // Before the sound, which waits for nothing and takes them along to the other thread.
    this.#tellLevels(tickUs, this.#ticks % ticksBetweenLevels === 0);
    if (encoded !== undefined) this.#options.onEncoded(encoded);
  }

  /** Who speaks is known before anybody is decoded for it; who sends no level is decoded for that. */
  #mix(tickUs: number): void {
    this.#candidates.length = 0;
    for (const input of this.#inputs.values()) if (input.listen(tickUs, this.#outputs.hears(input.participantId))) this.#candidates.push(input);
    this.#selection.update(tickUs, this.#candidates);
    for (const input of this.#inputs.values()) if (input.mix(tickUs, this.#selection.isSelected(input.participantId))) this.#voices.set(input.participantId, input);
    for (const input of this.#leaving) if (input.mix(tickUs, false)) this.#fading.push(input);
  }

  #heard(): readonly HeardVoice[] {
    if (this.#voices.size === 0) return nobody;
    const heard: HeardVoice[] = [];
    for (const { participantId, levelDbov } of this.#voices.values()) heard.push({ participantId, levelDbov });
    return heard.sort((a, b) => b.levelDbov - a.levelDbov);
  }

  /** Half a second of speech makes a speaker, and finding a liar out takes 400 ms: that waits for nothing. */
  #tellLevels(tickUs: number, isDue: boolean): void {
    const levels: MeasuredLevel[] = [];
    for (const [participantId, input] of this.#inputs) {
      if (!isDue && !input.isFoundOut) continue;
      const level = input.takeLevel(tickUs);
      if (level !== undefined) levels.push({ participantId, ...level });
    }
    if (levels.length > 0) this.#options.onLevels(levels);
  }

  /** The thread stood still for longer than it catches up: the next tick is `tickUs`, the ones before it are left out and counted. */
  skipTo(tickUs: number): void {
    if (this.#nextTickUs !== undefined) this.#skippedTicks += Math.max(0, Math.round((tickUs - this.#nextTickUs) / tickLengthUs));
    this.#nextTickUs = tickUs;
    for (const input of this.#inputs.values()) input.skipTo(tickUs);
  }

  /** Tick time minus capture time of the sound mixed at it, smoothed; undefined before his first packet. Video of the same sender follows it. */
  playoutDelayUs(id: string): number | undefined {
    return this.#inputs.get(id)?.delayUs;
  }

  /**
   * This sender's video cannot be shown earlier than this after its capture: his sound waits for it. Reached slowly, at most 200 ms above the fastest
   * packet's delay. Asked for ten times a second, it goes down by 50 ms a second to what is asked for; by 10 where nobody asks any more.
   */
  requestMinimumDelay(id: string, delayUs: number): void {
    this.#inputs.get(id)?.requestMinimumDelay(delayUs);
  }

  #fault(stage: string, participantId: string | undefined, message: string): void {
    this.#faults += 1;
    const key = `${stage} ${participantId ?? ''}`;
    const nowUs = this.#nextTickUs ?? 0;
    const toldUs = this.#faultTold.get(key);
    if (toldUs !== undefined && nowUs - toldUs < usBetweenFaults) return;
    // Of who has left nothing is kept, whatever his last tick or a late answer brings.
    if (participantId === undefined || this.#inputs.has(participantId)) this.#faultTold.set(key, nowUs);
    this.#options.onFault(stage, participantId, message);
  }

  stats(): Record<string, unknown> {
    const participants = Object.fromEntries([...this.#inputs].map(([id, input]) => [id, input.stats()]));
    return {
      ticks: this.#ticks,
      skippedTicks: this.#skippedTicks,
      faults: this.#faults,
      packetsOfStrangers: this.#strangers,
      turnedAway: this.#selection.turnedAway,
      outputs: this.#outputs.stats(),
      sounds: this.#sounds.stats(),
      participants,
    };
  }

  /** Frees everything; calls after it do nothing. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#outputs.close();
    for (const input of [...this.#inputs.values(), ...this.#leaving]) input.close();
    this.#inputs.clear();
    this.#leaving = [];
    await this.#sounds.close();
    await Promise.all(this.#opening);
  }
}

/** Music is stereo and coded by CELT, which has no FEC; it still leans less on what came before where that may be lost. */
function encoderOptions({ mode, bitrateBps, complexity }: AudioSettings, lossPercent: number): OpusEncoderOptions {
  return { channels: mode === 'music' ? 2 : 1, bitrateBps, complexity, lossPercent, hasFec: mode === 'voice' };
}
