/**
 * Key stream for the packets of one key: AES of a packet's first counter block and of those that follow it, its last word counted on (NIST SP 800-38A 6.5). What the first one is, GCM and
 * RFC 3711 say each in its own way.
 *
 * The blocks go through one electronic-codebook cipher that lives as long as the key, and, where a source's packets follow each other, for several packets at once: what
 * `node:crypto` takes for a call is more than what it takes for the blocks of a packet.
 */
import { createCipheriv, type Cipher, type KeyObject } from 'node:crypto';
import { memory, packetModule } from './packet-memory.js';
import { blockBytes, countersAt, mostCounters } from './packet-module.js';

/** With eight a call costs an eighth; they take 12 kB a source at most. */
const mostPacketsAhead = 8;
/** The one of GCM's tag, and those of a packet as long as an Ethernet's frames: who sends one of 65 kB must not make each of his packets cost as much. */
const mostBlocksAhead = 1 + Math.ceil(1_500 / blockBytes);
/** Sources that are worked ahead for, the last ones that came anew; of more than these in turn none is. Who sends has three, a participant with three layers and a screen ten. */
const mostSourcesAhead = 16;

/** Writes the first counter block of a packet to where the memory begins. */
export type WriteFirstCounter = (ssrc: number, index: number) => void;

/** Stream that is there for packets to come. */
interface Ahead {
  /** Index of the first packet; all of them follow each other. */
  first: number;
  packets: number;
  /** The newest authentic one: only right behind it more is made ahead, so that no forged packet moves anything. */
  newest: number;
  /** Of each packet. */
  blocks: number;
  /** Kept, and written over: what lives for some packets only would grow old before it is garbage. */
  stream: Uint8Array;
  /** Of it, one for each packet. */
  parts: readonly Uint8Array[];
}

export class KeyStream {
  readonly #cipher: Cipher;
  readonly #writeFirstCounter: WriteFirstCounter;
  readonly #sources = new Map<number, Ahead>();

  constructor(key: KeyObject, writeFirstCounter: WriteFirstCounter) {
    this.#cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#writeFirstCounter = writeFirstCounter;
  }

  /**
   * A packet's stream, of so many blocks at least; to be used before the next call.
   * @throws {RangeError} for more than 16 bits count.
   */
  take(ssrc: number, index: number, blocks: number): Uint8Array {
    if (blocks > mostCounters) throw new RangeError(`a packet of ${blocks} blocks`);
    const ahead = this.#sources.get(ssrc);
    if (ahead === undefined || blocks > ahead.blocks) return this.#make(ssrc, index, 1, blocks);
    if (index === ahead.first + ahead.packets && index === ahead.newest + 1) this.#workAhead(ahead, ssrc, index);
    const place = index - ahead.first;
    const part = place < ahead.packets ? ahead.parts[place] : undefined;
    return part ?? this.#make(ssrc, index, 1, blocks);
  }

  /** That packet was one of this source, beyond doubt: more like it are expected. What is not authentic is never told here, and moves nothing. */
  expectAfter(ssrc: number, index: number, packetBlocks: number): void {
    const ahead = this.#sources.get(ssrc);
    const blocks = Math.min(mostBlocksAhead, packetBlocks);
    if (ahead === undefined) {
      this.#addSource(ssrc, index + 1, blocks);
      return;
    }
    ahead.newest = Math.max(ahead.newest, index);
    if (index >= ahead.first + ahead.packets || (index >= ahead.first && blocks > ahead.blocks)) {
      // After a jump, and where packets have become longer, it begins anew.
      ahead.first = index + 1;
      ahead.packets = 0;
      ahead.blocks = Math.max(ahead.blocks, blocks);
    }
  }

  /** From one packet twice as many each time: a source that says little, or jumps, costs little. */
  #workAhead(ahead: Ahead, ssrc: number, first: number): void {
    const packets = Math.min(mostPacketsAhead, Math.max(1, ahead.packets * 2));
    const made = this.#make(ssrc, first, packets, ahead.blocks);
    const partBytes = ahead.blocks * blockBytes;
    if (packets > ahead.parts.length || partBytes !== ahead.parts[0]?.length) {
      const stream = new Uint8Array(made.length);
      ahead.stream = stream;
      ahead.parts = Array.from({ length: packets }, (_, place) => stream.subarray(place * partBytes, (place + 1) * partBytes));
    }
    ahead.stream.set(made);
    ahead.first = first;
    ahead.packets = packets;
  }

  #addSource(ssrc: number, first: number, blocks: number): void {
    for (const oldest of this.#sources.keys()) {
      if (this.#sources.size < mostSourcesAhead) break;
      this.#sources.delete(oldest);
    }
    this.#sources.set(ssrc, { first, packets: 0, newest: first - 1, blocks, stream: new Uint8Array(0), parts: [] });
  }

  #make(ssrc: number, first: number, packets: number, blocks: number): Uint8Array {
    let end = countersAt;
    for (let index = first; index < first + packets; index += 1) {
      const at = end;
      end += blocks * blockBytes;
      this.#writeFirstCounter(ssrc, index);
      packetModule.count(at, end);
    }
    return this.#cipher.update(memory.subarray(countersAt, end));
  }
}
