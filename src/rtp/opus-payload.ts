/**
 * Opus in RTP (RFC 7587): one payload is one Opus packet, nothing added. Its first byte says how long it lasts (RFC 6716 3.1):
 *
 *      0 1 2 3 4 5 6 7
 *     | config  |s| c |    s: stereo;  c: 0 one frame, 1 two equal, 2 two unequal, 3 a count in the next byte
 *
 *     c = 3:  |v|p|  M  |  v: sizes differ, p: padding length follows, M: 1 to 48 frames
 *
 * The rest of RFC 6716 3.2 is checked too ([R1] to [R7] there), so that a decoder never sees a packet that it must refuse.
 */

/** RFC 7587 4.1: the RTP clock of Opus, whatever the encoder's own rate. */
export const opusClockHz = 48_000;
/** RFC 6716 3.2.5 [R5]: a packet lasts 120 ms at most. */
const maxPacketSamples = 5_760;
/** RFC 6716 3.2.1: the longest frame its length coding can name. */
const maxFrameBytes = 1_275;

const silkFrameSamples = [480, 960, 1_920, 2_880] as const;
const hybridFrameSamples = [480, 960] as const;
const celtFrameSamples = [120, 240, 480, 960] as const;

/** RFC 6716 table 2. */
function frameSamples(config: number): number {
  if (config < 12) return silkFrameSamples[config & 3] ?? 0;
  if (config < 16) return hybridFrameSamples[config & 1] ?? 0;
  return celtFrameSamples[config & 3] ?? 0;
}

/** Bytes that a frame length takes at `at` (RFC 6716 3.2.1); beyond the packet's end the caller's own check fails. */
function lengthBytes(packet: Uint8Array, at: number): number {
  return (packet[at] ?? 0) < 252 ? 1 : 2;
}

/** The frame length written at `at`. */
function readLength(packet: Uint8Array, at: number): number {
  const first = packet[at] ?? 0;
  return first < 252 ? first : first + 4 * (packet[at + 1] ?? 0);
}

/** Code 2: two frames, the first one's length written out. */
function fitsTwoFrames(packet: Uint8Array): boolean {
  const at = 1 + lengthBytes(packet, 1);
  const firstBytes = readLength(packet, 1);
  return packet.length > 1 && at + firstBytes <= packet.length && packet.length - at - firstBytes <= maxFrameBytes;
}

/** Code 3: M frames, padding taken off first, then lengths of all but the last (VBR) or an equal share each (CBR). */
function fitsManyFrames(packet: Uint8Array): boolean {
  const head = packet[1] ?? 0;
  const frameCount = head & 0x3f;
  let at = 2;
  let end = packet.length;
  if ((head & 0x40) !== 0) {
    let paddingByte: number;
    do {
      if (at >= end) return false;
      paddingByte = packet[at++] ?? 0;
      // 255 stands for 254 bytes of padding and one more length byte.
      end -= paddingByte === 255 ? 254 : paddingByte;
    } while (paddingByte === 255);
  }
  if ((head & 0x80) === 0) return end >= at && (end - at) % frameCount === 0 && (end - at) / frameCount <= maxFrameBytes;
  let writtenBytes = 0;
  for (let frame = 0; frame < frameCount - 1; frame++) {
    if (at >= end) return false;
    writtenBytes += readLength(packet, at);
    at += lengthBytes(packet, at);
  }
  const lastBytes = end - at - writtenBytes;
  return lastBytes >= 0 && lastBytes <= maxFrameBytes;
}

/** Frames in the packet by its first bytes, 0 when they break RFC 6716 3.2. */
function countFrames(packet: Uint8Array): number {
  const first = packet[0];
  if (first === undefined) return 0;
  switch (first & 3) {
    case 0:
      return packet.length - 1 <= maxFrameBytes ? 1 : 0;
    case 1:
      return packet.length % 2 === 1 && (packet.length - 1) / 2 <= maxFrameBytes ? 2 : 0;
    case 2:
      return fitsTwoFrames(packet) ? 2 : 0;
    default: {
      const frameCount = (packet[1] ?? 0) & 0x3f;
      return frameCount > 0 && frameCount * frameSamples(first >> 3) <= maxPacketSamples && fitsManyFrames(packet) ? frameCount : 0;
    }
  }
}

/**
 * How long an Opus packet lasts, in samples (RTP ticks) at 48 kHz: 120 to 5,760, and 0 for bytes that are no valid Opus packet.
 * Never throws and does not allocate.
 */
export function opusPacketSamples(packet: Uint8Array): number {
  return countFrames(packet) * frameSamples((packet[0] ?? 0) >> 3);
}

/** Channels that the packet was coded with; a decoder of either count plays both (RFC 6716 3.1). Meaningful for valid packets only. */
export function opusPacketChannels(packet: Uint8Array): 1 | 2 {
  return ((packet[0] ?? 0) & 0x04) === 0 ? 1 : 2;
}
