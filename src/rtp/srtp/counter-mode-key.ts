/**
 * AES in counter mode (RFC 3711 4.1.1) with one key, for many packets. The key stream of a packet is AES of
 *
 *     (salt(112) 0(16)) XOR (SSRC << 64) XOR (index << 16), plus 0, 1, 2, … in the last 16 bits
 *
 * and is made here from these blocks by one electronic-codebook cipher that lives as long as the key: a `createCipheriv` for each packet costs three times
 * as much, and each leaves the garbage collector a native object (measured in `bench/srtp.ts`).
 */
import { createCipheriv, type Cipher } from 'node:crypto';
import type { SessionKeys } from './session-keys.js';

const blockBytes = 16;
const blockWords = blockBytes / 4;
const sequenceRange = 0x1_0000;
/** As many as one key stream has (16 bits). No datagram needs a sixteenth of them. */
const mostBlocks = 0x1_0000;

/** Shared by all keys: a packet's blocks are used up before the next packet comes. Grows to the longest packet seen, which is seldom more than 1.5 kB. */
let counters = new Uint8Array(0);
let counterWords = new Int32Array(0);

function provideCounters(blocks: number): void {
  if (blocks * blockBytes <= counters.length) return;
  if (blocks > mostBlocks) throw new RangeError(`a packet of ${blocks} blocks`);
  counters = new Uint8Array(blocks * blockBytes);
  counterWords = new Int32Array(counters.buffer);
  for (let block = 0; block < blocks; block += 1) {
    counters[block * blockBytes + 14] = block >>> 8;
    counters[block * blockBytes + 15] = block & 0xff;
  }
}

export class CounterModeKey {
  readonly #cipher: Cipher;
  readonly #salt: Buffer;
  readonly #iv = Buffer.alloc(blockBytes);
  /** The same bytes as the machine reads them. */
  readonly #ivWords: Int32Array;

  constructor({ encryption, salt }: Pick<SessionKeys, 'encryption' | 'salt'>) {
    this.#cipher = createCipheriv('aes-128-ecb', encryption, null).setAutoPadding(false);
    this.#salt = Buffer.from(salt);
    this.#salt.copy(this.#iv);
    this.#ivWords = new Int32Array(this.#iv.buffer, this.#iv.byteOffset, blockWords);
  }

  /**
   * Key stream of one packet as words of the machine, `bytes` filled up to whole blocks.
   * @throws {RangeError} above 1 MB.
   */
  stream(bytes: number, ssrc: number, index: number): Int32Array {
    const blocks = Math.ceil(bytes / blockBytes);
    provideCounters(blocks);
    const iv = this.#iv;
    const salt = this.#salt;
    iv.writeInt32BE(ssrc ^ salt.readInt32BE(4), 4);
    iv.writeInt32BE(Math.floor(index / sequenceRange) ^ salt.readInt32BE(8), 8);
    const first = this.#ivWords[0] ?? 0;
    const second = this.#ivWords[1] ?? 0;
    const third = this.#ivWords[2] ?? 0;
    const sequenceBits = (index & 0xffff) ^ salt.readUInt16BE(12);
    for (let at = 0; at < blocks * blockWords; at += blockWords) {
      counterWords[at] = first;
      counterWords[at + 1] = second;
      counterWords[at + 2] = third;
      counters[at * 4 + 12] = sequenceBits >>> 8;
      counters[at * 4 + 13] = sequenceBits;
    }
    const stream = this.#cipher.update(counters.subarray(0, blocks * blockBytes));
    return new Int32Array(stream.buffer, stream.byteOffset, blocks * blockWords);
  }
}
