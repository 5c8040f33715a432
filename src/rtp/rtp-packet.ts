/**
 * The RTP packet (RFC 3550 5.1) with its header extensions (RFC 8285), read in place and written in place.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *     |                           timestamp                           |
 *     |                             SSRC                              |
 *     |            CSRC identifiers, CC of them, 4 bytes each         |
 *     |  0xBEDE (one-byte) or 0x100x  |  length in 4-byte words       |   when X is set
 *     |  one-byte: ID(4) len-1(4) data...; two-byte: ID(8) len(8) data...; 0 is padding
 */
import { readUint16, readUint32 } from './big-endian.js';
import { viewOf } from './byte-views.js';

export const fixedHeaderBytes = 12;
const extensionHeaderBytes = 4;
export const csrcBytes = 4;
/** CC has four bits (RFC 3550 5.1). */
export const mostCsrcs = 15;
const versionBits = 0x80;
const paddingBit = 0x20;
const extensionBit = 0x10;
const oneByteProfile = 0xbede;
const twoByteProfile = 0x1000;
/** RFC 8285 4.2: in the one-byte form 15 is no id but the order to stop reading. */
const oneByteStopId = 15;

/** One received packet. All byte arrays are views into the datagram: copy what must outlive it. */
export interface RtpPacket {
  /** The first byte as it came: version, padding, extension, CSRC count. */
  readonly flags: number;
  /** 0 to 127. */
  readonly payloadType: number;
  readonly marker: boolean;
  /** 0 to 65535. */
  readonly sequenceNumber: number;
  /** RTP clock ticks, 0 to 2^32 - 1. */
  readonly timestamp: number;
  /** 0 to 2^32 - 1. */
  readonly ssrc: number;
  /** Without its padding; empty in a packet that is padding only, as senders use to probe. */
  readonly payload: Uint8Array;
  /** The data of the header extension negotiated under this id (1 to 255), undefined when the packet does not carry it. */
  extension(id: number): Uint8Array | undefined;
  /** CSRC identifiers and header extensions as they came: all between the fixed header and the payload. */
  headerTail(): Uint8Array;
}

/** A header extension to be written: id 1 to 255, data of at most 255 bytes. */
export interface RtpExtension {
  readonly id: number;
  readonly data: Uint8Array;
}

/** What {@link writeRtpHeader} writes; ranges as in {@link RtpPacket}. */
export interface RtpHeader {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** At most {@link mostCsrcs}. */
  readonly csrcs?: readonly number[] | undefined;
  readonly extensions?: readonly RtpExtension[] | undefined;
}

/** Searches the extension block at each question: most packets are asked for one or two of theirs, so a map would cost more than it saves. */
class ReceivedRtpPacket implements RtpPacket {
  readonly flags: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
  readonly #datagram: Uint8Array;
  readonly #extensionProfile: number;
  readonly #extensionStart: number;
  readonly #extensionEnd: number;

  constructor(datagram: Uint8Array, payloadStart: number, payloadEnd: number) {
    const firstByte = datagram[0] ?? 0;
    const typeByte = datagram[1] ?? 0;
    const csrcEnd = fixedHeaderBytes + (firstByte & 0x0f) * csrcBytes;
    this.flags = firstByte;
    this.payloadType = typeByte & 0x7f;
    this.marker = typeByte >= 0x80;
    this.sequenceNumber = readUint16(datagram, 2);
    this.timestamp = readUint32(datagram, 4);
    this.ssrc = readUint32(datagram, 8);
    this.payload = viewOf(datagram, payloadStart, payloadEnd);
    this.#datagram = datagram;
    this.#extensionProfile = (firstByte & extensionBit) === 0 ? 0 : readUint16(datagram, csrcEnd);
    this.#extensionStart = csrcEnd + extensionHeaderBytes;
    this.#extensionEnd = payloadStart;
  }

  headerTail(): Uint8Array {
    return viewOf(this.#datagram, fixedHeaderBytes, this.#extensionEnd);
  }

  extension(id: number): Uint8Array | undefined {
    if (id === 0) return undefined;
    const isOneByte = this.#extensionProfile === oneByteProfile;
    // The low four bits of the two-byte profile belong to the application (RFC 8285 4.3).
    if (!isOneByte && (this.#extensionProfile & 0xfff0) !== twoByteProfile) return undefined;
    const bytes = this.#datagram;
    const end = this.#extensionEnd;
    let at = this.#extensionStart;
    while (at < end) {
      const first = bytes[at++] ?? 0;
      if (first === 0) continue;
      let elementId = first;
      let length: number;
      if (isOneByte) {
        elementId = first >>> 4;
        length = (first & 0x0f) + 1;
        if (elementId === oneByteStopId) return undefined;
      } else {
        if (at === end) return undefined;
        length = bytes[at++] ?? 0;
      }
      if (at + length > end) return undefined;
      if (elementId === id) return viewOf(bytes, at, at + length);
      at += length;
    }
    return undefined;
  }
}

/**
 * Where the payload begins: fixed header, CSRCs and extensions, which SRTP leaves in clear (RFC 3711 3.1). Undefined for whatever is no RTP packet or
 * whose header claims more bytes than there are. Never throws.
 */
export function findRtpPayload(datagram: Uint8Array): number | undefined {
  if (datagram.length < fixedHeaderBytes) return undefined;
  const firstByte = datagram[0] ?? 0;
  if ((firstByte & 0xc0) !== versionBits) return undefined;
  let payloadStart = fixedHeaderBytes + (firstByte & 0x0f) * csrcBytes;
  if ((firstByte & extensionBit) !== 0) {
    const dataStart = payloadStart + extensionHeaderBytes;
    if (dataStart > datagram.length) return undefined;
    payloadStart = dataStart + readUint16(datagram, dataStart - 2) * 4;
  }
  return payloadStart > datagram.length ? undefined : payloadStart;
}

/** Reads a decrypted datagram. Never throws; undefined for whatever is no RTP packet or claims more bytes than there are. */
export function parseRtpPacket(datagram: Uint8Array): RtpPacket | undefined {
  const payloadStart = findRtpPayload(datagram);
  if (payloadStart === undefined) return undefined;
  let payloadEnd = datagram.length;
  if (((datagram[0] ?? 0) & paddingBit) !== 0) {
    // The count includes its own byte, so 0 is as wrong as too many.
    const paddingBytes = payloadStart === payloadEnd ? 0 : (datagram[payloadEnd - 1] ?? 0);
    if (paddingBytes === 0 || payloadEnd - paddingBytes < payloadStart) return undefined;
    payloadEnd -= paddingBytes;
  }
  return new ReceivedRtpPacket(datagram, payloadStart, payloadEnd);
}

/**
 * Tells RTCP from RTP on a multiplexed port (RFC 5761 4): packet types 192 to 223 are RTCP. Looks at the clear header only, so it may be asked before
 * decryption too.
 */
export function isRtcp(datagram: Uint8Array): boolean {
  const type = datagram[1] ?? 0;
  return datagram.length >= 4 && type >= 192 && type <= 223;
}

/** True when all of them fit the one-byte form of RFC 8285 4.2; a packet uses one form throughout. */
function fitOneByteForm(extensions: readonly RtpExtension[]): boolean {
  for (const { id, data } of extensions) {
    if (id >= oneByteStopId || data.length === 0 || data.length > 16) return false;
  }
  return true;
}

/** Bytes that {@link writeRtpHeader} takes for a header with these extensions and so many CSRCs. */
export function rtpHeaderBytes(extensions: readonly RtpExtension[] | undefined, csrcs = 0): number {
  const beforeExtensions = fixedHeaderBytes + csrcs * csrcBytes;
  if (extensions === undefined || extensions.length === 0) return beforeExtensions;
  const elementHeaderBytes = fitOneByteForm(extensions) ? 1 : 2;
  let dataBytes = 0;
  for (const { data } of extensions) dataBytes += elementHeaderBytes + data.length;
  return beforeExtensions + extensionHeaderBytes + Math.ceil(dataBytes / 4) * 4;
}

/**
 * Writes an RTP header without padding into `target` at `offset`.
 *
 * @returns the number of bytes written; the payload follows there.
 * @throws {RangeError} when it does not fit or a field is out of its range: the caller's bug, never a matter of input.
 */
export function writeRtpHeader(target: Buffer, offset: number, header: RtpHeader): number {
  const { extensions, csrcs = [] } = header;
  const hasExtensions = extensions !== undefined && extensions.length > 0;
  // Beyond 127 it would run into the marker bit unnoticed.
  if (header.payloadType > 127) throw new RangeError(`payload type ${header.payloadType}`);
  if (csrcs.length > mostCsrcs) throw new RangeError(`${csrcs.length} CSRCs`);
  target.writeUInt8((hasExtensions ? versionBits | extensionBit : versionBits) | csrcs.length, offset);
  target.writeUInt8(header.marker ? header.payloadType | 0x80 : header.payloadType, offset + 1);
  target.writeUInt16BE(header.sequenceNumber, offset + 2);
  target.writeUInt32BE(header.timestamp, offset + 4);
  target.writeUInt32BE(header.ssrc, offset + 8);
  let end = offset + fixedHeaderBytes;
  for (const csrc of csrcs) end = target.writeUInt32BE(csrc, end);
  if (!hasExtensions) return end - offset;

  const isOneByte = fitOneByteForm(extensions);
  const dataStart = end + extensionHeaderBytes;
  let at = dataStart;
  for (const { id, data } of extensions) {
    if (id < 1) throw new RangeError(`header extension id ${id}`);
    if (isOneByte) {
      target.writeUInt8((id << 4) | (data.length - 1), at++);
    } else {
      target.writeUInt8(id, at++);
      target.writeUInt8(data.length, at++);
    }
    if (at + data.length > target.length) throw new RangeError('the header does not fit its buffer');
    target.set(data, at);
    at += data.length;
  }
  while (((at - dataStart) & 3) !== 0) target.writeUInt8(0, at++);
  target.writeUInt16BE(isOneByte ? oneByteProfile : twoByteProfile, end);
  target.writeUInt16BE((at - dataStart) / 4, end + 2);
  return at - offset;
}

/** Declares the last `paddingBytes` of a packet, 1 to 255, padding (RFC 3550 5.1). */
export function markPadded(packet: Buffer, paddingBytes: number): void {
  packet.fill(0, packet.length - paddingBytes);
  packet.writeUInt8(paddingBytes, packet.length - 1);
  packet.writeUInt8(packet.readUInt8(0) | paddingBit, 0);
}
