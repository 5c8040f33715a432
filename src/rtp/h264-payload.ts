/**
 * H.264 into RTP (RFC 6184), packetization-mode 0 and 1. The packets, each byte named by its first one:
 *
 *     single NAL unit (5.6)     | F NRI type 1-23 | the unit's other bytes |
 *     STAP-A (5.7.1)            | F NRI 24        | size (16) | unit | size (16) | unit | ...
 *     FU-A (5.8)                | F NRI 28        | S E R type | a piece of the unit, its header byte left out |
 *                                                   S: first piece, E: last piece, type: that of the unit cut up
 *
 * Mode 0 has the first only, mode 1 all three. The way back is in `h264-depacketiser.ts`.
 */
import { forbiddenBit, nriMask, splitAnnexB, typeMask } from './nal-unit.js';

export const aggregateUnit = 24;
export const fragmentUnit = 28;
export const fragmentHeaderBytes = 2;
export const firstFragmentBit = 0x80;
export const lastFragmentBit = 0x40;
const sizeBytes = 2;

export interface H264PacketiseOptions {
  /** Bytes of one RTP payload; 3 at least. */
  readonly maxPayloadBytes: number;
  /** The packetization-mode that the receiver's SDP allows; without one in the SDP it is 0. */
  readonly mode: 0 | 1;
}

/** The 16-bit size before each unit of a STAP-A; 0, which no unit has, when it is cut off. */
export function readSize(payload: Uint8Array, at: number): number {
  return at + 1 < payload.length ? ((payload[at] ?? 0) << 8) | (payload[at + 1] ?? 0) : 0;
}

/** Cuts one unit into pieces of nearly equal size: a short last packet would cost the same as a full one and arrive no sooner. */
function pushFragments(payloads: Uint8Array[], nal: Uint8Array, maxPayloadBytes: number): void {
  const header = nal[0] ?? 0;
  const dataBytes = nal.length - 1;
  const count = Math.ceil(dataBytes / (maxPayloadBytes - fragmentHeaderBytes));
  const slab = Buffer.allocUnsafe(dataBytes + count * fragmentHeaderBytes);
  let from = 0;
  for (let piece = 0; piece < count; piece++) {
    const to = Math.round((dataBytes * (piece + 1)) / count);
    const at = from + piece * fragmentHeaderBytes;
    slab[at] = (header & (forbiddenBit | nriMask)) | fragmentUnit;
    slab[at + 1] = (header & typeMask) | (piece === 0 ? firstFragmentBit : 0) | (piece === count - 1 ? lastFragmentBit : 0);
    slab.set(nal.subarray(1 + from, 1 + to), at + fragmentHeaderBytes);
    payloads.push(slab.subarray(at, at + fragmentHeaderBytes + to - from));
    from = to;
  }
}

function pushAggregate(payloads: Uint8Array[], nals: readonly Uint8Array[], totalBytes: number): void {
  const [only] = nals;
  if (only === undefined) return;
  if (nals.length === 1) {
    payloads.push(only);
    return;
  }
  const payload = Buffer.allocUnsafe(totalBytes);
  let forbidden = 0;
  let importance = 0;
  let at = 1;
  for (const nal of nals) {
    const header = nal[0] ?? 0;
    forbidden |= header & forbiddenBit;
    importance = Math.max(importance, header & nriMask);
    payload.writeUInt16BE(nal.length, at);
    payload.set(nal, at + sizeBytes);
    at += sizeBytes + nal.length;
  }
  // 5.7: F is the units' F or-ed together, NRI their greatest.
  payload[0] = forbidden | importance | aggregateUnit;
  payloads.push(payload);
}

/**
 * Cuts one access unit into RTP payloads. Neighbouring units that fit one packet share it (mode 1), units beyond a packet are fragmented
 * (mode 1). Payloads may be views of the access unit, which must not change while they are in use.
 *
 * In mode 0 a unit greater than `maxPayloadBytes` cannot be sent at all: the answer is then empty, as for an access unit without any
 * unit, because a picture with a slice left out is worse than none. The caller counts the frame as dropped and asks the encoder for
 * slices that fit (and a keyframe).
 *
 * @throws {RangeError} when `maxPayloadBytes` is below 3.
 */
export function packetiseH264(accessUnit: Uint8Array, { maxPayloadBytes, mode }: H264PacketiseOptions): Uint8Array[] {
  if (!(maxPayloadBytes > fragmentHeaderBytes)) throw new RangeError(`no room for H.264 data in ${maxPayloadBytes} bytes`);
  const nals = splitAnnexB(accessUnit);
  if (mode === 0) return nals.every((nal) => nal.length <= maxPayloadBytes) ? nals : [];
  const payloads: Uint8Array[] = [];
  let gathered: Uint8Array[] = [];
  let gatheredBytes = 1;
  for (const nal of nals) {
    const fits = gatheredBytes + sizeBytes + nal.length <= maxPayloadBytes;
    if (!fits) {
      pushAggregate(payloads, gathered, gatheredBytes);
      gathered = [];
      gatheredBytes = 1;
    }
    if (nal.length > maxPayloadBytes) {
      pushFragments(payloads, nal, maxPayloadBytes);
      continue;
    }
    gathered.push(nal);
    gatheredBytes += sizeBytes + nal.length;
  }
  pushAggregate(payloads, gathered, gatheredBytes);
  return payloads;
}
