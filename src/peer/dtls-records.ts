/**
 * DTLS records (RFC 6347 4.1) and handshake messages (4.2.2) as they stand in a datagram, read no further than it takes to decide whether werift may see them.
 *
 *     record     type(8) version(16) epoch(16) sequence(48) length(16) | fragment
 *     handshake  type(8) length(24) message_seq(16) fragment_offset(24) fragment_length(24) | fragment
 */
import type { DtlsRecord } from './werift-internals.js';

export const recordHeaderBytes = 13;
export const contentTypes = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
export const handshakeTypes = { clientHello: 1, certificate: 11, serverKeyExchange: 12, serverHelloDone: 14, certificateVerify: 15, clientKeyExchange: 16, finished: 20 } as const;
const handshakeHeaderBytes = 12;
/** On the wire versions count downwards from 1.0. */
export const dtls12 = { major: 0xfe, minor: 0xfd } as const;
/** In a ClientHello, after version (2) and random (32). */
const sessionIdLengthAt = 34;

export interface HandshakeFragment {
  readonly type: number;
  readonly sequence: number;
  /** Of the whole message's body. */
  readonly messageLength: number;
  /** Where in the message's body this piece belongs. */
  readonly offset: number;
  readonly body: Buffer;
}

/** The whole records of a datagram, in order; a cut one at the end is left out. */
export function* splitRecords(datagram: Buffer): Generator<Buffer> {
  let at = 0;
  while (at + recordHeaderBytes <= datagram.length) {
    const end = at + recordHeaderBytes + datagram.readUInt16BE(at + 11);
    if (end > datagram.length) return;
    yield datagram.subarray(at, end);
    at = end;
  }
}

export function recordType(record: Buffer): number {
  return record.readUInt8(0);
}

/** 0 while in clear, 1 after ChangeCipherSpec; there is no renegotiation that would lead to 2. */
export function recordEpoch(record: Buffer): number {
  return record.readUInt16BE(3);
}

/** 48 bits, for each epoch anew. */
export function recordNumber(record: Buffer): number {
  return record.readUIntBE(5, 6);
}

/** A copy under another number; good for clear records only, for the number of others is part of their nonce. */
export function withRecordNumber(record: Buffer, number: number): Buffer {
  const copy = Buffer.from(record);
  copy.writeUIntBE(number, 5, 6);
  return copy;
}

/** The shape in which werift's cipher takes a record. */
export function toDtlsRecord(record: Buffer): DtlsRecord {
  return {
    recordLayerHeader: {
      contentType: record.readUInt8(0),
      protocolVersion: { major: record.readUInt8(1), minor: record.readUInt8(2) },
      epoch: record.readUInt16BE(3),
      sequenceNumber: record.readUIntBE(5, 6),
      contentLen: record.length - recordHeaderBytes,
    },
    fragment: record.subarray(recordHeaderBytes),
  };
}

/** Back to bytes. */
export function writeRecord(record: DtlsRecord): Buffer {
  const { contentType, protocolVersion, epoch, sequenceNumber } = record.recordLayerHeader;
  const bytes = Buffer.alloc(recordHeaderBytes + record.fragment.length);
  bytes.writeUInt8(contentType, 0);
  bytes.writeUInt8(protocolVersion.major, 1);
  bytes.writeUInt8(protocolVersion.minor, 2);
  bytes.writeUInt16BE(epoch, 3);
  bytes.writeUIntBE(sequenceNumber, 5, 6);
  bytes.writeUInt16BE(record.fragment.length, 11);
  bytes.set(record.fragment, recordHeaderBytes);
  return bytes;
}

/** The handshake messages or fragments in the clear bytes of a record; undefined when their lengths do not fit together. */
export function splitHandshake(fragment: Buffer): HandshakeFragment[] | undefined {
  const messages: HandshakeFragment[] = [];
  let at = 0;
  while (at < fragment.length) {
    const bodyAt = at + handshakeHeaderBytes;
    if (bodyAt > fragment.length) return undefined;
    const messageLength = fragment.readUIntBE(at + 1, 3);
    const offset = fragment.readUIntBE(at + 6, 3);
    const end = bodyAt + fragment.readUIntBE(at + 9, 3);
    if (end > fragment.length || offset + (end - bodyAt) > messageLength) return undefined;
    messages.push({ type: fragment.readUInt8(at), sequence: fragment.readUInt16BE(at + 4), messageLength, offset, body: fragment.subarray(bodyAt, end) });
    at = end;
  }
  return messages;
}

/** A whole handshake message in one clear record. */
export function writeClearHandshake(type: number, sequence: number, body: Buffer): Buffer {
  const fragment = Buffer.alloc(handshakeHeaderBytes + body.length);
  fragment.writeUInt8(type, 0);
  fragment.writeUIntBE(body.length, 1, 3);
  fragment.writeUInt16BE(sequence, 4);
  fragment.writeUIntBE(body.length, 9, 3);
  fragment.set(body, handshakeHeaderBytes);
  return writeRecord({
    recordLayerHeader: { contentType: contentTypes.handshake, protocolVersion: dtls12, epoch: 0, sequenceNumber: 0, contentLen: fragment.length },
    fragment,
  });
}

/** Whether a ClientHello carries a cookie (RFC 6347 4.2.1): the second one, sent after HelloVerifyRequest. */
export function hasCookie(clientHello: Buffer): boolean {
  if (clientHello.length <= sessionIdLengthAt) return false;
  const cookieLengthAt = sessionIdLengthAt + 1 + clientHello.readUInt8(sessionIdLengthAt);
  return cookieLengthAt < clientHello.length && clientHello.readUInt8(cookieLengthAt) > 0;
}
