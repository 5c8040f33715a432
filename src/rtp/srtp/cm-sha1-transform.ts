/**
 * AES_CM_128_HMAC_SHA1_80 (RFC 3711 4.1.1 and 4.2.1): payload encrypted in counter mode, then all of it authenticated, tag of 10 bytes.
 *
 *     SRTP   header | ciphertext | tag(10)                            tag over: header, ciphertext, rollover counter(32)
 *     SRTCP  first 8 bytes | ciphertext | E(1) index(31) | tag(10)    tag over: all that stands before it
 *
 * A packet is worked on in one scratch buffer for all connections, behind the room that its authentication needs, and leaves it as a whole or not at all.
 */
import { timingSafeEqual } from 'node:crypto';
import { CounterModeKey } from './counter-mode-key.js';
import type { SessionKeys } from './session-keys.js';
import { padBytes, Sha1Authenticator, sha1TagBytes } from './sha1-authenticator.js';
import { encryptedFlag, indexWordBytes, rtcpClearBytes, type SrtpTransform } from './srtp-transform.js';

const rolloverBytes = 4;
const sequenceRange = 0x1_0000;
/** The longest datagram of UDP, and what is written behind it: whole blocks of key stream, rollover counter or index. */
const scratchBytes = padBytes + 65_536 + 64;

// Not of Buffer's pool: its words must lie on word borders.
const scratch = Buffer.allocUnsafeSlow(scratchBytes);
const scratchWords = new Int32Array(scratch.buffer, scratch.byteOffset, scratchBytes / 4);
/** The tag that a packet should have. */
const rightTag = Buffer.alloc(sha1TagBytes);

export class CmSha1Transform implements SrtpTransform {
  readonly tagBytes = sha1TagBytes;
  readonly rtcpTrailerBytes = indexWordBytes + sha1TagBytes;
  readonly #rtpKey: CounterModeKey;
  readonly #rtcpKey: CounterModeKey;
  readonly #rtpAuthenticator: Sha1Authenticator;
  readonly #rtcpAuthenticator: Sha1Authenticator;

  constructor(keys: { readonly rtp: SessionKeys; readonly rtcp: SessionKeys }) {
    this.#rtpKey = new CounterModeKey(keys.rtp);
    this.#rtcpKey = new CounterModeKey(keys.rtcp);
    this.#rtpAuthenticator = new Sha1Authenticator(keys.rtp.authentication);
    this.#rtcpAuthenticator = new Sha1Authenticator(keys.rtcp.authentication);
  }

  protectRtp(packet: Buffer, headerBytes: number, index: number): Buffer {
    const end = padBytes + packet.length;
    scratch.set(packet, padBytes);
    applyStream(this.#rtpKey, padBytes + headerBytes, end, packet.readUInt32BE(8), index);
    const datagram = Buffer.allocUnsafe(packet.length + sha1TagBytes);
    datagram.set(scratch.subarray(padBytes, end));
    scratch.writeUInt32BE(Math.floor(index / sequenceRange), end);
    this.#rtpAuthenticator.writeTag(scratch, end + rolloverBytes, datagram, packet.length);
    return datagram;
  }

  unprotectRtp(datagram: Buffer, headerBytes: number, index: number): Buffer | undefined {
    const tagStart = datagram.length - sha1TagBytes;
    const end = padBytes + tagStart;
    const packet = datagram.subarray(0, tagStart);
    scratch.set(packet, padBytes);
    scratch.writeUInt32BE(Math.floor(index / sequenceRange), end);
    this.#rtpAuthenticator.writeTag(scratch, end + rolloverBytes, rightTag, 0);
    if (!timingSafeEqual(rightTag, datagram.subarray(tagStart))) return undefined;
    applyStream(this.#rtpKey, padBytes + headerBytes, end, packet.readUInt32BE(8), index);
    packet.set(scratch.subarray(padBytes + headerBytes, end), headerBytes);
    return packet;
  }

  protectRtcp(packet: Buffer, index: number): Buffer {
    const end = padBytes + packet.length;
    scratch.set(packet, padBytes);
    applyStream(this.#rtcpKey, padBytes + rtcpClearBytes, end, packet.readUInt32BE(4), index);
    scratch.writeUInt32BE(encryptedFlag + index, end);
    const datagram = Buffer.allocUnsafe(packet.length + this.rtcpTrailerBytes);
    datagram.set(scratch.subarray(padBytes, end + indexWordBytes));
    this.#rtcpAuthenticator.writeTag(scratch, end + indexWordBytes, datagram, packet.length + indexWordBytes);
    return datagram;
  }

  readRtcpIndexWord(datagram: Buffer): number {
    return datagram.readUInt32BE(datagram.length - this.rtcpTrailerBytes);
  }

  unprotectRtcp(datagram: Buffer): Buffer | undefined {
    const tagStart = datagram.length - sha1TagBytes;
    scratch.set(datagram.subarray(0, tagStart), padBytes);
    this.#rtcpAuthenticator.writeTag(scratch, padBytes + tagStart, rightTag, 0);
    if (!timingSafeEqual(rightTag, datagram.subarray(tagStart))) return undefined;
    const index = this.readRtcpIndexWord(datagram) - encryptedFlag;
    const packet = datagram.subarray(0, tagStart - indexWordBytes);
    const end = padBytes + packet.length;
    applyStream(this.#rtcpKey, padBytes + rtcpClearBytes, end, packet.readUInt32BE(4), index);
    packet.set(scratch.subarray(padBytes + rtcpClearBytes, end), rtcpClearBytes);
    return packet;
  }
}

/** Encrypts or decrypts the scratch buffer from `start`, which is a multiple of 4 as headers of RTP and RTCP are; runs into what stands behind `end`. */
function applyStream(key: CounterModeKey, start: number, end: number, ssrc: number, index: number): void {
  if (end <= start) return;
  const stream = key.stream(end - start, ssrc, index);
  const from = start / 4;
  for (let word = 0; word < stream.length; word += 1) scratchWords[from + word] = (scratchWords[from + word] ?? 0) ^ (stream[word] ?? 0);
}
