/**
 * AES_CM_128_HMAC_SHA1_80 (RFC 3711 4.1.1 and 4.2.1): payload encrypted in counter mode, then all of it authenticated, tag of 10 bytes.
 *
 *     SRTP   header | ciphertext | tag(10)                            tag over: header, ciphertext, rollover counter(32)
 *     SRTCP  first 8 bytes | ciphertext | E(1) index(31) | tag(10)    tag over: all that stands before it
 */
import { viewOf } from '../byte-views.js';
import { CmSha1Key } from './cm-sha1-key.js';
import type { SessionKeys } from './session-keys.js';
import { sha1TagBytes } from './sha1-authenticator.js';
import { encryptedFlag, indexWordBytes, rtcpClearBytes, type SrtpTransform } from './srtp-transform.js';

const sequenceRange = 0x1_0000;

export class CmSha1Transform implements SrtpTransform {
  readonly tagBytes = sha1TagBytes;
  readonly rtcpTrailerBytes = indexWordBytes + sha1TagBytes;
  readonly #rtp: CmSha1Key;
  readonly #rtcp: CmSha1Key;

  constructor(keys: { readonly rtp: SessionKeys; readonly rtcp: SessionKeys }) {
    this.#rtp = new CmSha1Key(keys.rtp);
    this.#rtcp = new CmSha1Key(keys.rtcp);
  }

  protectRtp(packet: Buffer, headerBytes: number, ssrc: number, index: number, datagram: Buffer): void {
    this.#rtp.seal(packet, headerBytes, Math.floor(index / sequenceRange), ssrc, index, datagram);
  }

  unprotectRtp(datagram: Buffer, headerBytes: number, ssrc: number, index: number): Uint8Array | undefined {
    const tagStart = datagram.length - sha1TagBytes;
    const isAuthentic = this.#rtp.open(datagram, headerBytes, tagStart, Math.floor(index / sequenceRange), ssrc, index);
    return isAuthentic ? viewOf(datagram, 0, tagStart) : undefined;
  }

  protectRtcp(packet: Buffer, index: number): Buffer {
    const datagram = Buffer.allocUnsafe(packet.length + this.rtcpTrailerBytes);
    this.#rtcp.seal(packet, rtcpClearBytes, encryptedFlag + index, packet.readInt32BE(4), index, datagram);
    return datagram;
  }

  readRtcpIndexWord(datagram: Buffer): number {
    return datagram.readUInt32BE(datagram.length - this.rtcpTrailerBytes);
  }

  unprotectRtcp(datagram: Buffer): Buffer | undefined {
    const wordStart = datagram.length - this.rtcpTrailerBytes;
    const word = this.readRtcpIndexWord(datagram);
    const isAuthentic = this.#rtcp.open(datagram, rtcpClearBytes, wordStart, word, datagram.readInt32BE(4), word - encryptedFlag);
    return isAuthentic ? datagram.subarray(0, wordStart) : undefined;
  }
}
