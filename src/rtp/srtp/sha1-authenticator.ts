/**
 * HMAC-SHA1 (RFC 2104) with one key, cut to 80 bits (RFC 3711 4.2.1), as the two hashes that it is made of:
 *
 *     SHA1((key ^ 5c5c…) | SHA1((key ^ 3636…) | message))
 *
 * The inner one is a one-shot hash of `node:crypto`, which costs half of a `createHmac` and leaves no native objects to the garbage collector. Of the outer one's two blocks the first is
 * always the same, so that one is left, which costs less here than the way to `node:crypto` and back.
 */
import { hash, type KeyObject } from 'node:crypto';
import { memory, MemoryView } from './packet-memory.js';
import { padBytes } from './packet-module.js';
import { blockWords, firstState, hashBlock, stateWords } from './sha1-block.js';

export const sha1TagBytes = 10;
/** Bytes are told by text here: as a Buffer the digest costs 0.8 us more. */
const bytesAsText = 'binary';

const hashedView = new MemoryView();
/** A digest behind the padded key, and what ends a message (RFC 3174 4): a bit, zeros, and the length in bits. */
const outerBlock = new Int32Array(blockWords);
outerBlock[stateWords] = 0x8000_0000;
outerBlock[blockWords - 1] = 8 * (padBytes + 4 * stateWords);
const outerDigest = new Int32Array(stateWords);

export class Sha1Authenticator {
  readonly #innerPad: Uint8Array;
  /** Of the outer hash behind its first block. */
  readonly #outerState = new Int32Array(stateWords);

  /** @param key at most 64 bytes; SRTP's has 20. */
  constructor(key: KeyObject) {
    const padded = Buffer.alloc(padBytes);
    key.export().copy(padded);
    this.#innerPad = padded.map((byte) => byte ^ 0x36);
    hashBlock(firstState, Int32Array.from({ length: blockWords }, (_, word) => padded.readInt32BE(word * 4) ^ 0x5c5c_5c5c), this.#outerState);
  }

  /** Writes the tag of the message that stands in the memory from `start` to `end`; what is before it, the hash's key, is written over. */
  writeTag(start: number, end: number, target: Uint8Array, offset: number): void {
    const padAt = start - padBytes;
    memory.set(this.#innerPad, padAt);
    const innerDigest = hash('sha1', hashedView.of(padAt, end), bytesAsText);
    for (let word = 0; word < stateWords; word += 1) {
      const at = word * 4;
      outerBlock[word] = (innerDigest.charCodeAt(at) << 24) | (innerDigest.charCodeAt(at + 1) << 16) | (innerDigest.charCodeAt(at + 2) << 8) | innerDigest.charCodeAt(at + 3);
    }
    hashBlock(this.#outerState, outerBlock, outerDigest);
    for (let i = 0; i < sha1TagBytes; i += 1) target[offset + i] = (outerDigest[i >> 2] ?? 0) >>> (24 - 8 * (i & 3));
  }
}
