/**
 * Whether the other end of a DTLS handshake is who the SDP says, computed anew from the transcript: werift compares the certificate's hash only, and the
 * certificate travels in clear. What is checked (RFC 5246, RFC 8827 6.5):
 *
 *     fingerprint                  the certificate is the one that signalling announced
 *     CertificateVerify (7.4.8)    the client owns its key: signature over all messages before it
 *     ServerKeyExchange (7.4.3)    the server owns its key: signature over both randoms and its key share
 *     Finished (7.4.9)             both saw the same handshake: PRF(master secret, label, hash of all messages before it), 12 bytes
 *     key share                    the secret was made with the share that stands in the transcript
 */
import { createHash, createHmac, timingSafeEqual, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { certificateFingerprint } from './certificate.js';
import { handshakeTypes } from './dtls-records.js';
import type { DtlsSocketInternals, HandshakeMessage } from './werift-internals.js';

/** From the SDP's `a=fingerprint`. */
export interface Fingerprint {
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  /** Upper case, `AB:CD:...`. */
  readonly value: string;
}

export interface HandshakeToProve {
  readonly socket: DtlsSocketInternals;
  readonly role: 'server' | 'client';
  readonly fingerprints: readonly Fingerprint[];
  /** The verify_data of the other side's Finished, decrypted. */
  readonly peerFinished: Buffer | undefined;
}

const verifyDataBytes = 12;
/** TLS 1.2 HashAlgorithm (RFC 5246 7.4.1.4.1) without MD5, SHA-1 and SHA-224. */
const signatureHashes = new Map([
  [4, 'sha256'],
  [5, 'sha384'],
  [6, 'sha512'],
]);

/** @returns undefined when all is proved, else what is not. Never throws: a malformed message is a failed proof. */
export function findHandshakeFlaw(handshake: HandshakeToProve): string | undefined {
  try {
    return handshake.role === 'server' ? findClientFlaw(handshake) : findServerFlaw(handshake);
  } catch (error) {
    return `malformed handshake: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function findClientFlaw({ socket, fingerprints, peerFinished }: HandshakeToProve): string | undefined {
  const messages = socket.dtls.sortedHandshakeCache;
  // Ours comes first in the transcript, the client's after it.
  const certificate = readCertificate(messages.findLast(isCertificate));
  if (!isAnnounced(certificate, fingerprints)) return 'fingerprint';
  const verifyAt = messages.findIndex((message) => message.msg_type === handshakeTypes.certificateVerify);
  const { algorithm, signature } = readSignature(messages[verifyAt]?.fragment ?? Buffer.alloc(0), 0);
  if (!isSigned(transcript(messages.slice(0, verifyAt)), certificate.publicKey, algorithm, signature)) return 'CertificateVerify';
  // ClientKeyExchange (RFC 8422 5.7): the share after its length.
  const share = bodyOf(messages, handshakeTypes.clientKeyExchange).subarray(1);
  if (socket.cipher.remoteKeyPair?.publicKey?.equals(share) !== true) return 'key share';
  const finishedAt = messages.findIndex((message) => message.msg_type === handshakeTypes.finished);
  return isFinished(socket, 'client finished', messages.slice(0, finishedAt), peerFinished) ? undefined : 'Finished';
}

function findServerFlaw({ socket, fingerprints, peerFinished }: HandshakeToProve): string | undefined {
  const messages = socket.dtls.sortedHandshakeCache;
  const certificate = readCertificate(messages.find(isCertificate));
  if (!isAnnounced(certificate, fingerprints)) return 'fingerprint';
  // ServerKeyExchange (RFC 8422 5.4): curve type(8) curve(16) length(8) share, then algorithm and signature.
  const body = bodyOf(messages, handshakeTypes.serverKeyExchange);
  const paramsEnd = 4 + body.readUInt8(3);
  const { algorithm, signature } = readSignature(body, paramsEnd);
  const signed = Buffer.concat([socket.cipher.localRandom.serialize(), socket.cipher.remoteRandom.serialize(), body.subarray(0, paramsEnd)]);
  if (!isSigned(signed, certificate.publicKey, algorithm, signature)) return 'ServerKeyExchange';
  if (socket.cipher.remoteKeyPair?.publicKey?.equals(body.subarray(4, paramsEnd)) !== true) return 'key share';
  return isFinished(socket, 'server finished', messages, peerFinished) ? undefined : 'Finished';
}

function bodyOf(messages: readonly HandshakeMessage[], type: number): Buffer {
  return messages.find((message) => message.msg_type === type)?.fragment ?? Buffer.alloc(0);
}

function transcript(messages: readonly HandshakeMessage[]): Buffer {
  return Buffer.concat(messages.map((message) => message.serialize()));
}

function isCertificate(message: HandshakeMessage): boolean {
  return message.msg_type === handshakeTypes.certificate;
}

/** RFC 5246 7.4.2: list length(24), certificate length(24), DER; the first is the peer's own. */
function readCertificate(message: HandshakeMessage | undefined): X509Certificate {
  const body = message?.fragment ?? Buffer.alloc(0);
  return new X509Certificate(body.subarray(6, 6 + body.readUIntBE(3, 3)));
}

function isAnnounced(certificate: X509Certificate, fingerprints: readonly Fingerprint[]): boolean {
  return fingerprints.some(({ hash, value }) => certificateFingerprint(certificate.raw, hash) === value);
}

/** DigitallySigned (RFC 5246 4.7): hash(8) signature(8) length(16) bytes. */
function readSignature(bytes: Buffer, at: number): { algorithm: string; signature: Buffer } {
  const algorithm = signatureHashes.get(bytes.readUInt8(at));
  if (algorithm === undefined) throw new Error(`hash algorithm ${bytes.readUInt8(at)}`);
  return { algorithm, signature: bytes.subarray(at + 4, at + 4 + bytes.readUInt16BE(at + 2)) };
}

function isSigned(data: Buffer, key: KeyObject, algorithm: string, signature: Buffer): boolean {
  return verify(algorithm, data, key, signature);
}

function isFinished(socket: DtlsSocketInternals, label: string, messages: readonly HandshakeMessage[], received: Buffer | undefined): boolean {
  const secret = socket.cipher.masterSecret;
  if (secret === undefined || received?.length !== verifyDataBytes) return false;
  const hash = createHash('sha256').update(transcript(messages)).digest();
  return timingSafeEqual(expandSecret(secret, Buffer.concat([Buffer.from(label), hash])), received);
}

/** The first block of P_SHA256 (RFC 5246 5), cut to the length of verify_data. */
function expandSecret(secret: Buffer, seed: Buffer): Buffer {
  const first = createHmac('sha256', secret).update(seed).digest();
  return createHmac('sha256', secret).update(first).update(seed).digest().subarray(0, verifyDataBytes);
}
