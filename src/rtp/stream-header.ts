/**
 * The header of one stream's packets (RFC 3550 5.1), written once: from packet to packet only marker, sequence number, timestamp and contributing sources change, and what the header
 * extensions carry. To write all of it for each packet of each listener costs three times as much and leaves garbage.
 */
import { csrcBytes, fixedHeaderBytes, parseRtpPacket, rtpHeaderBytes, writeRtpHeader, type RtpExtension } from './rtp-packet.js';

export interface StreamHeaderOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  /** With their data as it is at the moment of each packet, always of the same length. */
  readonly extensions: readonly RtpExtension[] | undefined;
}

const markerBit = 0x80;

export class StreamHeader {
  readonly #payloadType: number;
  readonly #bytes: Buffer;
  readonly #extensions: readonly { readonly data: Uint8Array; readonly inHeader: Uint8Array }[];

  /** @throws {RangeError} as {@link writeRtpHeader} */
  constructor({ ssrc, payloadType, extensions = [] }: StreamHeaderOptions) {
    this.#payloadType = payloadType;
    this.#bytes = Buffer.alloc(rtpHeaderBytes(extensions));
    writeRtpHeader(this.#bytes, 0, { ssrc, payloadType, extensions, sequenceNumber: 0, timestamp: 0, marker: false });
    const header = parseRtpPacket(this.#bytes);
    this.#extensions = extensions.map(({ id, data }) => ({ data, inHeader: header?.extension(id) ?? new Uint8Array(0) }));
  }

  byteLength(sources: readonly unknown[]): number {
    return this.#bytes.length + sources.length * csrcBytes;
  }

  /**
   * Writes it to the beginning of a packet.
   *
   * @param sequenceNumber 0 to 65535 @param timestamp 0 to 2^32 - 1 @param sources at most 15
   */
  write(packet: Buffer, marker: boolean, sequenceNumber: number, timestamp: number, sources: readonly { readonly csrc: number }[]): void {
    const bytes = this.#bytes;
    bytes[1] = marker ? this.#payloadType | markerBit : this.#payloadType;
    bytes[2] = sequenceNumber >>> 8;
    bytes[3] = sequenceNumber;
    bytes[4] = timestamp >>> 24;
    bytes[5] = timestamp >>> 16;
    bytes[6] = timestamp >>> 8;
    bytes[7] = timestamp;
    for (const { data, inHeader } of this.#extensions) {
      for (let i = 0; i < inHeader.length; i += 1) inHeader[i] = data[i] ?? 0;
    }
    for (let i = 0; i < fixedHeaderBytes; i += 1) packet[i] = bytes[i] ?? 0;
    packet[0] = (bytes[0] ?? 0) | sources.length;
    let at = fixedHeaderBytes;
    for (const { csrc } of sources) at = packet.writeUInt32BE(csrc, at);
    for (let i = fixedHeaderBytes; i < bytes.length; i += 1) packet[at++] = bytes[i] ?? 0;
  }
}
