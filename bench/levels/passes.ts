/** Sound sent through the real parts of the mixer, tick by tick. All of it mono at 48 kHz; what does not fill a tick is left out. */
import { samplesToUs, tickSamples } from '../../mixer/audio/audio-format.js';
import type { SoundEncoder } from '../../mixer/audio/audio-output.js';
import { AudioOutputs } from '../../mixer/audio/audio-outputs.js';
import { OpusDecoder } from '../../mixer/audio/opus-decoder.js';
import { opusPacketIsSilence } from '../../mixer/audio/opus-packet.js';
import { PeakLimiter } from '../../mixer/audio/peak-limiter.js';
import { SoundBlock, type Sound } from '../../mixer/audio/sound-block.js';
import type { Voice } from '../../mixer/audio/tick-sound.js';
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
    onFault: (stage, message) => {
      throw new Error(`${stage}: ${message}`);
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

/** The packet is the sound: what an encoder would have been given. */
class PassedOn implements SoundEncoder {
  encode({ left }: Sound): Uint8Array {
    return new Uint8Array(left.slice().buffer);
  }

  close(): void {
    // Nothing is open.
  }
}

/** What the first of them hears, who talks himself and listens: all of them through chains of their own, then as the mixer makes his stream. */
export async function heardByFirst(voices: readonly Float32Array[], settings: Partial<VoiceSettings>): Promise<Float32Array> {
  const chains = await Promise.all(voices.map(() => openChain(settings)));
  const blocks = voices.map(() => new SoundBlock());
  const outputs = new AudioOutputs({
    channels: 1, leastLossPercent: 0, createEncoder: () => new PassedOn(),
    onFault: (message) => {
      throw new Error(message);
    },
  });
  const ids = voices.map((_unused, i) => `p${i}`);
  outputs.setListeners({ mix: true, participantIds: ids });
  const heardVoices = new Map(blocks.map((block, i): [string, Voice] => [`p${i}`, { participantId: `p${i}`, block, levelDbov: 0 }]));
  let from = 0;
  const heard = throughTicks(voices[0] ?? new Float32Array(0), (out) => {
    for (const [i, block] of blocks.entries()) {
      block.left.set((voices[i] ?? out.left).subarray(from, from + tickSamples));
      chains[i]?.process(block);
    }
    const { streams } = outputs.process(samplesToUs(from), { voices: heardVoices, leaving: [], sounds: [] }, []);
    const own = streams.find(({ participantIds }) => participantIds.includes('p0'));
    if (own === undefined) throw new Error('Who talks has no stream of his own.');
    if (opusPacketIsSilence(own.data)) out.left.fill(0);
    else out.left.set(new Float32Array(own.data.buffer));
    from += tickSamples;
  });
  outputs.close();
  for (const chain of chains) chain.close();
  return heard;
}
