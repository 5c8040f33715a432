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

/** What protection can reach back over, twice: its mask spans 48 packets, and those that came late count, too. A power of two. */
const keptPackets = 128;
/** Protection that waits for one more of its packets; libwebrtc sends a few for each frame. */
const maxWaiting = 24;
/** Behind the newest packet by so much, what is missing is not waited for any more. */
const waitingReach = keptPackets - 48;
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
  readonly indices: readonly number[];
  readonly newest: number;
  readonly fields: UlpfecPayload;
}

export class UlpfecDecoder {
  readonly #ssrc: number;
  readonly #kept: (KeptPacket | undefined)[] = Array.from({ length: keptPackets });
  #waiting: WaitingProtection[] = [];
  #newest = Number.NEGATIVE_INFINITY;

  /** @param ssrc of what is protected, 0 to 2^32 - 1 */
  constructor(ssrc: number) {
    this.#ssrc = ssrc;
  }

  /**
   * A packet that came by itself, no retransmission; its bytes must stay as they are.
   *
   * @returns those that could be rebuilt with it, none mostly
   */
  pushMedia(packet: RtpPacket, index: number): readonly RebuiltPacket[] {
    // How many bytes of padding there were is not known any more.
    if ((packet.flags & paddingFlag) !== 0) return noneRebuilt;
    const { flags, timestamp, payload } = packet;
    this.#keep({ index, flags: flags & ~versionBits, typeByte: packet.payloadType | (packet.marker ? markerBit : 0), timestamp, headerTail: packet.headerTail(), payload });
    return this.#waiting.some(({ newest }) => newest >= index) ? this.#rebuild() : noneRebuilt;
  }

  /**
   * @param index of the packet that brought the protection: those that it protects were sent before.
   * @returns as {@link pushMedia}
   */
  pushProtection(payload: Uint8Array, index: number): readonly RebuiltPacket[] {
    const fields = readUlpfec(payload);
    if (fields === undefined) return noneRebuilt;
    const base = index - ((index - fields.baseSequenceNumber) & 0xffff);
    const indices = fields.offsets.map((offset) => base + offset);
    const newest = indices.at(-1) ?? base;
    if (base <= this.#newest - waitingReach || newest >= index) return noneRebuilt;
    if (this.#waiting.length >= maxWaiting) this.#waiting.shift();
    this.#waiting.push({ indices, newest, fields });
    return this.#rebuild();
  }

  #keep(packet: KeptPacket): void {
    if (packet.index > this.#newest) this.#newest = packet.index;
    else if (packet.index <= this.#newest - keptPackets) return;
    this.#kept[packet.index & (keptPackets - 1)] = packet;
  }

  #find(index: number): KeptPacket | undefined {
    const kept = this.#kept[index & (keptPackets - 1)];
    return kept?.index === index ? kept : undefined;
  }

  /** One that is rebuilt may make others possible; each round ends one of those that wait. */
  #rebuild(): readonly RebuiltPacket[] {
    const rebuilt: RebuiltPacket[] = [];
    let before: number;
    do {
      before = rebuilt.length;
      this.#waiting = this.#waiting.filter(({ indices, newest, fields }) => {
        if (newest <= this.#newest - waitingReach) return false;
        const missing = indices.filter((index) => this.#find(index) === undefined);
        const [index] = missing;
        if (index === undefined) return false;
        if (missing.length > 1) return true;
        const packet = this.#rebuildOne(index, indices, fields);
        if (packet !== undefined) rebuilt.push({ packet, index });
        return false;
      });
    } while (rebuilt.length > before);
    return rebuilt;
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

/** Four bytes at a time: of 48 packets of 1,400 bytes, which a sender may have for each packet of protection, in 0.1 ms and not 0.25. */
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
    term.set(head.subarray(0, headBytes));
    term.set(rest.subarray(0, end - headBytes), headBytes);
    term.fill(0, end);
    for (let word = 0; word < this.#words.length; word += 1) this.#words[word] = (this.#words[word] ?? 0) ^ (this.#termWords[word] ?? 0);
  }
}
