/**
 * What an Opus packet says about itself before it is decoded (RFC 6716 section 3.1, table of contents byte):
 *
 *      0 1 2 3 4 5 6 7
 *     +-+-+-+-+-+-+-+-+
 *     | config  |s| c |    config: mode, bandwidth, frame length · s: stereo · c: 0 one frame, 1 and 2 two, 3 a count byte follows
 *     +-+-+-+-+-+-+-+-+
 */
import { sampleRateHz } from './audio-format.js';

/** A packet may not be longer than 120 ms (RFC 6716 section 3.4, R5). */
const longestPacketSamples = (sampleRateHz * 120) / 1000;

const silkFrameSamples = [480, 960, 1920, 2880] as const;
const hybridFrameSamples = [480, 960] as const;
const celtFrameSamples = [120, 240, 480, 960] as const;

/** Configurations below are SILK alone, then hybrid, then CELT alone. */
const firstHybridConfig = 12;
const firstCeltConfig = 16;

/** 20 ms of digital silence, mono, full band: three bytes that any decoder takes without having seen a packet before. */
const silencePacket = [0xf8, 0xff, 0xfe] as const;

function frameSamples(config: number): number {
  if (config < firstHybridConfig) return silkFrameSamples[(config & 3) as 0 | 1 | 2 | 3];
  if (config < firstCeltConfig) return hybridFrameSamples[(config & 1) as 0 | 1];
  return celtFrameSamples[(config & 3) as 0 | 1 | 2 | 3];
}

function frameCount(data: Uint8Array): number {
  const code = (data[0] ?? 0) & 3;
  if (code === 3) return (data[1] ?? 0) & 0x3f;
  return code === 0 ? 1 : 2;
}

/** Length at 48 kHz: 120 to 5760 samples; 0 when this is no Opus packet (only the length is looked at, not the frames). */
export function opusPacketSamples(data: Uint8Array): number {
  const toc = data[0];
  if (toc === undefined) return 0;
  const samples = frameSamples(toc >> 3) * frameCount(data);
  return samples <= longestPacketSamples ? samples : 0;
}

/**
 * Whether the packet carries the one before it a second time, coarser (LBRR, RFC 6716 sections 4.2.3 and 4.2.4): a SILK frame begins with one
 * activity bit for each of its 20 ms parts, then this flag. Looked up in packets of one frame; others answer false, then loss is concealed.
 */
export function opusPacketHasFec(data: Uint8Array): boolean {
  const [toc, firstByte] = data;
  if (toc === undefined || firstByte === undefined || (toc & 3) !== 0) return false;
  const config = toc >> 3;
  if (config >= firstCeltConfig) return false;
  const parts = Math.max(1, frameSamples(config) / 960);
  const middle = (firstByte >> (7 - parts)) & 1;
  const side = (toc & 4) !== 0 ? (firstByte >> (6 - 2 * parts)) & 1 : 0;
  return middle === 1 || side === 1;
}

/** A new one each time: what is sent is transferred to another thread. */
export function opusSilencePacket(): Uint8Array {
  return Uint8Array.from(silencePacket);
}
