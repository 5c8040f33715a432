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

/** 20 ms of digital silence, full band: three bytes that any decoder takes without having seen a packet before. */
const silencePackets = { 1: [0xf8, 0xff, 0xfe], 2: [0xfc, 0xff, 0xfe] } as const;

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

/** Whether both channels are coded; a decoder of two channels gives a mono packet's sound twice. */
export function opusPacketIsStereo(data: Uint8Array): boolean {
  return ((data[0] ?? 0) & 4) !== 0;
}

/** Whether the sender rests: with DTX nothing is coded, and nothing more is sent until something sounds, or 400 ms later (RFC 7587 section 3.1.3). */
export function opusPacketRests(data: Uint8Array): boolean {
  return data.length <= 2;
}

/** Where the first frame begins behind table of contents, counts, padding lengths and frame lengths (RFC 6716 section 3.2). */
function firstFrameOffset(data: Uint8Array): number {
  const code = (data[0] ?? 0) & 3;
  if (code < 2) return 1;
  if (code === 2) return 1 + lengthBytes(data, 1);
  const counts = data[1] ?? 0;
  let offset = 2;
  if ((counts & 0x40) !== 0) {
    // 255 stands for 254 bytes of padding and says that another length follows.
    while (data[offset] === 255) offset += 1;
    offset += 1;
  }
  if ((counts & 0x80) !== 0) for (let frame = 1; frame < (counts & 0x3f); frame += 1) offset += lengthBytes(data, offset);
  return offset;
}

/** A frame's length takes two bytes from 252 on. */
function lengthBytes(data: Uint8Array, offset: number): number {
  return (data[offset] ?? 0) < 252 ? 1 : 2;
}

/**
 * Whether the packet carries the end of the one before it a second time, coarser (LBRR, RFC 6716 sections 4.2.3 and 4.2.4): its first SILK frame
 * begins with one activity bit for each of its 20 ms parts, then this flag; in stereo the same for the second channel follows.
 */
export function opusPacketHasFec(data: Uint8Array): boolean {
  const toc = data[0];
  const bits = data[firstFrameOffset(data)];
  if (toc === undefined || bits === undefined || toc >> 3 >= firstCeltConfig) return false;
  const parts = Math.max(1, frameSamples(toc >> 3) / 960);
  const middle = (bits >> (7 - parts)) & 1;
  const side = opusPacketIsStereo(data) ? (bits >> (6 - 2 * parts)) & 1 : 0;
  return middle === 1 || side === 1;
}

/** Whether it is the one that {@link opusSilencePacket} gives: nothing else is so short, and nothing in it can be heard. */
export function opusPacketIsSilence(data: Uint8Array): boolean {
  return data.length === 3 && data[1] === 0xff && data[2] === 0xfe && (data[0] === 0xf8 || data[0] === 0xfc);
}

/** A new one each time: what is sent is transferred to another thread. */
export function opusSilencePacket(channels: 1 | 2): Uint8Array {
  return Uint8Array.from(silencePackets[channels]);
}
