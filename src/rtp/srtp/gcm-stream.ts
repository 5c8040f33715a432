/**
 * Key stream of GCM (NIST SP 800-38D 6.5) for the packets of one key: AES of the packet's IV with 1, 2, 3… behind it; the first block goes into the tag. The IV is that of
 * RFC 7714 8.1 and 9.1: (0(16) SSRC(32) index(48)) XOR salt.
 *
 * The blocks go through one electronic-codebook cipher that lives as long as the key, and, where a source's packets follow each other, for several packets at once: what
 * `node:crypto` takes for a call is more than what it takes for the blocks of a packet.
 */
import { createCipheriv, type Cipher } from 'node:crypto';
import type { SessionKeys } from './session-keys.js';

const blockBytes = 16;
const blockWords = blockBytes / 4;
const sequenceRange = 0x1_0000;
/** Of the longest datagram. */
const mostBlocks = 65_536 / blockBytes + 2;
/** With eight a call costs an eighth; they take 10 kB a source. */
const mostPacketsAhead = 8;
/** Sources that are worked ahead for; others are as they come. Who sends has three, a participant with three layers and a screen ten. */
const mostSourcesAhead = 16;

/** The last word of each block, as the machine reads it. */
const counterWords = new Int32Array(mostBlocks);
const counterBytes = Buffer.from(counterWords.buffer);
for (let block = 0; block < mostBlocks; block += 1) counterBytes.writeInt32BE(block + 1, block * 4);

/** Shared by all keys: used up by the cipher before another one needs it. */
let plain = new Uint8Array(0);
let plainWords = new Int32Array(0);

/** Stream that is there for packets to come. */
interface Ahead {
  /** Index of the first packet; all of them follow each other. */
  first: number;
  packets: number;
  /** Of each packet. */
  blocks: number;
  /** Kept, and written over: what lives for some packets only would grow old before it is garbage. */
  stream: Uint8Array;
}

export class GcmStream {
  readonly #cipher: Cipher;
  readonly #salt: Buffer;
  readonly #iv = Buffer.alloc(blockBytes);
  /** The same bytes as the machine reads them. */
  readonly #ivWords: Int32Array;
  readonly #sources = new Map<number, Ahead>();

  constructor({ encryption, salt }: Pick<SessionKeys, 'encryption' | 'salt'>) {
    this.#cipher = createCipheriv('aes-128-ecb', encryption, null).setAutoPadding(false);
    this.#salt = Buffer.from(salt);
    this.#salt.copy(this.#iv);
    this.#ivWords = new Int32Array(this.#iv.buffer, this.#iv.byteOffset, blockWords);
  }

  /** AES of the block of zeros: what a message is hashed with. */
  hashKey(): Buffer {
    return this.#cipher.update(Buffer.alloc(blockBytes));
  }

  /**
   * The first blocks of a packet's stream; to be used before the next call.
   * @throws {RangeError} for more than a datagram has.
   */
  take(ssrc: number, index: number, blocks: number): Uint8Array {
    if (blocks > mostBlocks) throw new RangeError(`a packet of ${blocks} blocks`);
    const ahead = this.#sources.get(ssrc);
    if (ahead === undefined) return this.#make(ssrc, index, 1, blocks);
    if (index === ahead.first + ahead.packets) this.#workAhead(ahead, ssrc, index, blocks);
    const place = index - ahead.first;
    if (place < 0 || place >= ahead.packets || blocks > ahead.blocks) return this.#make(ssrc, index, 1, blocks);
    const start = place * ahead.blocks * blockBytes;
    return ahead.stream.subarray(start, start + blocks * blockBytes);
  }

  /** That packet was one of this source, beyond doubt: more are expected after it. */
  expectAfter(ssrc: number, index: number, blocks: number): void {
    const ahead = this.#sources.get(ssrc);
    if (ahead === undefined) this.#addSource(ssrc, index + 1, blocks);
    else if (index >= ahead.first + ahead.packets || (index >= ahead.first && blocks > ahead.blocks)) {
      // After a jump, and where packets have become longer, it begins anew.
      ahead.first = index + 1;
      ahead.packets = 0;
      ahead.blocks = Math.max(ahead.blocks, blocks);
    }
  }

  /** From one packet twice as many each time: a source that says little, or jumps, costs little. */
  #workAhead(ahead: Ahead, ssrc: number, first: number, blocks: number): void {
    ahead.first = first;
    ahead.packets = Math.min(mostPacketsAhead, Math.max(1, ahead.packets * 2));
    ahead.blocks = Math.max(ahead.blocks, blocks);
    const stream = this.#make(ssrc, first, ahead.packets, ahead.blocks);
    if (ahead.stream.length < stream.length) ahead.stream = new Uint8Array(stream.length);
    ahead.stream.set(stream);
  }

  #addSource(ssrc: number, first: number, blocks: number): void {
    for (const oldest of this.#sources.keys()) {
      if (this.#sources.size < mostSourcesAhead) break;
      this.#sources.delete(oldest);
    }
    this.#sources.set(ssrc, { first, packets: 0, blocks, stream: new Uint8Array(0) });
  }

  #make(ssrc: number, first: number, packets: number, blocks: number): Uint8Array {
    const bytes = packets * blocks * blockBytes;
    if (plain.length < bytes) {
      plain = new Uint8Array(bytes);
      plainWords = new Int32Array(plain.buffer);
    }
    const words = plainWords;
    let at = 0;
    for (let index = first; index < first + packets; index += 1) {
      this.#setIv(ssrc, index);
      const word0 = this.#ivWords[0] ?? 0;
      const word1 = this.#ivWords[1] ?? 0;
      const word2 = this.#ivWords[2] ?? 0;
      for (let block = 0; block < blocks; block += 1) {
        words[at] = word0;
        words[at + 1] = word1;
        words[at + 2] = word2;
        words[at + 3] = counterWords[block] ?? 0;
        at += blockWords;
      }
    }
    return this.#cipher.update(plain.subarray(0, bytes));
  }

  #setIv(ssrc: number, index: number): void {
    const iv = this.#iv;
    const salt = this.#salt;
    iv.writeInt32BE(ssrc ^ salt.readInt32BE(2), 2);
    iv.writeInt32BE(Math.floor(index / sequenceRange) ^ salt.readInt32BE(6), 6);
    iv.writeUInt16BE((index & 0xffff) ^ salt.readUInt16BE(10), 10);
  }
}
