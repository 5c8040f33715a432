/**
 * VP8 in RTP (RFC 7741 4.2) and the uncompressed head of a VP8 frame (RFC 6386 9.1).
 *
 *          0 1 2 3 4 5 6 7
 *         |X|R|N|S|R| PID |     required
 *     X:  |I|L|T|K|  RSV  |     when X is set
 *     I:  |M| PictureID   |     7 bits, or 15 over two bytes when M is set
 *     L:  |   TL0PICIDX   |
 *     T,K:|TID|Y| KEYIDX  |     when T or K is set
 *
 * A frame begins in the packet with S = 1 and PID = 0 and nowhere else. Then come the frame's own bytes:
 *
 *     frame tag, 3 bytes little-endian:  first-partition size (19) | show (1) | version (3) | 1 = not a keyframe (1)
 *     keyframes only:                    9d 01 2a | scale (2) width (14) | scale (2) height (14), both 16 bits little-endian
 */
import { holdsKeyframe, isDamaged, joinBytes, pictureNumbers, splitsFrames, startsFrame } from './video-depacketiser.js';
import type { JoinedFrame, PictureSize, VideoDepacketiser } from './video-depacketiser.js';

const extendedBit = 0x80;
const nonReferenceBit = 0x20;
/** S and PID together, the reserved bit between them left out: S alone is "first packet of partition 0". */
const partitionMask = 0x17;
const frameStart = 0x10;
const pictureIdBit = 0x80;
const tl0PictureIndexBit = 0x40;
const temporalLayerBit = 0x20;
const keyIndexBit = 0x10;
const longPictureIdBit = 0x80;
const keyframeHeadBytes = 10;
/** What {@link packetiseVp8} writes before each piece with a picture id: the required byte, the extension byte, 15 bits. */
const longDescriptorBytes = 4;

/** One packet taken apart; optional fields are undefined when the sender left them out. */
export interface Vp8Packet {
  /** A view into the payload, one byte at least. */
  readonly data: Uint8Array;
  readonly startOfPartition0: boolean;
  /** No other frame refers to this one. */
  readonly nonReference: boolean;
  /** 7 or 15 bits, as sent. */
  readonly pictureId: number | undefined;
  /** 8 bits. */
  readonly tl0PictureIndex: number | undefined;
  /** 0 to 3. */
  readonly temporalLayerId: number | undefined;
  readonly layerSync: boolean | undefined;
  /** 5 bits. */
  readonly keyIndex: number | undefined;
}

/** Length of the payload descriptor, 0 when it is cut short or no frame data follows it. */
function descriptorBytes(payload: Uint8Array): number {
  let at = 1;
  if (((payload[0] ?? 0) & extendedBit) !== 0) {
    const extension = payload[at++] ?? 0;
    if ((extension & pictureIdBit) !== 0) at += ((payload[at] ?? 0) & longPictureIdBit) !== 0 ? 2 : 1;
    if ((extension & tl0PictureIndexBit) !== 0) at++;
    if ((extension & (temporalLayerBit | keyIndexBit)) !== 0) at++;
  }
  return at < payload.length ? at : 0;
}

/** Takes one RTP payload apart. Never throws; undefined when it is cut short. */
export function depacketiseVp8(payload: Uint8Array): Vp8Packet | undefined {
  const headBytes = descriptorBytes(payload);
  if (headBytes === 0) return undefined;
  const first = payload[0] ?? 0;
  let at = 1;
  const extension = (first & extendedBit) !== 0 ? (payload[at++] ?? 0) : 0;
  let pictureId: number | undefined;
  if ((extension & pictureIdBit) !== 0) {
    pictureId = payload[at++] ?? 0;
    if ((pictureId & longPictureIdBit) !== 0) pictureId = ((pictureId & 0x7f) << 8) | (payload[at++] ?? 0);
  }
  const tl0PictureIndex = (extension & tl0PictureIndexBit) !== 0 ? payload[at++] : undefined;
  const layerByte = (extension & (temporalLayerBit | keyIndexBit)) !== 0 ? (payload[at] ?? 0) : 0;
  const hasLayer = (extension & temporalLayerBit) !== 0;
  return {
    data: payload.subarray(headBytes),
    startOfPartition0: (first & partitionMask) === frameStart,
    nonReference: (first & nonReferenceBit) !== 0,
    pictureId,
    tl0PictureIndex,
    temporalLayerId: hasLayer ? layerByte >> 6 : undefined,
    layerSync: hasLayer ? (layerByte & 0x20) !== 0 : undefined,
    keyIndex: (extension & keyIndexBit) !== 0 ? layerByte & 0x1f : undefined,
  };
}

/** True for the bytes of a VP8 keyframe (from the frame's first byte on). */
export function isVp8Keyframe(frame: Uint8Array): boolean {
  return frame.length > 0 && ((frame[0] ?? 1) & 1) === 0;
}

/** Size in pixels from a keyframe's head; undefined for other frames and for a head without its start code or with an empty picture. */
export function readVp8KeyframeSize(frame: Uint8Array): PictureSize | undefined {
  if (!isVp8Keyframe(frame) || frame.length < keyframeHeadBytes) return undefined;
  if (frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) return undefined;
  // The upper two bits ask the player to scale up; nobody does, and the decoder's picture is not scaled.
  const widthPx = ((frame[6] ?? 0) | ((frame[7] ?? 0) << 8)) & 0x3fff;
  const heightPx = ((frame[8] ?? 0) | ((frame[9] ?? 0) << 8)) & 0x3fff;
  return widthPx > 0 && heightPx > 0 ? { widthPx, heightPx } : undefined;
}

/** {@link VideoDepacketiser} for VP8. Remembers nothing. */
export class Vp8Depacketiser implements VideoDepacketiser {
  readonly codec = 'vp8';

  inspect(payload: Uint8Array): number {
    const headBytes = descriptorBytes(payload);
    if (headBytes === 0) return isDamaged;
    if (((payload[0] ?? 0) & partitionMask) !== frameStart) return 0;
    const isKeyframe = ((payload[headBytes] ?? 1) & 1) === 0;
    return isKeyframe ? startsFrame | splitsFrames | holdsKeyframe : startsFrame | splitsFrames;
  }

  pictureNumber(payload: Uint8Array): number | undefined {
    const [first = 0, extension = 0, high = 0, low = 0] = payload;
    if ((first & extendedBit) === 0 || (extension & pictureIdBit) === 0) return undefined;
    return ((high & longPictureIdBit) === 0 ? high : low) % pictureNumbers;
  }

  join(payloads: readonly Uint8Array[]): JoinedFrame | 'damaged' {
    const first = payloads[0];
    if (first === undefined || ((first[0] ?? 0) & partitionMask) !== frameStart) return 'damaged';
    const parts: Uint8Array[] = [];
    let totalBytes = 0;
    for (const payload of payloads) {
      const headBytes = descriptorBytes(payload);
      if (headBytes === 0) return 'damaged';
      parts.push(payload.subarray(headBytes));
      totalBytes += payload.length - headBytes;
    }
    const data = joinBytes(parts, totalBytes);
    if (!isVp8Keyframe(data)) return { data, keyframe: false };
    const size = readVp8KeyframeSize(data);
    return size === undefined ? 'damaged' : { data, keyframe: true, ...size };
  }

  salvage(): void {
    // A keyframe stands alone: nothing in a lost frame helps a later one.
  }

  overhear(payload: Uint8Array): PictureSize | undefined {
    return (this.inspect(payload) & holdsKeyframe) === 0 ? undefined : readVp8KeyframeSize(payload.subarray(descriptorBytes(payload)));
  }
}

export interface Vp8PacketiseOptions {
  /** Bytes of one RTP payload, descriptor included; 5 at least. */
  readonly maxPayloadBytes: number;
  /** Counts frames, modulo 2^15; only its lower 15 bits are written. Without it receivers go by sequence numbers alone. */
  readonly pictureId?: number | undefined;
}

/**
 * Cuts one encoded frame into RTP payloads of nearly equal size (a short last packet would cost the same as a full one and arrive no
 * sooner). The payloads are views of one buffer. An empty frame makes no packet.
 *
 * @throws {RangeError} when `maxPayloadBytes` leaves no room for data.
 */
export function packetiseVp8(frame: Uint8Array, { maxPayloadBytes, pictureId }: Vp8PacketiseOptions): Uint8Array[] {
  const descriptorBytes = pictureId === undefined ? 1 : longDescriptorBytes;
  const roomBytes = maxPayloadBytes - descriptorBytes;
  if (!(roomBytes >= 1)) throw new RangeError(`no room for VP8 data in ${maxPayloadBytes} bytes`);
  const count = Math.ceil(frame.length / roomBytes);
  const slab = Buffer.allocUnsafe(frame.length + count * descriptorBytes);
  const payloads: Uint8Array[] = [];
  let from = 0;
  for (let packet = 0; packet < count; packet++) {
    const to = Math.round((frame.length * (packet + 1)) / count);
    const at = from + packet * descriptorBytes;
    slab[at] = packet === 0 ? frameStart : 0;
    if (pictureId !== undefined) writePictureId(slab, at, pictureId);
    slab.set(frame.subarray(from, to), at + descriptorBytes);
    payloads.push(slab.subarray(at, at + descriptorBytes + to - from));
    from = to;
  }
  return payloads;
}

function writePictureId(slab: Buffer, at: number, pictureId: number): void {
  slab[at] = (slab[at] ?? 0) | extendedBit;
  slab[at + 1] = pictureIdBit;
  slab[at + 2] = longPictureIdBit | ((pictureId >> 8) & 0x7f);
  slab[at + 3] = pictureId & 0xff;
}
