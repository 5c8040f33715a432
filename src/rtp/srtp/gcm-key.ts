/**
 * AES in GCM (NIST SP 800-38D) under one session key, for packets: key stream by `key-stream.ts`, hash by `packet-module.ts`, in one memory for all keys. A packet is worked on as
 *
 *     associated data, zeros | text, zeros | bits of associated data(64), of text(64)
 *
 * In half the time of `node:crypto`, which makes a cipher object for each packet (`bench/srtp.ts`).
 */
import { createCipheriv } from 'node:crypto';
import { copyBytes } from '../byte-views.js';
import { readElement } from './gcm-field.js';
import { KeyStream, type WriteFirstCounter } from './key-stream.js';
import { clearTwoBlocks, isSame, memory, MemoryView, memoryWords, packetModule, placeDatagram, placePacket, wholeBlocks } from './packet-memory.js';
import { blockBytes, hashMessage, messageAt, streamAt, tableAt, writeTable } from './packet-module.js';
import type { SessionKeys } from './session-keys.js';

export const gcmTagBytes = 16;
/** Where the tag of a packet that came is reckoned. */
const rightTagAt = 0;
const lengthBytes = blockBytes / 2;

/** The one in the memory. */
let loadedTable: Uint8Array | undefined;

const sealedView = new MemoryView();
const openedView = new MemoryView();

/** The first counter is the IV of RFC 7714 8.1 and 9.1, (0(16) SSRC(32) index(48)) XOR salt(96), with 1 behind it; its block goes into the tag (NIST SP 800-38D 7.1). */
export function gcmCounter(salt: Buffer): WriteFirstCounter {
  const [first, second, third] = [salt.readInt32BE(0), salt.readInt32BE(4), salt.readInt32BE(8)];
  return (ssrc, index) => {
    memoryWords.setInt32(0, first ^ (ssrc >>> 16));
    memoryWords.setInt32(4, second ^ ((ssrc << 16) | Math.floor(index / 0x1_0000_0000)));
    memoryWords.setInt32(8, third ^ index);
    memoryWords.setInt32(12, 1);
  };
}

export class GcmKey {
  readonly #stream: KeyStream;
  readonly #table: Uint8Array;

  constructor({ encryption, salt }: Pick<SessionKeys, 'encryption' | 'salt'>) {
    this.#stream = new KeyStream(encryption, gcmCounter(salt));
    // AES of the block of zeros (NIST SP 800-38D 7.1).
    this.#table = writeTable(readElement(createCipheriv('aes-128-ecb', encryption, null).update(Buffer.alloc(blockBytes))));
  }

  /**
   * Encrypts `packet` from `textStart` on, and writes ciphertext and tag to the same place of `target`.
   *
   * @param associated the first `associatedBytes` of it, no more than 65,536
   */
  seal(packet: Uint8Array, textStart: number, associated: Uint8Array, associatedBytes: number, ssrc: number, index: number, target: Uint8Array): void {
    const textBytes = packet.length - textStart;
    const textAt = messageAt + wholeBlocks(associatedBytes);
    // All of it, so that no view is made, and then what it has before the text is written over.
    placePacket(packet, textAt - textStart);
    this.#associate(associated, associatedBytes, textAt);
    this.#placeStream(ssrc, index, textBytes);
    this.#stream.expectAfter(ssrc, index, streamBlocks(textBytes));
    if (textBytes > 0) packetModule.encrypt(textAt, textAt + textBytes, streamAt + blockBytes);
    const tagAt = textAt + textBytes;
    this.#hash(textAt, textBytes, associatedBytes, tagAt);
    copyBytes(sealedView.of(textAt, tagAt + gcmTagBytes), target, textStart);
  }

  /** Writes the plaintext over the ciphertext, when and only when the tag behind it is right. */
  open(datagram: Uint8Array, textStart: number, textEnd: number, associated: Uint8Array, associatedBytes: number, ssrc: number, index: number): boolean {
    const textBytes = textEnd - textStart;
    const textAt = messageAt + wholeBlocks(associatedBytes);
    placeDatagram(datagram, textAt - textStart);
    this.#associate(associated, associatedBytes, textAt);
    this.#placeStream(ssrc, index, textBytes);
    this.#hash(textAt, textBytes, associatedBytes, rightTagAt);
    if (!isSame(rightTagAt, datagram, textEnd, gcmTagBytes)) return false;
    this.#stream.expectAfter(ssrc, index, streamBlocks(textBytes));
    if (textBytes === 0) return true;
    packetModule.encrypt(textAt, textAt + textBytes, streamAt + blockBytes);
    copyBytes(openedView.of(textAt, textAt + textBytes), datagram, textStart);
    return true;
  }

  #associate(associated: Uint8Array, associatedBytes: number, textAt: number): void {
    for (let i = 0; i < associatedBytes; i += 1) memory[messageAt + i] = associated[i] ?? 0;
    for (let at = messageAt + associatedBytes; at < textAt; at += 1) memory[at] = 0;
  }

  #placeStream(ssrc: number, index: number, textBytes: number): void {
    memory.set(this.#stream.take(ssrc, index, streamBlocks(textBytes)), streamAt);
  }

  #hash(textAt: number, textBytes: number, associatedBytes: number, tagAt: number): void {
    if (loadedTable !== this.#table) {
      loadedTable = this.#table;
      memory.set(this.#table, tableAt);
    }
    const lengthsAt = textAt + wholeBlocks(textBytes);
    clearTwoBlocks(textAt + textBytes);
    memoryWords.setUint32(lengthsAt + lengthBytes - 4, associatedBytes * 8);
    memoryWords.setUint32(lengthsAt + 2 * lengthBytes - 4, textBytes * 8);
    hashMessage(packetModule, lengthsAt + blockBytes, tagAt);
  }
}

/** The tag's, and those of the text. */
function streamBlocks(textBytes: number): number {
  return 1 + wholeBlocks(textBytes) / blockBytes;
}
