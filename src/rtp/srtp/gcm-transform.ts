/**
 * AEAD_AES_128_GCM (RFC 7714): payload encrypted, header authenticated with it, tag of 16 bytes.
 *
 *     SRTP   header | ciphertext | tag(16)                            associated data: header
 *     SRTCP  first 8 bytes | ciphertext | tag(16) | E(1) index(31)    associated data: first 8 bytes, then the index word
 *     IV     (0(16) SSRC(32) index(48)) XOR salt                      8.1 and 9.1: one shape, the SRTCP index is 31 bits
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { SessionKeys } from './session-keys.js';
import { encryptedFlag, indexWordBytes, rtcpClearBytes, type SrtpTransform } from './srtp-transform.js';

const algorithm = 'aes-128-gcm';
const ivBytes = 12;
const gcmTagBytes = 16;
const sequenceRange = 0x1_0000;

/** A session key with its IV, which is rewritten for each packet: node:crypto copies it when a cipher is made. */
class GcmKey {
  readonly #key: SessionKeys['encryption'];
  readonly #salt: Buffer;
  readonly #iv = Buffer.alloc(ivBytes);

  constructor(keys: SessionKeys) {
    this.#key = keys.encryption;
    this.#salt = Buffer.from(keys.salt);
    this.#salt.copy(this.#iv);
  }

  /** Writes ciphertext and tag into `target` at `offset`. */
  seal(plaintext: Buffer, associated: Buffer, ssrc: number, index: number, target: Buffer, offset: number): void {
    this.#setIv(ssrc, index);
    const cipher = createCipheriv(algorithm, this.#key, this.#iv);
    cipher.setAAD(associated);
    target.set(cipher.update(plaintext), offset);
    cipher.final();
    target.set(cipher.getAuthTag(), offset + plaintext.length);
  }

  /** Writes the plaintext over the ciphertext, when and only when the tag is right. */
  open(ciphertext: Buffer, tag: Buffer, associated: Buffer, ssrc: number, index: number): boolean {
    this.#setIv(ssrc, index);
    const decipher = createDecipheriv(algorithm, this.#key, this.#iv);
    decipher.setAAD(associated);
    decipher.setAuthTag(tag);
    const plaintext = decipher.update(ciphertext);
    try {
      decipher.final();
    } catch {
      return false;
    }
    ciphertext.set(plaintext);
    return true;
  }

  #setIv(ssrc: number, index: number): void {
    const iv = this.#iv;
    const salt = this.#salt;
    iv.writeInt32BE(ssrc ^ salt.readInt32BE(2), 2);
    iv.writeInt32BE(Math.floor(index / sequenceRange) ^ salt.readInt32BE(6), 6);
    iv.writeUInt16BE((index & 0xffff) ^ salt.readUInt16BE(10), 10);
  }
}

export class GcmTransform implements SrtpTransform {
  readonly tagBytes = gcmTagBytes;
  readonly rtcpTrailerBytes = gcmTagBytes + indexWordBytes;
  readonly #rtp: GcmKey;
  readonly #rtcp: GcmKey;
  readonly #rtcpAssociated = Buffer.alloc(rtcpClearBytes + indexWordBytes);

  constructor(keys: { readonly rtp: SessionKeys; readonly rtcp: SessionKeys }) {
    this.#rtp = new GcmKey(keys.rtp);
    this.#rtcp = new GcmKey(keys.rtcp);
  }

  protectRtp(packet: Buffer, headerBytes: number, index: number): Buffer {
    const datagram = Buffer.allocUnsafe(packet.length + gcmTagBytes);
    const header = packet.subarray(0, headerBytes);
    datagram.set(header);
    this.#rtp.seal(packet.subarray(headerBytes), header, packet.readUInt32BE(8), index, datagram, headerBytes);
    return datagram;
  }

  unprotectRtp(datagram: Buffer, headerBytes: number, index: number): Buffer | undefined {
    const tagStart = datagram.length - gcmTagBytes;
    const ciphertext = datagram.subarray(headerBytes, tagStart);
    const isAuthentic = this.#rtp.open(ciphertext, datagram.subarray(tagStart), datagram.subarray(0, headerBytes), datagram.readUInt32BE(8), index);
    return isAuthentic ? datagram.subarray(0, tagStart) : undefined;
  }

  protectRtcp(packet: Buffer, index: number): Buffer {
    const datagram = Buffer.allocUnsafe(packet.length + this.rtcpTrailerBytes);
    packet.copy(datagram, 0, 0, rtcpClearBytes);
    datagram.writeUInt32BE(encryptedFlag + index, datagram.length - indexWordBytes);
    this.#rtcp.seal(packet.subarray(rtcpClearBytes), this.#associate(datagram), packet.readUInt32BE(4), index, datagram, rtcpClearBytes);
    return datagram;
  }

  readRtcpIndexWord(datagram: Buffer): number {
    return datagram.readUInt32BE(datagram.length - indexWordBytes);
  }

  unprotectRtcp(datagram: Buffer): Buffer | undefined {
    const tagStart = datagram.length - this.rtcpTrailerBytes;
    const index = this.readRtcpIndexWord(datagram) - encryptedFlag;
    const tag = datagram.subarray(tagStart, tagStart + gcmTagBytes);
    const isAuthentic = this.#rtcp.open(datagram.subarray(rtcpClearBytes, tagStart), tag, this.#associate(datagram), datagram.readUInt32BE(4), index);
    return isAuthentic ? datagram.subarray(0, tagStart) : undefined;
  }

  #associate(datagram: Buffer): Buffer {
    datagram.copy(this.#rtcpAssociated, 0, 0, rtcpClearBytes);
    datagram.copy(this.#rtcpAssociated, rtcpClearBytes, datagram.length - indexWordBytes);
    return this.#rtcpAssociated;
  }
}
