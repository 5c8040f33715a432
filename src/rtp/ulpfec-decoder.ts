/**
 * Lost packets of one stream from those that came and their protection (RFC 5109 9.2). It is fed with unwrapped indices (`SequenceUnwrapper`).
 *
 * A packet is only rebuilt when all of it was protected. What was retransmitted must not be used: its header extensions are those of its second journey, and one byte more or
 * less of them would shift all that is rebuilt. Extensions that a sender's pacer fills in are protected as zeros, so they are wrong in what is rebuilt; nobody reads them there.
 */
import { fixedHeaderBytes, parseRtpPacket, type RtpPacket } from './rtp-packet.js';
import { readUlpfec, type UlpfecPayload } from './ulpfec-payload.js';

export interface RebuiltPacket {
  readonly packet: RtpPacket;
  readonly index: number;
}

/** Bounds what rebuilding costs. */
export interface RebuildAllowance {
  /** @returns whether so many bytes may be read for one packet that is missing */
  take(nowUs: number, bytes: number): boolean;
}

/** What protection can reach back over, twice: its mask spans 48 packets, and those that came late count, too. A power of two. */
const keptPackets = 128;
/** Protection that waits for one more of its packets; libwebrtc sends a few for each frame. */
const maxWaiting = 24;
/** Behind the newest packet by so much, what is missing is not waited for any more. */
const waitingReach = keptPackets - 48;
/** To look one packet up costs as much as to read so many bytes: 0.1 us. */
const placeBytes = 100;
export const noneRebuilt: readonly RebuiltPacket[] = Object.freeze([]);
/** RFC 3550 5.1: version 2. */
const versionBits = 0x80;
const paddingFlag = 0x20;
/** The payload type is the byte's other seven bits. */
const markerBit = 0x80;

/** A packet as its sender protected it: as it was before it was put into RED. */
interface KeptPacket {
  readonly index: number;
  readonly flags: number;
  readonly typeByte: number;
  readonly timestamp: number;
  /** CSRCs and header extensions. */
  readonly headerTail: Uint8Array;
  readonly payload: Uint8Array;
}

interface WaitingProtection {
  /** Ascending. */
  readonly indices: readonly number[];
  readonly base: number;
  readonly newest: number;
  readonly fields: UlpfecPayload;
  /** How many of them have not come. */
  missing: number;
}

export class UlpfecDecoder {
  /** Packets that could have been rebuilt, beyond the allowance. */
  refusedCount = 0;

  readonly #ssrc: number;
  readonly #allowance: RebuildAllowance;
  readonly #kept: (KeptPacket | undefined)[] = Array.from({ length: keptPackets });
  readonly #waiting: WaitingProtection[] = [];
  #newest = Number.NEGATIVE_INFINITY;

  /** @param ssrc of what is protected, 0 to 2^32 - 1 */
  constructor(ssrc: number, allowance: RebuildAllowance) {
    this.#ssrc = ssrc;
    this.#allowance = allowance;
  }

  /**
   * A packet that came by itself, no retransmission; its bytes must stay as they are.
   *
   * @returns those that could be rebuilt with it, none mostly
   */
  pushMedia(packet: RtpPacket, index: number, nowUs: number): readonly RebuiltPacket[] {
    // How many bytes of padding there were is not known any more.
    if ((packet.flags & paddingFlag) !== 0) return noneRebuilt;
    const { flags, timestamp, payload } = packet;
    const isEnough = this.#keep({ index, flags: flags & ~versionBits, typeByte: packet.payloadType | (packet.marker ? markerBit : 0), timestamp, headerTail: packet.headerTail(), payload });
    return isEnough ? this.#rebuild(nowUs) : noneRebuilt;
  }

  /**
   * @param index of the packet that brought the protection: those that it protects were sent before.
   * @returns as {@link pushMedia}
   */
  pushProtection(payload: Uint8Array, index: number, nowUs: number): readonly RebuiltPacket[] {
    const fields = readUlpfec(payload);
    if (fields === undefined) return noneRebuilt;
    const base = index - ((index - fields.baseSequenceNumber) & 0xffff);
    const newest = base + (fields.offsets.at(-1) ?? 0);
    if (base <= this.#newest - waitingReach || newest >= index) return noneRebuilt;
    const indices: number[] = [];
    let missing = 0;
    for (const offset of fields.offsets) {
      indices.push(base + offset);
      if (this.#find(base + offset) === undefined) missing += 1;
    }
    if (missing === 0) return noneRebuilt;
    if (this.#waiting.length >= maxWaiting) this.#waiting.shift();
    this.#waiting.push({ indices, base, newest, fields, missing });
    return missing === 1 ? this.#rebuild(nowUs) : noneRebuilt;
  }

  /** The sender went on from far behind, with that index: what came before it has other numbers, or the same for other packets. */
  goBackTo(index: number): void {
    if (index > this.#newest - keptPackets) return;
    this.#newest = index;
    this.#kept.fill(undefined);
    this.#waiting.length = 0;
  }

  /** @returns whether no more than one is missing now of any that waited for it */
  #keep(packet: KeptPacket): boolean {
    const { index } = packet;
    if (index > this.#newest) this.#newest = index;
    else if (index <= this.#newest - keptPackets) return false;
    const isNew = this.#find(index) === undefined;
    this.#kept[index & (keptPackets - 1)] = packet;
    return isNew && this.#countDown(index);
  }

  #countDown(index: number): boolean {
    let isEnough = false;
    for (const waiting of this.#waiting) {
      if (index < waiting.base || index > waiting.newest || !waiting.indices.includes(index)) continue;
      waiting.missing -= 1;
      isEnough ||= waiting.missing <= 1;
    }
    return isEnough;
  }

  #find(index: number): KeptPacket | undefined {
    const kept = this.#kept[index & (keptPackets - 1)];
    return kept?.index === index ? kept : undefined;
  }

  /** One that is rebuilt may make others possible; each round ends one of those that wait. */
  #rebuild(nowUs: number): readonly RebuiltPacket[] {
    const rebuilt: RebuiltPacket[] = [];
    let before: number;
    do {
      before = rebuilt.length;
      let left = 0;
      for (const waiting of this.#waiting) {
        const outcome = this.#complete(waiting, nowUs);
        if (outcome === 'waits') this.#waiting[left++] = waiting;
        else if (outcome !== 'over') rebuilt.push(outcome);
      }
      this.#waiting.length = left;
    } while (rebuilt.length > before);
    return rebuilt;
  }

  #complete({ indices, newest, fields, missing }: WaitingProtection, nowUs: number): RebuiltPacket | 'waits' | 'over' {
    if (newest <= this.#newest - waitingReach) return 'over';
    if (missing > 1) return 'waits';
    const index = this.#firstMissing(indices);
    if (index === undefined) return 'over';
    if (!this.#allowance.take(nowUs, indices.length * (placeBytes + fields.data.length))) {
      this.refusedCount += 1;
      return 'over';
    }
    const packet = this.#rebuildOne(index, indices, fields);
    return packet === undefined ? 'over' : { packet, index };
  }

  #firstMissing(indices: readonly number[]): number | undefined {
    for (const index of indices) if (this.#find(index) === undefined) return index;
    return undefined;
  }

  #rebuildOne(missing: number, indices: readonly number[], fields: UlpfecPayload): RtpPacket | undefined {
    let { flags, typeByte, timestamp, length } = fields;
    const body = new XorSum(fields.data);
    for (const index of indices) {
      const kept = this.#find(index);
      if (kept === undefined) continue;
      const { headerTail, payload } = kept;
      flags ^= kept.flags;
      typeByte ^= kept.typeByte;
      timestamp ^= kept.timestamp;
      length ^= headerTail.length + payload.length;
      body.add(headerTail, payload);
    }
    if (length > fields.data.length || (flags & paddingFlag) !== 0) return undefined;
    const bytes = Buffer.allocUnsafe(fixedHeaderBytes + length);
    bytes.writeUInt8(versionBits | flags, 0);
    bytes.writeUInt8(typeByte, 1);
    bytes.writeUInt16BE(missing & 0xffff, 2);
    bytes.writeUInt32BE(timestamp >>> 0, 4);
    bytes.writeUInt32BE(this.#ssrc, 8);
    bytes.set(body.bytes.subarray(0, length), fixedHeaderBytes);
    const packet = parseRtpPacket(bytes);
    if (packet === undefined) return undefined;
    this.#keep({ index: missing, flags, typeByte, timestamp, headerTail: packet.headerTail(), payload: packet.payload });
    return packet;
  }
}

/** Four bytes at a time: of 48 packets of 1,400 bytes, which a sender may have for each packet of protection, in 0.07 ms; byte by byte it takes three times as long. */
class XorSum {
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #termBytes: Uint8Array;
  readonly #termWords: Int32Array;

  constructor(first: Uint8Array) {
    this.#words = new Int32Array(Math.ceil(first.length / Int32Array.BYTES_PER_ELEMENT));
    this.#termWords = new Int32Array(this.#words.length);
    this.bytes = new Uint8Array(this.#words.buffer);
    this.#termBytes = new Uint8Array(this.#termWords.buffer);
    this.bytes.set(first);
  }

  /** One behind the other, as far as there is room. */
  add(head: Uint8Array, rest: Uint8Array): void {
    const term = this.#termBytes;
    const headBytes = Math.min(head.length, term.length);
    const end = Math.min(headBytes + rest.length, term.length);
    // A view costs as much as a few hundred bytes.
    term.set(headBytes === head.length ? head : head.subarray(0, headBytes));
    term.set(end - headBytes === rest.length ? rest : rest.subarray(0, end - headBytes), headBytes);
    if (end < term.length) term.fill(0, end);
    for (let word = 0; word < this.#words.length; word += 1) this.#words[word] = (this.#words[word] ?? 0) ^ (this.#termWords[word] ?? 0);
  }
}
