/**
 * What a packet of generic forward error correction says of those that it protects (RFC 5109 7.3 and 7.4, protection level 0):
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     |E|L|P|X|  CC   |M| PT recovery |            SN base            |
 *     |                          TS recovery                          |
 *     |        length recovery        |       protection length       |
 *     |             mask              |  32 more bits of it, with L   |
 *     |  exclusive or of the first "protection length" bytes behind the fixed header of each packet ...
 *
 * Bit 0 of the mask, the highest, is the packet of the base. "Recovery" is the exclusive or of that field of all of them; the length is what follows the fixed header.
 */
const headerBytes = 10;
const shortLevelBytes = 4;
const longLevelBytes = 8;
const extensionFlag = 0x80;
const longMaskFlag = 0x40;
/** P, X and CC. */
const flagsMask = 0x3f;

export interface UlpfecPayload {
  /** P, X and CC, in their places of an RTP packet's first byte. */
  readonly flags: number;
  /** M and payload type, as in its second. */
  readonly typeByte: number;
  readonly timestamp: number;
  /** Bytes behind the fixed header. */
  readonly length: number;
  /** The sequence number of the base. */
  readonly baseSequenceNumber: number;
  /** How far from the base each protected packet is, 0 to 47, ascending; one at least. */
  readonly offsets: readonly number[];
  /** A view into the payload. */
  readonly data: Uint8Array;
}

/** Never throws; undefined for what is cut short, protects nothing, or is of a later version (E). */
export function readUlpfec(payload: Uint8Array): UlpfecPayload | undefined {
  const first = payload[0] ?? 0;
  const isLong = (first & longMaskFlag) !== 0;
  const dataStart = headerBytes + (isLong ? longLevelBytes : shortLevelBytes);
  if (payload.length < dataStart || (first & extensionFlag) !== 0) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const protectedBytes = view.getUint16(headerBytes);
  const offsets = readOffsets(view, isLong ? 48 : 16);
  if (offsets.length === 0 || dataStart + protectedBytes > payload.length) return undefined;
  return {
    flags: first & flagsMask,
    typeByte: view.getUint8(1),
    baseSequenceNumber: view.getUint16(2),
    timestamp: view.getUint32(4),
    length: view.getUint16(8),
    offsets,
    data: payload.subarray(dataStart, dataStart + protectedBytes),
  };
}

function readOffsets(view: DataView, bits: number): number[] {
  const offsets: number[] = [];
  const maskStart = headerBytes + 2;
  for (let bit = 0; bit < bits; bit += 1) {
    if ((view.getUint8(maskStart + (bit >> 3)) & (0x80 >> (bit & 7))) !== 0) offsets.push(bit);
  }
  return offsets;
}
