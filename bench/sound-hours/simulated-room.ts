/**
 * The sound half of a room on a clock that is turned by hand: senders with clocks that run off, loss in bursts, jitter, pauses, new sources, people who come
 * and go; one listener to the whole mix, participants who hear the others; and what moderators do meanwhile (`Moderation`).
 *
 * `metronome` chirps, and in the seconds in which his delay is measured by content all others are silent. Everybody's delay is known besides from the engine's own gauge
 * and from when the packets were spoken. Times are microseconds of the room.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioEngine } from '../../mixer/audio/audio-engine.js';
import { sampleRateHz, samplesToUs, tickSamples, tickUs } from '../../mixer/audio/audio-format.js';
import { OpusDecoder } from '../../mixer/audio/opus-decoder.js';
import { liveNativeObjects } from '../../mixer/ffmpeg/native-ledger.js';
import type { EncodedAudio } from '../../mixer/protocol.js';
import { findChirps } from '../latency/chirp.js';
import { makeWaveFile } from '../../scripts/wave-file.js';
import { unimpaired, type Impairment, type ImpairmentStep } from '../network/impairment.js';
import { Moderation, type ModerationCounts } from './moderation.js';
import { chirpPackets, recordChirps, recordVoice, type Recording } from './recording.js';
import { SimulatedSender, type SimulatedSenderOptions } from './simulated-sender.js';

export interface SimulatedHoursOptions {
  readonly minutes: number;
  /** When memory is looked at first: everything has been allocated once by then. */
  readonly settledMinutes: number;
  readonly seed: number;
}

export interface SenderDelays {
  readonly participantId: string;
  readonly ppm: number;
  /** Mouth to mix, medians of the second half of the first minute and of the last one. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly largestMs: number;
}

export interface MemoryUse {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

export interface SimulatedHours {
  readonly senders: readonly SenderDelays[];
  /** Of the metronome, mouth to the listener's ear, by his chirps: medians of the same half minutes. */
  readonly heardMs: { readonly first: number; readonly last: number };
  readonly memory: { readonly settled: MemoryUse; readonly end: MemoryUse };
  readonly joins: number;
  readonly faults: number;
  readonly concealedShare: number;
  /** Beside those of the codecs in use: what closing freed too little. */
  readonly nativeObjectsLeft: number;
  readonly cpuUsPerTick: number;
  readonly moderation: ModerationCounts;
  /** Late packets that were joined to what had been made up in their place. */
  readonly merged: number;
  /** What is there at the end of what moderators began and ended: mixes beside the room's own, sounds. */
  readonly left: { readonly groups: number; readonly sounds: number };
}

const minuteUs = 60_000_000;
const network: Partial<Impairment> = { lossShare: 0.05, lossBurst: 2.5, delayMs: 20, jitterMs: 30, isReordering: true };
/** Those who stay, by what their clocks run off; one of them sends no levels, two get a new source now and then. */
const steady = [
  { ppm: 300, sendsLevels: true, restarts: undefined }, { ppm: -300, sendsLevels: true, restarts: 31_000 }, { ppm: 120, sendsLevels: false, restarts: undefined }, { ppm: -70, sendsLevels: true, restarts: 17_000 },
] as const;
/** 100 ms more for the fifth of a second, each 20 s: a phone that looks for another network. Those packets come late and are joined. */
const spikes = { everyMs: 20_000, lengthMs: 200, delayMs: 100 } as const;
const spiked = 'steady-3';
const soundSamples = 2 * sampleRateHz;
const metronome = 'metronome';
const metronomePpm = -300;
/** Two seats on which somebody else sits each so many ticks. */
const guestTicks = [4_500, 7_300] as const;
const listeners = ['steady-0', 'steady-1', 'steady-2'] as const;

interface Present {
  readonly sender: SimulatedSender;
  readonly ppm: number;
  readonly firstMs: number[];
  readonly lastMs: number[];
  largestMs: number;
}

interface HeardPacket {
  readonly ptsUs: number;
  readonly data: Uint8Array;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function memoryUse(): MemoryUse {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + arrayBuffers, rssBytes: rss };
}

class SimulatedRoom {
  readonly heard: { readonly first: HeardPacket[]; readonly last: HeardPacket[] } = { first: [], last: [] };
  readonly people = new Map<string, Present>();
  joins = 0;
  faults = 0;
  readonly #engine: AudioEngine;
  readonly #untilUs: number;
  readonly #seed: number;
  readonly #voice: Recording;
  readonly #moderation: Moderation;
  readonly #guests = guestTicks.map(() => '');
  #nowUs = 0;

  private constructor(engine: AudioEngine, voice: Recording, soundPath: string, { minutes, seed }: SimulatedHoursOptions) {
    this.#engine = engine;
    const [suppressed, interpreter, held] = listeners;
    this.#moderation = new Moderation({ engine, path: soundPath, suppressed, interpreter, held });
    this.#voice = voice;
    this.#untilUs = minutes * minuteUs;
    this.#seed = seed;
  }

  static async create(options: SimulatedHoursOptions, soundPath: string): Promise<SimulatedRoom> {
    let room: SimulatedRoom | undefined = undefined as SimulatedRoom | undefined;
    const engine = await AudioEngine.create({
      settings: { mode: 'voice', bitrateBps: 48_000, complexity: 5, maxTalkers: 12 },
      onEncoded: (audio) => room?.takeMix(audio),
      onLevels: () => undefined,
      onSoundEnded: () => undefined,
      onFault: () => {
        if (room !== undefined) room.faults += 1;
      },
    });
    room = new SimulatedRoom(engine, await recordVoice(), soundPath, options);
    const chirps = await recordChirps();
    await room.#join({ participantId: metronome, recording: chirps, ppm: metronomePpm, sendsLevels: true, packetsBetweenRestarts: undefined });
    for (const [index, { ppm, sendsLevels, restarts }] of steady.entries()) {
      await room.#join({ participantId: `steady-${index}`, recording: room.#voice, ppm, sendsLevels, packetsBetweenRestarts: restarts });
    }
    engine.setListeners({ mix: true, participantIds: listeners });
    return room;
  }

  async #join(options: Pick<SimulatedSenderOptions, 'participantId' | 'recording' | 'ppm' | 'sendsLevels' | 'packetsBetweenRestarts'>): Promise<void> {
    this.joins += 1;
    this.#engine.addParticipant(options.participantId);
    await this.#engine.opened();
    // Not all at once: nobody's packets shall always fall into the same phase of the ticks.
    const startUs = this.#nowUs + ((this.joins * 7_919) % 20_000);
    const steps = networkSteps(options.participantId === spiked ? (this.#untilUs - startUs) / 1000 : 0);
    const sender = new SimulatedSender({ ...options, steps, startUs, seed: this.#seed + this.joins, onPacket: (packet) => this.#engine.pushPacket(packet) });
    this.people.set(options.participantId, { sender, ppm: options.ppm, firstMs: [], lastMs: [], largestMs: 0 });
  }

  #leave(participantId: string): void {
    this.people.get(participantId)?.sender.close();
    this.people.delete(participantId);
    this.#engine.removeParticipant(participantId);
  }

  /** The second half of the first minute, and of the last. */
  #measured(): 'first' | 'last' | undefined {
    if (this.#nowUs >= minuteUs / 2 && this.#nowUs < minuteUs) return 'first';
    return this.#nowUs >= this.#untilUs - minuteUs / 2 ? 'last' : undefined;
  }

  async run(untilUs: number): Promise<void> {
    for (; this.#nowUs < untilUs; this.#nowUs += tickUs) {
      const tick = Math.round(this.#nowUs / tickUs);
      for (const [seat, ticks] of guestTicks.entries()) if (tick % ticks === ticks - 1) await this.#changeGuest(seat, tick);
      const measured = this.#measured();
      this.#moderation.act(tick, measured !== undefined);
      // Files are decoded on other threads, noise suppression is loaded there: they get their turn.
      if (tick % 10 === 0) await new Promise(setImmediate);
      for (const { sender } of this.people.values()) sender.run(this.#nowUs, measured !== undefined && sender.participantId !== metronome);
      this.#engine.tick(this.#nowUs);
      for (const person of this.people.values()) this.#note(person, measured);
    }
  }

  async #changeGuest(seat: number, tick: number): Promise<void> {
    const before = this.#guests[seat] ?? '';
    if (before !== '') this.#leave(before);
    const participantId = `guest-${seat}-${tick}`;
    this.#guests[seat] = participantId;
    await this.#join({ participantId, recording: this.#voice, ppm: ((tick * 37) % 600) - 300, sendsLevels: seat === 0, packetsBetweenRestarts: undefined });
  }

  #note({ sender, firstMs, lastMs, ...person }: Present, measured: 'first' | 'last' | undefined): void {
    const playoutUs = this.#engine.playoutDelayUs(sender.participantId);
    if (playoutUs === undefined) return;
    const delayMs = (playoutUs + sender.captureErrorUs) / 1000;
    const known = this.people.get(sender.participantId);
    if (known !== undefined) known.largestMs = Math.max(person.largestMs, delayMs);
    if (measured === 'first') firstMs.push(delayMs);
    if (measured === 'last') lastMs.push(delayMs);
  }

  takeMix({ ptsUs, mix }: EncodedAudio): void {
    const measured = this.#measured();
    if (measured !== undefined && mix !== undefined) this.heard[measured].push({ ptsUs, data: mix });
  }

  /** From the moment at which each chirp was spoken to that at which it leaves the room, codecs' and limiter's own delays included. */
  async heardMs(half: 'first' | 'last'): Promise<number> {
    const packets = this.heard[half];
    const spoken = this.people.get(metronome)?.sender;
    const decoder = await OpusDecoder.create();
    const sound = new Int16Array(packets.length * tickSamples);
    for (const [index, { data }] of packets.entries()) {
      sound.set(Int16Array.from(decoder.decode(data)?.left ?? [], (sample) => Math.max(-1, Math.min(1, sample)) * 32_767), index * tickSamples);
    }
    decoder.close();
    const startUs = packets[0]?.ptsUs ?? 0;
    return median(
      findChirps(sound, sampleRateHz / 4).map((sample) => {
        const heardUs = startUs + samplesToUs(sample);
        const packet = spoken?.lastBefore(heardUs, chirpPackets) ?? 0;
        return (heardUs - (spoken?.spokenUs(packet) ?? 0)) / 1000;
      }),
    );
  }

  ended(): Pick<SimulatedHours, 'moderation' | 'merged' | 'left'> {
    const { participants, outputs, sounds } = this.#engine.stats() as { participants: Record<string, { readonly merged: number }>; outputs: { readonly groups: number }; sounds: object };
    const merged = Object.values(participants).reduce((sum, one) => sum + one.merged, 0);
    return { moderation: this.#moderation.counts, merged, left: { groups: outputs.groups - 1, sounds: Object.keys(sounds).length } };
  }

  /** @returns how much of what the steady ones said was made up */
  concealedShare(): number {
    const participants = this.#engine.stats()['participants'] as Record<string, { readonly concealedMs: number; readonly decoded: number }>;
    const all = Object.values(participants);
    const concealedMs = all.reduce((sum, { concealedMs: ms }) => sum + ms, 0);
    return concealedMs / (concealedMs + all.reduce((sum, { decoded }) => sum + 20 * decoded, 0));
  }

  async close(): Promise<void> {
    for (const { sender } of this.people.values()) sender.close();
    await this.#engine.close();
  }
}

/** @param spikesUntilMs 0: none */
function networkSteps(spikesUntilMs: number): readonly ImpairmentStep[] {
  const usual = { ...unimpaired, ...network };
  const steps: ImpairmentStep[] = [{ atMs: 0, impairment: usual }];
  for (let atMs = spikes.everyMs; atMs < spikesUntilMs; atMs += spikes.everyMs) {
    steps.push({ atMs, impairment: { ...usual, delayMs: usual.delayMs + spikes.delayMs } }, { atMs: atMs + spikes.lengthMs, impairment: usual });
  }
  return steps;
}

export async function simulateHours(options: SimulatedHoursOptions): Promise<SimulatedHours> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-hours-'));
  try {
    const path = join(folder, 'music.wav');
    await writeFile(path, makeWaveFile({ sampleRateHz, channels: [Float32Array.from({ length: soundSamples }, (_unused, i) => 0.2 * Math.sin((2 * Math.PI * 330 * i) / sampleRateHz))] }));
    return await simulateWith(options, path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function simulateWith(options: SimulatedHoursOptions, soundPath: string): Promise<SimulatedHours> {
  const nativeBefore = liveNativeObjects();
  const room = await SimulatedRoom.create(options, soundPath);
  const cpuBefore = process.cpuUsage();
  await room.run(options.settledMinutes * minuteUs);
  const settled = memoryUse();
  await room.run(options.minutes * minuteUs);
  const end = memoryUse();
  const { user, system } = process.cpuUsage(cpuBefore);
  const heardMs = { first: await room.heardMs('first'), last: await room.heardMs('last') };
  const concealedShare = room.concealedShare();
  const ended = room.ended();
  await room.close();
  const senders = [...room.people.values()]
    .filter(({ firstMs, lastMs }) => firstMs.length > 0 && lastMs.length > 0)
    .map(({ sender, ppm, firstMs, lastMs, largestMs }) => ({ participantId: sender.participantId, ppm, firstMs: median(firstMs), lastMs: median(lastMs), largestMs }));
  return {
    ...ended, senders, heardMs, memory: { settled, end }, joins: room.joins, faults: room.faults, concealedShare,
    nativeObjectsLeft: liveNativeObjects() - nativeBefore,
    cpuUsPerTick: ((user + system) * tickUs) / (options.minutes * minuteUs),
  };
}
