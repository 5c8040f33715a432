/**
 * AES in counter mode and HMAC-SHA1 (RFC 3711 4.1.1 and 4.2.1) under one pair of session keys, for packets. One is worked on in the memory for all keys as
 *
 *     padded key of SHA-1(512) | clear part | text | word(32)
 *
 * where the word is what is authenticated behind a packet: the rollover counter of RTP, the index word of RTCP.
 */
import { copyBytes } from '../byte-views.js';
import { KeyStream, type WriteFirstCounter } from './key-stream.js';
import { isSame, memory, MemoryView, memoryWords, packetModule, placeDatagram, placePacket, startOf } from './packet-memory.js';
import { blockBytes, streamAt } from './packet-module.js';
import type { SessionKeys } from './session-keys.js';
import { Sha1Authenticator, sha1TagBytes } from './sha1-authenticator.js';

const wordBytes = 4;
/** Where the tag of a packet that came is reckoned. */
const rightTagAt = 0;

const sealedView = new MemoryView();
const openedView = new MemoryView();

/** (salt(112) 0(16)) XOR (SSRC << 64) XOR (index << 16), with 0, 1, 2… in its last 16 bits. */
export function cmCounter(salt: Buffer): WriteFirstCounter {
  const [first, second, third, last] = [salt.readInt32BE(0), salt.readInt32BE(4), salt.readInt32BE(8), salt.readUInt16BE(12)];
  return (ssrc, index) => {
    memoryWords.setInt32(0, first);
    memoryWords.setInt32(4, second ^ ssrc);
    memoryWords.setInt32(8, third ^ Math.floor(index / 0x1_0000));
    memoryWords.setInt32(12, (last ^ index) << 16);
  };
}

export class CmSha1Key {
  readonly #stream: KeyStream;
  readonly #authenticator: Sha1Authenticator;

  constructor({ encryption, salt, authentication }: SessionKeys) {
    this.#stream = new KeyStream(encryption, cmCounter(salt));
    this.#authenticator = new Sha1Authenticator(authentication);
  }

  /** Encrypts `packet` from `textStart` on. Fills `target` with it, so much of the word behind it as there is room for, and the tag. */
  seal(packet: Uint8Array, textStart: number, word: number, ssrc: number, index: number, target: Uint8Array): void {
    const start = startOf(textStart);
    const end = start + packet.length;
    placePacket(packet, start);
    this.#applyStream(start + textStart, end, ssrc, index);
    memoryWords.setUint32(end, word);
    const tagStart = target.length - sha1TagBytes;
    copyBytes(sealedView.of(start, start + tagStart), target, 0);
    this.#authenticator.writeTag(start, end + wordBytes, target, tagStart);
  }

  /** Writes the plaintext over the ciphertext, when and only when the tag, with which the datagram ends, is right. */
  open(datagram: Uint8Array, textStart: number, textEnd: number, word: number, ssrc: number, index: number): boolean {
    const start = startOf(textStart);
    const end = start + textEnd;
    placeDatagram(datagram, start);
    memoryWords.setUint32(end, word);
    this.#authenticator.writeTag(start, end + wordBytes, memory, rightTagAt);
    if (!isSame(rightTagAt, datagram, datagram.length - sha1TagBytes, sha1TagBytes)) return false;
    this.#applyStream(start + textStart, end, ssrc, index);
    copyBytes(openedView.of(start + textStart, end), datagram, textStart);
    return true;
  }

  /** Runs into what stands behind `end`. */
  #applyStream(start: number, end: number, ssrc: number, index: number): void {
    if (end === start) return;
    const blocks = Math.ceil((end - start) / blockBytes);
    memory.set(this.#stream.take(ssrc, index, blocks), streamAt);
    this.#stream.expectAfter(ssrc, index, blocks);
    packetModule.encrypt(start, end, streamAt);
  }
}
