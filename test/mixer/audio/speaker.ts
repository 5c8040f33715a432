import { createEncoder, type OpusEncoderHandle } from 'libopus-wasm';
import { AudioEngine } from '../../../mixer/audio/audio-engine.js';
import { energy, levelDbov } from '../../../mixer/audio/level-meter.js';
import { OpusDecoder } from '../../../mixer/audio/opus-decoder.js';
import { opusPacketHasFec } from '../../../mixer/audio/opus-packet.js';
import type { AudioListeners, AudioPacket, AudioSettings, EncodedAudio, MeasuredLevel, VoiceSettings } from '../../../mixer/protocol.js';
import { join } from './sound.js';

export const tickUs = 20_000;
export const frameSamples = 960;

/** What a microphone gives: `count` samples from sample number `from` on. */
export type Microphone = (from: number, count: number) => Float32Array;

export interface SpeakerOptions {
  readonly participantId: string;
  readonly microphone: Microphone;
  /** Sends RFC 6464 levels; default true. */
  readonly levels?: boolean;
  /** What he says of his loudness in his packet of that number, whatever it is. */
  readonly claimsDbov?: (index: number) => number | undefined;
  readonly stereo?: boolean;
  /** Of a stereo sender; the microphone is the left one then. */
  readonly right?: Microphone;
  readonly dtx?: boolean;
  /** SILK or hybrid packets with in-band FEC, as browsers send speech. */
  readonly fec?: boolean;
  /** Which packets the network loses. */
  readonly loses?: (index: number) => boolean;
}

/** A real Opus sender of 20 ms packets: those of a tick are captured in the 20 ms before it, and arrive 3 ms before it. */
export class Speaker {
  readonly participantId: string;
  readonly #options: SpeakerOptions;
  readonly #encoder: OpusEncoderHandle;
  #frame = 0;
  #index = 0;
  #lostLast = false;
  #repairable = 0;

  private constructor(options: SpeakerOptions, encoder: OpusEncoderHandle) {
    this.participantId = options.participantId;
    this.#options = options;
    this.#encoder = encoder;
  }

  static async create(options: SpeakerOptions): Promise<Speaker> {
    const { stereo = false, dtx = false, fec = false } = options;
    // Complexity 0 to 2: the tests spend their time here.
    const encoder = await createEncoder({
      ...{ channels: stereo ? 2 : 1, application: fec ? 2048 : 2049, bitrate: fec ? 32_000 : 64_000, complexity: fec ? 2 : 0 },
      ...{ fec, packetLossPercent: fec ? 20 : 0, dtx },
    });
    return new Speaker(options, encoder);
  }

  /** The next packet; undefined when it was lost, or is not sent because of DTX. @param tickUs the tick just before which it arrives */
  send(nowUs: number): AudioPacket | undefined {
    const mono = this.#options.microphone(this.#frame * frameSamples, frameSamples);
    const data = this.#encoder.encodeFloat(this.#options.stereo === true ? this.#interleave(mono) : mono);
    this.#frame += 1;
    // RFC 7587 3.1.3: with DTX, packets of one or two bytes need not be sent; they take no sequence number.
    if (this.#options.dtx === true && data.length <= 2) return undefined;
    const index = this.#index;
    this.#index += 1;
    const lost = this.#options.loses?.(index) === true;
    if (this.#lostLast && !lost && opusPacketHasFec(data)) this.#repairable += 1;
    this.#lostLast = lost;
    if (lost) return undefined;
    const { levels, claimsDbov } = this.#options;
    const level = levels === false ? undefined : claimsDbov === undefined ? levelDbov(energy(mono), frameSamples) : claimsDbov(index);
    return { participantId: this.participantId, index, ptsUs: nowUs - 23_000, arrivalUs: nowUs - 3_000, levelDbov: level, data };
  }

  #interleave(left: Float32Array): Float32Array {
    const right = this.#options.right?.(this.#frame * frameSamples, frameSamples) ?? left;
    return Float32Array.from({ length: 2 * frameSamples }, (_, i) => (i % 2 === 0 ? left : right)[i >> 1]!);
  }

  /** How many of its lost packets are followed by one that carries them again: an encoder adds the copy only where it hears speech. */
  get repairable(): number {
    return this.#repairable;
  }

  close(): void {
    this.#encoder.free();
  }
}

/** Not levelled: tests know how loud their tones are. */
export const asHeIs: VoiceSettings = { muted: false, gainDb: 0, levelled: false, noiseSuppressed: false };

/** What each listener gets, decoded by a decoder of his own: the shared stream, or his own where there is one. */
class Ear {
  readonly packets: Uint8Array[] = [];
  readonly kinds: ('mix' | 'own')[] = [];
}

/** The engine, its speakers and its listeners, driven tick by tick. */
export class SoundRoom {
  readonly encoded: EncodedAudio[] = [];
  readonly levels: (readonly MeasuredLevel[])[] = [];
  /** Of each of them: how many ticks' sound had been handed out by then. */
  readonly ticksBeforeLevels: number[] = [];
  readonly faults: string[] = [];
  readonly ended: (readonly [soundId: string, error: string | undefined])[] = [];
  readonly #ears = new Map<string, Ear>();
  readonly #speakers = new Map<string, Speaker>();
  readonly #settings: AudioSettings;
  #engine: AudioEngine | undefined;
  #listeners: AudioListeners = { mix: false, participantIds: [] };
  /** Of each packet before the engine has it. */
  onPacket: ((packet: AudioPacket) => void) | undefined;
  nowUs = 1_000_000;

  private constructor(settings: AudioSettings) {
    this.#settings = settings;
  }

  static async create(settings: Partial<AudioSettings> = {}): Promise<SoundRoom> {
    const room = new SoundRoom({ mode: 'voice', bitrateBps: 64_000, complexity: 5, maxTalkers: 12, ...settings });
    room.#engine = await AudioEngine.create({
      settings: room.#settings,
      onEncoded: (audio) => room.#hear(audio),
      onLevels: (levels) => {
        room.levels.push(levels);
        room.ticksBeforeLevels.push(room.encoded.length);
      },
      onSoundEnded: (soundId, error) => room.ended.push([soundId, error]),
      onFault: (stage, participantId, message) => room.faults.push(`${stage} ${participantId ?? ''}: ${message}`),
    });
    return room;
  }

  get engine(): AudioEngine {
    return this.#engine!;
  }

  async join(...options: SpeakerOptions[]): Promise<void> {
    for (const option of options) {
      this.#speakers.set(option.participantId, await Speaker.create(option));
      this.engine.addParticipant(option.participantId);
      this.engine.setVoice(option.participantId, asHeIs);
    }
    await this.engine.opened();
  }

  leave(participantId: string): void {
    this.#speakers.get(participantId)?.close();
    this.#speakers.delete(participantId);
    this.engine.removeParticipant(participantId);
  }

  speaker(participantId: string): Speaker {
    return this.#speakers.get(participantId)!;
  }

  listen(listeners: AudioListeners): void {
    this.#listeners = listeners;
    this.engine.setListeners(listeners);
  }

  /** @param before called before each tick with its number */
  run(ticks: number, before?: (tick: number) => void): void {
    for (let i = 0; i < ticks; i += 1) {
      before?.(i);
      for (const speaker of this.#speakers.values()) {
        const packet = speaker.send(this.nowUs);
        if (packet === undefined) continue;
        this.onPacket?.(packet);
        this.engine.pushPacket(packet);
      }
      this.engine.tick(this.nowUs);
      this.nowUs += tickUs;
    }
  }

  #hear(audio: EncodedAudio): void {
    this.encoded.push(audio);
    const streams = new Map(audio.streams.flatMap(({ participantIds, data }) => participantIds.map((participantId) => [participantId, data])));
    if (this.#listeners.mix && audio.mix !== undefined) this.#give('', audio.mix, 'mix');
    for (const id of this.#listeners.participantIds) {
      const own = streams.get(id);
      const data = own ?? audio.mix;
      if (data !== undefined) this.#give(id, data, own === undefined ? 'mix' : 'own');
    }
  }

  #give(id: string, data: Uint8Array, kind: 'mix' | 'own'): void {
    const ear = this.#ears.get(id) ?? new Ear();
    this.#ears.set(id, ear);
    ear.packets.push(data);
    ear.kinds.push(kind);
  }

  kinds(listener = ''): readonly ('mix' | 'own')[] {
    return this.#ears.get(listener)?.kinds ?? [];
  }

  /** All that this listener has got so far; '' is one who takes the whole mix. */
  async heard(listener = ''): Promise<Float32Array> {
    return (await this.heardInStereo(listener)).left;
  }

  /** With a decoder for two channels, where the room is one for music. */
  async heardInStereo(listener = ''): Promise<{ left: Float32Array; right: Float32Array }> {
    const decoder = await OpusDecoder.create({ stereo: this.#settings.mode === 'music' });
    try {
      const sounds = (this.#ears.get(listener)?.packets ?? []).map((packet) => decoder.decode(packet)!);
      return { left: join(sounds.map(({ left }) => left)), right: join(sounds.map(({ left, right }) => right ?? left)) };
    } finally {
      decoder.close();
    }
  }

  async close(): Promise<void> {
    for (const speaker of this.#speakers.values()) speaker.close();
    await this.engine.close();
  }
}
