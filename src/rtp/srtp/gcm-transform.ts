/**
 * AEAD_AES_128_GCM (RFC 7714): payload encrypted, header authenticated with it, tag of 16 bytes.
 *
 *     SRTP   header | ciphertext | tag(16)                            associated data: header
 *     SRTCP  first 8 bytes | ciphertext | tag(16) | E(1) index(31)    associated data: first 8 bytes, then the index word
 */
import { viewOf } from '../byte-views.js';
import { GcmKey, gcmTagBytes } from './gcm-key.js';
import type { SessionKeys } from './session-keys.js';
import { encryptedFlag, indexWordBytes, rtcpClearBytes, type SrtpTransform } from './srtp-transform.js';

const rtcpAssociatedBytes = rtcpClearBytes + indexWordBytes;

export class GcmTransform implements SrtpTransform {
  readonly tagBytes = gcmTagBytes;
  readonly rtcpTrailerBytes = gcmTagBytes + indexWordBytes;
  readonly #rtp: GcmKey;
  readonly #rtcp: GcmKey;
  readonly #rtcpAssociated = Buffer.alloc(rtcpAssociatedBytes);

  constructor(keys: { readonly rtp: SessionKeys; readonly rtcp: SessionKeys }) {
    this.#rtp = new GcmKey(keys.rtp);
    this.#rtcp = new GcmKey(keys.rtcp);
  }

  protectRtp(packet: Buffer, headerBytes: number, ssrc: number, index: number, datagram: Buffer): void {
    for (let i = 0; i < headerBytes; i += 1) datagram[i] = packet[i] ?? 0;
    this.#rtp.seal(packet, headerBytes, packet, headerBytes, ssrc, index, datagram);
  }

  unprotectRtp(datagram: Buffer, headerBytes: number, ssrc: number, index: number): Uint8Array | undefined {
    const tagStart = datagram.length - gcmTagBytes;
    const isAuthentic = this.#rtp.open(datagram, headerBytes, tagStart, datagram, headerBytes, ssrc, index);
    return isAuthentic ? viewOf(datagram, 0, tagStart) : undefined;
  }

  protectRtcp(packet: Buffer, index: number): Buffer {
    const datagram = Buffer.allocUnsafe(packet.length + this.rtcpTrailerBytes);
    packet.copy(datagram, 0, 0, rtcpClearBytes);
    datagram.writeUInt32BE(encryptedFlag + index, datagram.length - indexWordBytes);
    this.#rtcp.seal(packet, rtcpClearBytes, this.#associate(datagram), rtcpAssociatedBytes, packet.readInt32BE(4), index, datagram);
    return datagram;
  }

  readRtcpIndexWord(datagram: Buffer): number {
    return datagram.readUInt32BE(datagram.length - indexWordBytes);
  }

  unprotectRtcp(datagram: Buffer): Buffer | undefined {
    const tagStart = datagram.length - this.rtcpTrailerBytes;
    const index = this.readRtcpIndexWord(datagram) - encryptedFlag;
    const isAuthentic = this.#rtcp.open(datagram, rtcpClearBytes, tagStart, this.#associate(datagram), rtcpAssociatedBytes, datagram.readInt32BE(4), index);
    return isAuthentic ? datagram.subarray(0, tagStart) : undefined;
  }

  #associate(datagram: Buffer): Buffer {
    datagram.copy(this.#rtcpAssociated, 0, 0, rtcpClearBytes);
    datagram.copy(this.#rtcpAssociated, rtcpClearBytes, datagram.length - indexWordBytes);
    return this.#rtcpAssociated;
  }
}
