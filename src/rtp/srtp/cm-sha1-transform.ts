/**
 * AES_CM_128_HMAC_SHA1_80 (RFC 3711 4.1.1 and 4.2.1): payload encrypted in counter mode, then all of it authenticated, tag of 10 bytes.
 *
 *     SRTP   header | ciphertext | tag(10)                            tag over: header, ciphertext, rollover counter(32)
 *     SRTCP  first 8 bytes | ciphertext | E(1) index(31) | tag(10)    tag over: all that stands before it
 *     IV     (salt(112) 0(16)) XOR (SSRC << 64) XOR (index << 16)
 */
import { createCipheriv, createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { SessionKeys } from './session-keys.js';
import { encryptedFlag, indexWordBytes, rtcpClearBytes, type SrtpTransform } from './srtp-transform.js';

const ivBytes = 16;
const sha1TagBytes = 10;
const rolloverBytes = 4;
const sequenceRange = 0x1_0000;

class CounterModeKey {
  readonly authentication: KeyObject;
  readonly #key: KeyObject;
  readonly #salt: Buffer;
  /** Rewritten for each packet: node:crypto copies it when a cipher is made. */
  readonly #iv = Buffer.alloc(ivBytes);

  constructor(keys: SessionKeys) {
    this.authentication = keys.authentication;
    this.#key = keys.encryption;
    this.#salt = Buffer.from(keys.salt);
    this.#salt.copy(this.#iv);
  }

  /** Encrypts and decrypts alike. */
  apply(input: Buffer, ssrc: number, index: number): Buffer {
    const iv = this.#iv;
    const salt = this.#salt;
    iv.writeInt32BE(ssrc ^ salt.readInt32BE(4), 4);
    iv.writeInt32BE(Math.floor(index / sequenceRange) ^ salt.readInt32BE(8), 8);
    iv.writeUInt16BE((index & 0xffff) ^ salt.readUInt16BE(12), 12);
    return createCipheriv('aes-128-ctr', this.#key, iv).update(input);
  }
}

export class CmSha1Transform implements SrtpTransform {
  readonly tagBytes = sha1TagBytes;
  readonly rtcpTrailerBytes = indexWordBytes + sha1TagBytes;
  readonly #rtp: CounterModeKey;
  readonly #rtcp: CounterModeKey;
  readonly #rollover = Buffer.alloc(rolloverBytes);

  constructor(keys: { readonly rtp: SessionKeys; readonly rtcp: SessionKeys }) {
    this.#rtp = new CounterModeKey(keys.rtp);
    this.#rtcp = new CounterModeKey(keys.rtcp);
  }

  protectRtp(packet: Buffer, headerBytes: number, index: number): Buffer {
    const datagram = Buffer.allocUnsafe(packet.length + sha1TagBytes);
    packet.copy(datagram, 0, 0, headerBytes);
    datagram.set(this.#rtp.apply(packet.subarray(headerBytes), packet.readUInt32BE(8), index), headerBytes);
    // The rollover counter is authenticated but not sent: it stands for a moment where the tag will be.
    datagram.writeUInt32BE(Math.floor(index / sequenceRange), packet.length);
    const digest = createHmac('sha1', this.#rtp.authentication).update(datagram.subarray(0, packet.length + rolloverBytes)).digest();
    digest.copy(datagram, packet.length, 0, sha1TagBytes);
    return datagram;
  }

  unprotectRtp(datagram: Buffer, headerBytes: number, index: number): Buffer | undefined {
    const tagStart = datagram.length - sha1TagBytes;
    const packet = datagram.subarray(0, tagStart);
    this.#rollover.writeUInt32BE(Math.floor(index / sequenceRange));
    const digest = createHmac('sha1', this.#rtp.authentication).update(packet).update(this.#rollover).digest();
    if (!timingSafeEqual(digest.subarray(0, sha1TagBytes), datagram.subarray(tagStart))) return undefined;
    packet.set(this.#rtp.apply(packet.subarray(headerBytes), packet.readUInt32BE(8), index), headerBytes);
    return packet;
  }

  protectRtcp(packet: Buffer, index: number): Buffer {
    const datagram = Buffer.allocUnsafe(packet.length + this.rtcpTrailerBytes);
    packet.copy(datagram, 0, 0, rtcpClearBytes);
    datagram.set(this.#rtcp.apply(packet.subarray(rtcpClearBytes), packet.readUInt32BE(4), index), rtcpClearBytes);
    const tagStart = datagram.writeUInt32BE(encryptedFlag + index, packet.length);
    const digest = createHmac('sha1', this.#rtcp.authentication).update(datagram.subarray(0, tagStart)).digest();
    digest.copy(datagram, tagStart, 0, sha1TagBytes);
    return datagram;
  }

  readRtcpIndexWord(datagram: Buffer): number {
    return datagram.readUInt32BE(datagram.length - this.rtcpTrailerBytes);
  }

  unprotectRtcp(datagram: Buffer): Buffer | undefined {
    const tagStart = datagram.length - sha1TagBytes;
    const digest = createHmac('sha1', this.#rtcp.authentication).update(datagram.subarray(0, tagStart)).digest();
    if (!timingSafeEqual(digest.subarray(0, sha1TagBytes), datagram.subarray(tagStart))) return undefined;
    const index = this.readRtcpIndexWord(datagram) - encryptedFlag;
    const packet = datagram.subarray(0, datagram.length - this.rtcpTrailerBytes);
    packet.set(this.#rtcp.apply(packet.subarray(rtcpClearBytes), packet.readUInt32BE(4), index), rtcpClearBytes);
    return packet;
  }
}
