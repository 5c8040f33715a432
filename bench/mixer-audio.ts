// Microseconds of CPU that the mixer's audio half takes for one tick of 20 ms, as the room grows: senders are real Opus streams of a voice (32 kbps, FEC), levelled,
// ticks are driven one after another as fast as they go, so it is the CPU that they need and not the time that they have. Each figure stands beside what it is held
// against: the bare codec calls of the same libraries in the same run, and a mixer without shared streams, that encodes for each listener.
//
//   node dist/bench/mixer-audio.js [--ticks 1500]
import { parseArgs } from 'node:util';
import { createDecoder, createEncoder } from 'libopus-wasm';
import { AudioEngine } from '../mixer/audio/audio-engine.js';
import { tickSamples, tickUs } from '../mixer/audio/audio-format.js';
import { OpusEncoder } from '../mixer/ffmpeg/opus-encoder.js';
import type { AudioMode, Hearing } from '../mixer/protocol.js';

const bitrateBps = 48_000;
const recordedTicks = 250;
/** Delays come down, gates open and close, sides are given up after 3 s. */
const warmUpTicks = 300;

interface RoomShape {
  readonly name: string;
  readonly talkers: number;
  readonly silent: number;
  /** How many of them listen, talkers first. */
  readonly listeners: number;
  readonly mix: boolean;
  /** Of those who speak; all unless given. */
  readonly maxTalkers?: number;
  readonly mode?: AudioMode;
  readonly noiseSuppressed?: boolean;
  /** Of the silent ones, so many have a row of their own: all different. */
  readonly rows?: number;
}

const shapes = {
  unheard: { name: '16 silent, nobody listens', talkers: 0, silent: 16, listeners: 0, mix: false },
  quiet: { name: '100 silent, all listen', talkers: 0, silent: 100, listeners: 100, mix: true },
  one: { name: '1 talker, one shared stream', talkers: 1, silent: 0, listeners: 0, mix: true },
  sixteen: { name: '16 talkers, one shared stream', talkers: 16, silent: 0, listeners: 0, mix: true },
  suppressed: { name: '16 talkers, noise suppressed', talkers: 16, silent: 0, listeners: 0, mix: true, noiseSuppressed: true },
  music: { name: '16 talkers, stereo out at 96 kbps', talkers: 16, silent: 0, listeners: 0, mix: true, mode: 'music' },
  talk: { name: '4 people, all speak and listen', talkers: 4, silent: 0, listeners: 4, mix: true },
  twelve: { name: '12 people, all speak and listen', talkers: 12, silent: 0, listeners: 12, mix: true },
  room: { name: '4 of 16 speak, all listen', talkers: 4, silent: 12, listeners: 16, mix: true },
  hall: { name: '4 of 100 speak, all listen', talkers: 4, silent: 96, listeners: 100, mix: true },
  matrix: { name: '4 of 100 speak, 10 rows of hearing', talkers: 4, silent: 96, listeners: 100, mix: true, rows: 10 },
  crowd: { name: '40 of 40 speak, 12 are mixed', talkers: 40, silent: 0, listeners: 40, mix: true, maxTalkers: 12 },
} satisfies Record<string, RoomShape>;

/** A gliding voice in syllables, never silent for long. */
function voice(from: number): Float32Array {
  return Float32Array.from({ length: tickSamples }, (_, i) => {
    const at = (from + i) / 48_000;
    const pitch = 2 * Math.PI * (150 * at + 8 * Math.sin(9 * at));
    return (0.55 - 0.45 * Math.cos(2 * Math.PI * 4 * at)) * (0.25 * Math.sin(pitch) + 0.12 * Math.sin(3 * pitch) + 0.06 * Math.sin(8 * pitch));
  });
}

async function recordVoice(): Promise<Uint8Array[]> {
  const encoder = await createEncoder({ channels: 1, application: 2048, bitrate: 32_000, fec: true, packetLossPercent: 10, complexity: 5 });
  const packets = Array.from({ length: recordedTicks }, (_, i) => encoder.encodeFloat(voice(i * tickSamples)));
  encoder.free();
  return packets;
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** A row that nobody else has. */
function rowOf(index: number): Hearing {
  return { restDb: -20, sources: { p0: -index } };
}

async function measure({ talkers, silent, listeners, mix, maxTalkers = 50, mode = 'voice', noiseSuppressed = false, rows = 0 }: RoomShape, packets: readonly Uint8Array[], ticks: number): Promise<number> {
  const engine = await AudioEngine.create({
    settings: { mode, bitrateBps: mode === 'music' ? 2 * bitrateBps : bitrateBps, complexity: 5, maxTalkers },
    onEncoded: () => undefined,
    onLevels: () => undefined,
    onSoundEnded: () => undefined,
    onFault: (stage, id, message) => console.error(stage, id, message),
  });
  const ids = Array.from({ length: talkers + silent }, (_, i) => `p${i}`);
  for (const id of ids) {
    engine.addParticipant(id);
    engine.setVoice(id, { muted: false, gainDb: 0, levelled: true, noiseSuppressed });
  }
  for (let index = 0; index < rows; index += 1) engine.setHearing(`p${talkers + index}`, rowOf(index));
  await engine.opened();
  engine.setListeners({ mix, participantIds: ids.slice(0, listeners) });
  let started = 0;
  for (let tick = 0; tick < warmUpTicks + ticks; tick += 1) {
    // What loads in the background (noise suppression) gets its turn before it counts.
    if (tick < warmUpTicks) await new Promise(setImmediate);
    if (tick === warmUpTicks) started = cpuUs();
    const nowUs = tick * tickUs;
    ids.forEach((participantId, i) => {
      // Each begins elsewhere in the recording, or ten equal voices would add up to one loud one.
      const data = packets[(tick + 17 * i) % packets.length] ?? new Uint8Array(0);
      engine.pushPacket({ participantId, index: tick, ptsUs: nowUs - 23_000, arrivalUs: nowUs - 3_000, levelDbov: i < talkers ? -25 : -127, data });
    });
    engine.tick(nowUs);
  }
  const perTick = (cpuUs() - started) / ticks;
  await engine.close();
  return perTick;
}

function measureEncode(ticks: number): number {
  const encoder = new OpusEncoder({ channels: 1, bitrateBps, complexity: 5, lossPercent: 6, hasFec: true });
  const sounds = Array.from({ length: recordedTicks }, (_, i) => ({ left: voice(i * tickSamples), right: undefined }));
  let started = 0;
  for (let tick = 0; tick < warmUpTicks + ticks; tick += 1) {
    if (tick === warmUpTicks) started = cpuUs();
    encoder.encode(sounds[tick % recordedTicks] ?? { left: new Float32Array(tickSamples), right: undefined });
  }
  const perEncode = (cpuUs() - started) / ticks;
  encoder.close();
  return perEncode;
}

async function measureDecode(packets: readonly Uint8Array[], ticks: number): Promise<number> {
  const decoder = await createDecoder({ channels: 1, sampleRate: 48_000 });
  let started = 0;
  for (let tick = 0; tick < warmUpTicks + ticks; tick += 1) {
    if (tick === warmUpTicks) started = cpuUs();
    decoder.decodeFloat(packets[tick % packets.length] ?? null);
  }
  const perDecode = (cpuUs() - started) / ticks;
  decoder.free();
  return perDecode;
}

const { values } = parseArgs({ options: { ticks: { type: 'string', default: '1500' } } });
const ticks = Number(values.ticks);
const packets = await recordVoice();
const costs = new Map<RoomShape, number>();
for (const shape of Object.values(shapes)) costs.set(shape, await measure(shape, packets, ticks));
const encodeUs = measureEncode(ticks);
const decodeUs = await measureDecode(packets, ticks);
const cost = (shape: RoomShape): number => costs.get(shape) ?? Number.NaN;

function print(name: string, us: number, held = ''): void {
  console.log(`  ${name.padEnd(50)} ${us.toFixed(us < 10 ? 1 : 0).padStart(6)}   ${held}`);
}

const talkerUs = (cost(shapes.sixteen) - cost(shapes.one)) / 15;
const ownUs = (cost(shapes.twelve) - cost(shapes.talk)) / 8;
const unsharedUs = cost(shapes.hall) + (100 - 6) * encodeUs;
console.log('us of CPU per tick of 20 ms, all synchronous in the mixer thread');
for (const [{ name }, us] of costs) print(name, us, `${(us / 200).toFixed(1)} % of a core`);
console.log('of that');
print('a talker: decoded, levelled, mixed', talkerUs, `a bare decode is ${decodeUs.toFixed(0)}`);
print('  who listens, too: his own stream', ownUs, `a bare decode and a bare encode are ${(decodeUs + encodeUs).toFixed(0)}`);
print('  whose noise is suppressed, more', (cost(shapes.suppressed) - cost(shapes.sixteen)) / 16, 'off by default');
print('a listener who is silent', (cost(shapes.hall) - cost(shapes.room)) / 84, `a mixer that encodes for each: ${encodeUs.toFixed(0)}`);
print('  with a row of hearing of his own', (cost(shapes.matrix) - cost(shapes.hall)) / 10, `a bare encode is ${encodeUs.toFixed(0)}`);
print('a silent person, nobody listens', cost(shapes.unheard) / 16);
print('a silent person who listens, all silent', cost(shapes.quiet) / 100);
print('an open microphone that is not selected', (cost(shapes.crowd) - cost(shapes.twelve)) / 28, `a bare decode is ${decodeUs.toFixed(0)}`);
console.log('and so');
print('open microphones that one core mixes', Math.floor((20_000 - cost(shapes.one)) / talkerUs), `all of them decoded; by bare decodes ${Math.floor(20_000 / decodeUs)}`);
print('  each with a stream of its own', Math.floor((20_000 - cost(shapes.talk)) / ownUs) + 4, `by bare decodes and encodes ${Math.floor(20_000 / (decodeUs + encodeUs))}`);
console.log(`  4 of 100 speak: ${(cost(shapes.hall) / cost(shapes.talk)).toFixed(2)} times what 4 people cost (goal 2); a mixer that encodes for each: ${(unsharedUs / cost(shapes.talk)).toFixed(1)} times`);
