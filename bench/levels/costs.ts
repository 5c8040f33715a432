/** CPU of each part for one tick of 20 ms, beside the decode and the encode that stand around it. */
import { tickSamples } from '../../mixer/audio/audio-format.js';
import { Leveller } from '../../mixer/audio/leveller.js';
import { OpusDecoder } from '../../mixer/audio/opus-decoder.js';
import { PeakLimiter } from '../../mixer/audio/peak-limiter.js';
import { loadRnnoise } from '../../mixer/audio/rnnoise.js';
import { SoundBlock } from '../../mixer/audio/sound-block.js';
import { OpusEncoder } from '../../mixer/ffmpeg/opus-encoder.js';
import { openChain } from './passes.js';

export interface LevelCosts {
  readonly decodeUs: number;
  readonly encodeUs: number;
  readonly plainChainUs: number;
  readonly levellerUs: number;
  readonly suppressorUs: number;
  readonly limiterUs: number;
  readonly limiterAtWorkUs: number;
}

/** The compiler has seen everything by then. */
const warmUpRounds = 3;

/** @param voice one talker at his usual level @param shouting what keeps a limiter busy */
export async function measureCosts(voice: Float32Array, shouting: Float32Array, rounds: number): Promise<LevelCosts> {
  const [ticks, loudTicks] = [cut(voice), cut(shouting)];
  const encoder = new OpusEncoder({ channels: 1, bitrateBps: 48_000, complexity: 5, lossPercent: 10, hasFec: true });
  const decoder = await OpusDecoder.create();
  const packets = ticks.map((samples) => encoder.encode({ left: samples, right: undefined }));
  const [plain, rnnoise, out] = [await openChain({}), (await loadRnnoise()).open(), new SoundBlock()];
  const [leveller, limiter, busyLimiter] = [new Leveller(), new PeakLimiter(), new PeakLimiter()];
  const costs = {
    decodeUs: perTick(packets, rounds, (packet) => decoder.decode(packet)),
    encodeUs: perTick(ticks, rounds, (samples) => encoder.encode({ left: samples, right: undefined })),
    plainChainUs: perTick(ticks, rounds, (samples) => plain.process(fill(out, samples))),
    levellerUs: perTick(ticks, rounds, (samples) => leveller.follow(samples, undefined)),
    suppressorUs: perTick(ticks, rounds, (samples) => rnnoise.process(fill(out, samples).left)),
    limiterUs: perTick(ticks, rounds, (samples) => limiter.processBlock(fill(out, samples), out)),
    limiterAtWorkUs: perTick(loudTicks, rounds, (samples) => busyLimiter.processBlock(fill(out, samples), out)),
  };
  for (const part of [encoder, decoder, plain, rnnoise]) part.close();
  return costs;
}

function cut(samples: Float32Array): Float32Array[] {
  return Array.from({ length: Math.floor(samples.length / tickSamples) }, (_, tick) => samples.slice(tick * tickSamples, (tick + 1) * tickSamples));
}

function fill(block: SoundBlock, samples: Float32Array): SoundBlock {
  block.left.set(samples);
  return block;
}

/** Least of the rounds: others on this machine only add to it. */
function perTick<Tick>(ticks: readonly Tick[], rounds: number, act: (tick: Tick) => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < warmUpRounds + rounds; round += 1) {
    const before = process.cpuUsage();
    for (const tick of ticks) act(tick);
    const { user, system } = process.cpuUsage(before);
    if (round >= warmUpRounds) least = Math.min(least, (user + system) / ticks.length);
  }
  return least;
}
