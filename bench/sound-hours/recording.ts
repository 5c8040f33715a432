/** What a simulated microphone sends over and over: real Opus packets of a voice with pauses, as a browser with DTX sends them, or of chirps. */
import { createEncoder, type EncoderOptions } from 'libopus-wasm';
import { tickSamples } from '../../mixer/audio/audio-format.js';
import { energy, levelDbov } from '../../mixer/audio/level-meter.js';
import { opusPacketRests } from '../../mixer/audio/opus-packet.js';
import { makeChirp } from '../latency/chirp.js';
import { MadeVoice } from '../network/made-voice.js';

export interface RecordedPacket {
  /** Undefined: DTX sends nothing. */
  readonly data: Uint8Array | undefined;
  readonly levelDbov: number;
}

export type Recording = readonly RecordedPacket[];

/** Long enough that what repeats is no rhythm which playout could learn. */
const voicePackets = 500;
const talkPackets = 330;
/** No multiple of any period in the way. */
export const chirpPackets = 53;
const fullScale = 32_768;
/** About -50 dB of full scale: the room in which the chirps sound. */
const noiseAmplitude = 0.005;

async function record(sounds: readonly Float32Array[], options: EncoderOptions): Promise<Recording> {
  // As browsers send speech; complexity changes the sound and not the time.
  const encoder = await createEncoder({ channels: 1, application: 2048, complexity: 3, ...options });
  let rested = false;
  const packets = sounds.map((sound) => {
    const data = encoder.encodeFloat(sound);
    // As libwebrtc does: the first packet without content is sent, those after it are not.
    const rests = opusPacketRests(data);
    const isSent = !rests || !rested;
    rested = rests;
    return { data: isSent ? data : undefined, levelDbov: levelDbov(energy(sound), sound.length) };
  });
  encoder.free();
  return packets;
}

export function recordVoice(): Promise<Recording> {
  const voice = new MadeVoice();
  const speak = (): Float32Array => {
    const samples = new Int16Array(tickSamples);
    voice.fill(samples);
    return Float32Array.from(samples, (sample) => sample / fullScale);
  };
  return record(Array.from({ length: voicePackets }, (_unused, i) => (i < talkPackets ? speak() : new Float32Array(tickSamples))), { bitrate: 32_000, fec: true, packetLossPercent: 10, dtx: true });
}

/** One chirp in the first packet of {@link chirpPackets}, soft noise in the others. */
export function recordChirps(): Promise<Recording> {
  let seed = 7;
  const noise = (): Float32Array => Float32Array.from({ length: tickSamples }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return noiseAmplitude * (seed / 0x8000_0000 - 1);
  });
  const chirp = makeChirp();
  return record(Array.from({ length: chirpPackets }, (_unused, i) => noise().map((sample, k) => sample + (i === 0 ? (chirp[k] ?? 0) / fullScale : 0))), { bitrate: 48_000 });
}
