/** Sound sent through the real parts of the mixer, tick by tick. All of it mono at 48 kHz; what does not fill a tick is left out. */
import { tickSamples } from '../../mixer/audio/audio-format.js';
import { MixSum } from '../../mixer/audio/mix-sum.js';
import { OpusDecoder } from '../../mixer/audio/opus-decoder.js';
import { PeakLimiter } from '../../mixer/audio/peak-limiter.js';
import { SoundBlock } from '../../mixer/audio/sound-block.js';
import { VoiceChain } from '../../mixer/audio/voice-chain.js';
import { OpusEncoder } from '../../mixer/ffmpeg/opus-encoder.js';
import type { VoiceSettings } from '../../mixer/protocol.js';

export const plainVoice: VoiceSettings = { muted: false, gainDb: 0, levelled: false, noiseSuppressed: false };

export function throughTicks(samples: Float32Array, act: (block: SoundBlock) => void): Float32Array {
  const out = new Float32Array(tickSamples * Math.floor(samples.length / tickSamples));
  const block = new SoundBlock();
  for (let from = 0; from < out.length; from += tickSamples) {
    block.left.set(samples.subarray(from, from + tickSamples));
    act(block);
    out.set(block.left, from);
  }
  return out;
}

export async function throughChain(samples: Float32Array, settings: Partial<VoiceSettings>): Promise<Float32Array> {
  const chain = await openChain(settings);
  const out = throughTicks(samples, (block) => chain.process(block));
  chain.close();
  return out;
}

export async function openChain(settings: Partial<VoiceSettings>): Promise<VoiceChain> {
  const chain = new VoiceChain({
    mode: 'voice',
    onFault: (message) => {
      throw new Error(message);
    },
  });
  await chain.set({ ...plainVoice, ...settings });
  return chain;
}

export function throughLimiter(samples: Float32Array): Float32Array {
  const limiter = new PeakLimiter();
  return throughTicks(samples, (block) => limiter.processBlock(block, block));
}

/** As listeners get it. */
export async function throughOpus(samples: Float32Array, bitrateBps: number): Promise<Float32Array> {
  const encoder = new OpusEncoder({ channels: 1, bitrateBps, complexity: 5, lossPercent: 10, hasFec: true });
  const decoder = await OpusDecoder.create();
  const out = throughTicks(samples, (block) => {
    const decoded = decoder.decode(encoder.encode(block.sound));
    if (decoded === undefined) throw new Error(decoder.lastError);
    block.left.set(decoded.left);
  });
  encoder.close();
  decoder.close();
  return out;
}

/** What the first of them hears, who talks himself: all of them through chains of their own, his own taken out, limited. */
export async function heardByFirst(voices: readonly Float32Array[], settings: Partial<VoiceSettings>): Promise<Float32Array> {
  const chains = await Promise.all(voices.map(() => openChain(settings)));
  const blocks = voices.map(() => new SoundBlock());
  const [sum, limiter] = [new MixSum(), new PeakLimiter()];
  let from = 0;
  const heard = throughTicks(voices[0] ?? new Float32Array(0), (minus) => {
    sum.clear();
    for (const [i, block] of blocks.entries()) {
      block.left.set((voices[i] ?? minus.left).subarray(from, from + tickSamples));
      chains[i]?.process(block);
      sum.add(block);
    }
    sum.withoutInto(blocks[0] ?? minus, minus);
    limiter.processBlock(minus, minus);
    from += tickSamples;
  });
  for (const chain of chains) chain.close();
  return heard;
}
