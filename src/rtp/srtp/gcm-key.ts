/**
 * AES in GCM (NIST SP 800-38D) under one session key, for packets: key stream by `gcm-stream.ts`, hash by `gcm-module.ts`, in one memory for all keys. A packet is worked on as
 *
 *     associated data, zeros | text, zeros | bits of associated data(64), of text(64)
 *
 * In half the time of `node:crypto`, which makes a cipher object for each packet (`bench/srtp.ts`).
 */
import { readElement } from './gcm-field.js';
import { gcm, memory, memoryWords } from './gcm-memory.js';
import { blockBytes, messageAt, streamAt, tableAt, writeTable } from './gcm-module.js';
import { GcmStream } from './gcm-stream.js';
import type { SessionKeys } from './session-keys.js';

export const gcmTagBytes = 16;
/** Where the tag of a packet that came is reckoned. */
const rightTagAt = 0;
const lengthBytes = blockBytes / 2;

/** The one in the memory. */
let loadedTable: Uint8Array | undefined;

/** Most packets of a picture have the same length. */
let lastView = memory.subarray(0, 0);

function viewOf(start: number, bytes: number): Uint8Array {
  if (lastView.byteOffset !== start || lastView.length !== bytes) lastView = memory.subarray(start, start + bytes);
  return lastView;
}

function wholeBlocks(bytes: number): number {
  return (bytes + blockBytes - 1) & -blockBytes;
}

export class GcmKey {
  readonly #stream: GcmStream;
  readonly #table: Uint8Array;

  constructor(keys: Pick<SessionKeys, 'encryption' | 'salt'>) {
    this.#stream = new GcmStream(keys);
    this.#table = writeTable(readElement(this.#stream.hashKey()));
  }

  /**
   * Encrypts `packet` from `textStart` on, and writes ciphertext and tag to the same place of `target`.
   *
   * @param associated the first `associatedBytes` of it, no more than 65,536
   */
  seal(packet: Uint8Array, textStart: number, associated: Uint8Array, associatedBytes: number, ssrc: number, index: number, target: Uint8Array): void {
    const textBytes = packet.length - textStart;
    const textAt = this.#place(packet, textStart, associated, associatedBytes);
    this.#placeStream(ssrc, index, textBytes);
    this.#stream.expectAfter(ssrc, index, streamBlocks(textBytes));
    if (textBytes > 0) gcm.encrypt(textAt, textAt + textBytes, streamAt + blockBytes);
    const tagAt = textAt + textBytes;
    this.#hash(textAt, textBytes, associatedBytes, tagAt);
    target.set(viewOf(textAt, textBytes + gcmTagBytes), textStart);
  }

  /** Writes the plaintext over the ciphertext, when and only when the tag behind it is right. */
  open(datagram: Uint8Array, textStart: number, textEnd: number, associated: Uint8Array, associatedBytes: number, ssrc: number, index: number): boolean {
    const textBytes = textEnd - textStart;
    const textAt = this.#place(datagram, textStart, associated, associatedBytes);
    this.#placeStream(ssrc, index, textBytes);
    this.#hash(textAt, textBytes, associatedBytes, rightTagAt);
    let difference = 0;
    for (let i = 0; i < gcmTagBytes; i += 1) difference |= (memory[rightTagAt + i] ?? 0) ^ (datagram[textEnd + i] ?? 0);
    if (difference !== 0) return false;
    this.#stream.expectAfter(ssrc, index, streamBlocks(textBytes));
    if (textBytes === 0) return true;
    gcm.encrypt(textAt, textAt + textBytes, streamAt + blockBytes);
    datagram.set(viewOf(textAt, textBytes), textStart);
    return true;
  }

  /** @returns where the text begins; what is behind it is not in order yet */
  #place(packet: Uint8Array, textStart: number, associated: Uint8Array, associatedBytes: number): number {
    const textAt = messageAt + wholeBlocks(associatedBytes);
    // All of it, so that no view is made, and then what it has before the text is written over.
    memory.set(packet, textAt - textStart);
    for (let i = 0; i < associatedBytes; i += 1) memory[messageAt + i] = associated[i] ?? 0;
    for (let at = messageAt + associatedBytes; at < textAt; at += 1) memory[at] = 0;
    return textAt;
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
    memory.fill(0, textAt + textBytes, lengthsAt + blockBytes);
    memoryWords.setUint32(lengthsAt + lengthBytes - 4, associatedBytes * 8);
    memoryWords.setUint32(lengthsAt + 2 * lengthBytes - 4, textBytes * 8);
    gcm.hash(messageAt, lengthsAt + blockBytes, tagAt);
  }
}

/** The tag's, and those of the text. */
function streamBlocks(textBytes: number): number {
  return 1 + wholeBlocks(textBytes) / blockBytes;
}
