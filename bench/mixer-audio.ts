// Microseconds of CPU that the mixer's audio half takes for one tick of 20 ms, as the room grows: senders are real Opus streams of a voice (32 kbps, FEC),
// ticks are driven one after another as fast as they go. Beside it, what a mixer without shared streams would pay: one encode for each listener.
//
//   node dist/bench/mixer-audio.js [--ticks 1500]
import { parseArgs } from 'node:util';
import { createEncoder } from 'libopus-wasm';
import { AudioEngine } from '../mixer/audio/audio-engine.js';
import { tickSamples, tickUs } from '../mixer/audio/audio-format.js';
import { OpusEncoder } from '../mixer/ffmpeg/opus-encoder.js';

const bitrateBps = 48_000;
const recordedTicks = 250;

interface RoomShape {
  readonly name: string;
  readonly talkers: number;
  readonly silent: number;
  /** How many of them listen, talkers first. */
  readonly listeners: number;
  readonly mix: boolean;
}

const shapes = {
  unheard: { name: '16 silent, nobody listens', talkers: 0, silent: 16, listeners: 0, mix: false },
  one: { name: '1 talker, one shared stream', talkers: 1, silent: 0, listeners: 0, mix: true },
  four: { name: '4 talkers, one shared stream', talkers: 4, silent: 0, listeners: 0, mix: true },
  sixteen: { name: '16 talkers, one shared stream', talkers: 16, silent: 0, listeners: 0, mix: true },
  room: { name: '4 talkers and 12 silent, 16 listen', talkers: 4, silent: 12, listeners: 16, mix: true },
  hall: { name: '4 talkers and 96 silent, 100 listen', talkers: 4, silent: 96, listeners: 100, mix: true },
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

async function measure({ talkers, silent, listeners, mix }: RoomShape, packets: readonly Uint8Array[], ticks: number): Promise<number> {
  const engine = await AudioEngine.create({ settings: { mode: 'voice', bitrateBps, complexity: 5, maxTalkers: 50 }, onEncoded: () => undefined, onLevels: () => undefined, onSoundEnded: () => undefined, onFault: (stage, id, message) => console.error(stage, id, message) });
  const ids = Array.from({ length: talkers + silent }, (_, i) => `p${i}`);
  for (const id of ids) engine.addParticipant(id);
  await engine.opened();
  engine.setListeners({ mix, participantIds: ids.slice(0, listeners) });
  let started = 0;
  const warmUp = 300;
  for (let tick = 0; tick < warmUp + ticks; tick += 1) {
    if (tick === warmUp) started = cpuUs();
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
  const sounds = Array.from({ length: recordedTicks }, (_, i) => voice(i * tickSamples));
  const started = cpuUs();
  for (let tick = 0; tick < ticks; tick += 1) encoder.encode({ left: sounds[tick % recordedTicks] ?? new Float32Array(tickSamples), right: undefined });
  const perEncode = (cpuUs() - started) / ticks;
  encoder.close();
  return perEncode;
}

const { values } = parseArgs({ options: { ticks: { type: 'string', default: '1500' } } });
const ticks = Number(values.ticks);
const packets = await recordVoice();
const costs = new Map<RoomShape, number>();
for (const shape of Object.values(shapes)) costs.set(shape, await measure(shape, packets, ticks));
const encodeUs = measureEncode(ticks);
const cost = (shape: RoomShape): number => costs.get(shape) ?? Number.NaN;

console.log('us of CPU per tick of 20 ms, all synchronous in the mixer thread');
for (const [{ name }, us] of costs) console.log(`  ${name.padEnd(40)} ${us.toFixed(0).padStart(6)}   ${(us / 200).toFixed(1)} % of a core`);
console.log(`  one more talker (decode, mix)            ${((cost(shapes.sixteen) - cost(shapes.one)) / 15).toFixed(0).padStart(6)}`);
console.log(`  one more silent person who listens       ${((cost(shapes.hall) - cost(shapes.room)) / 84).toFixed(1).padStart(6)}`);
console.log(`  one silent person, nobody listens        ${(cost(shapes.unheard) / 16).toFixed(1).padStart(6)}`);
console.log(`  one encode                               ${encodeUs.toFixed(0).padStart(6)}`);
console.log(`  held against: an encode for each of 16   ${(cost(shapes.four) + 15 * encodeUs).toFixed(0).padStart(6)}   ${((cost(shapes.four) + 15 * encodeUs) / 200).toFixed(1)} % of a core`);
