/**
 * Transport-wide congestion control feedback, the receiver's side (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1): tells a sender when each
 * packet of the whole connection arrived, so that he can find his bandwidth.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     |V=2|P| FMT=15  |    PT=205     |           length              |
 *     |                     SSRC of packet sender                     |
 *     |                      SSRC of media source                     |
 *     |      base sequence number     |      packet status count      |
 *     |        reference time, signed, in 64 ms       | fb pkt. count |
 *     |   packet chunks, 2 bytes each; then deltas in 250 us, 1 byte  |
 *     |   (0 to 255) or 2 bytes (signed); then zeros up to a word     |
 *
 * The zeros are not RTCP padding (the P bit stays 0), so the packet may stand anywhere in a compound.
 * One object serves one connection, over all its sources. Times are microseconds from any zero that stays the same.
 */
import { SequenceUnwrapper } from './sequence.js';
import { feedbackFormat, rtcpType } from './rtcp/rtcp-packets.js';

/**
 * How far back arrivals are remembered, in packets; a power of two. Packets that arrive later than that, and losses in a gap longer than that, are
 * not reported. It covers more than a second at 30 Mbps, many times the interval between two reports.
 */
const historyPackets = 4_096;
/** What is missing behind so long a silence of all that is numbered was lost to a black-out and not to a rate: where all before it was told already, the next report begins behind it, as libwebrtc's does. */
const blackOutUs = 500_000;
/** Keeps each feedback packet, with IPv6, UDP, SRTCP and a report beside it, under the 1,200 bytes that every path carries. */
const maxPacketBytes = 1_000;
const headerBytes = 20;

const deltaTickUs = 250;
const ticksPerReference = 256;
const maxSmallDelta = 255;
const maxLargeDelta = 0x7fff;
const minLargeDelta = -0x8000;

/** Packet status symbols, 3.1.1. */
const lost = 0;
const smallDelta = 1;
const largeDelta = 2;
/** Chunk kinds, 3.1.3 and 3.1.4: `0 symbol(2) run(13)`, `1 0 symbols(14 of 1 bit)`, `1 1 symbols(7 of 2 bits)`. */
const maxRun = 0x1fff;
const oneBitVector = 0x8000;
const oneBitSymbols = 14;
const twoBitVector = 0xc000;
const twoBitSymbols = 7;

export interface TransportFeedbackHeader {
  /** Our own SSRC. */
  readonly senderSsrc: number;
  /** Any source of the peer on this connection. */
  readonly mediaSsrc: number;
}

export class TransportFeedback {
  readonly #sequence = new SequenceUnwrapper();
  /** Arrival of index i at i modulo its length; NaN when it did not arrive. */
  readonly #arrivalUs = new Float64Array(historyPackets).fill(NaN);
  /** Symbols and deltas of the packet being built, kept to build without allocating. */
  readonly #symbols = new Uint8Array(maxPacketBytes * oneBitSymbols);
  readonly #deltas = new Int16Array(maxPacketBytes);
  #newest: number | undefined;
  /** When anything came last. */
  #lastUs = Number.POSITIVE_INFINITY;
  #isAfterBlackOut = false;
  /** What is below it was told, or given up with a black-out. */
  #leastReported = Number.NEGATIVE_INFINITY;
  /** The first index that the next report covers. */
  #reportFrom = 0;
  #feedbackCount = 0;
  /** Of the latest feedback packet; one that reports losses only repeats it, since the sender counts from each to the next. */
  #referenceTime = 0;

  /** @param sequenceNumber the transport-wide one from the header extension, not the packet's own. */
  onPacket(sequenceNumber: number, arrivalUs: number): void {
    const index = this.#sequence.unwrap(sequenceNumber);
    if (this.#newest !== undefined && this.#reportFrom > this.#newest && arrivalUs - this.#lastUs > blackOutUs) this.#isAfterBlackOut = true;
    this.#lastUs = arrivalUs;
    if (this.#newest === undefined || index - this.#newest >= historyPackets) {
      // After so long a gap the sender has given those packets up by himself.
      this.#arrivalUs.fill(NaN);
      this.#newest = index;
      this.#reportFrom = index;
      if (this.#isAfterBlackOut) this.#leastReported = index;
      this.#isAfterBlackOut = false;
    } else if (index > this.#newest) {
      for (let gap = this.#newest + 1; gap < index; gap += 1) this.#setArrival(gap, NaN);
      if (this.#isAfterBlackOut) this.#reportFrom = this.#leastReported = index;
      this.#isAfterBlackOut = false;
      this.#newest = index;
      this.#reportFrom = Math.max(this.#reportFrom, index - historyPackets + 1);
    } else if (index <= this.#newest - historyPackets || index < this.#leastReported || this.#isAfterBlackOut || !Number.isNaN(this.#arrivalOf(index))) {
      // Too late, given up with a black-out, or known.
      return;
    } else if (index < this.#reportFrom) {
      // It was reported lost: report it again, and with it what came after, which is still known.
      this.#reportFrom = index;
    }
    this.#setArrival(index, arrivalUs);
  }

  /**
   * Reports all that came since the last call, in as many packets as it takes (none when nothing came). The owner calls it each 50 to 100 ms; more often
   * costs bytes, less often makes the sender's estimate slow.
   */
  build(header: TransportFeedbackHeader): Buffer[] {
    const packets: Buffer[] = [];
    if (this.#newest === undefined) return packets;
    while (this.#reportFrom <= this.#newest) packets.push(this.#buildPacket(header, this.#newest));
    return packets;
  }

  #arrivalOf(index: number): number {
    // A power of two, so negative indices (packets before the first) fall into place as well.
    return this.#arrivalUs[index & (historyPackets - 1)] ?? NaN;
  }

  #setArrival(index: number, arrivalUs: number): void {
    this.#arrivalUs[index & (historyPackets - 1)] = arrivalUs;
  }

  /** One packet from `#reportFrom` on, until it is full or a delta does not fit; moves `#reportFrom` on, always by at least one. */
  #buildPacket(header: TransportFeedbackHeader, newest: number): Buffer {
    const base = this.#reportFrom;
    let previousTick: number | undefined;
    let deltaCount = 0;
    let deltaBytes = 0;
    let index = base;
    for (; index <= newest; index += 1) {
      const symbolCount = index - base;
      // As if every chunk held only seven symbols: a bound, reached by the worst mixture.
      if (headerBytes + (Math.floor(symbolCount / twoBitSymbols) + 1) * 2 + deltaBytes + 2 > maxPacketBytes) break;
      const arrivalUs = this.#arrivalOf(index);
      if (Number.isNaN(arrivalUs)) {
        this.#symbols[symbolCount] = lost;
        continue;
      }
      const tick = Math.floor(arrivalUs / deltaTickUs);
      if (previousTick === undefined) {
        this.#referenceTime = Math.floor(tick / ticksPerReference);
        previousTick = this.#referenceTime * ticksPerReference;
      }
      const delta = tick - previousTick;
      if (delta > maxLargeDelta || delta < minLargeDelta) break;
      const isSmall = delta >= 0 && delta <= maxSmallDelta;
      this.#symbols[symbolCount] = isSmall ? smallDelta : largeDelta;
      this.#deltas[deltaCount] = delta;
      previousTick = tick;
      deltaCount += 1;
      deltaBytes += isSmall ? 1 : 2;
    }
    this.#reportFrom = index;
    return this.#serialise(header, base, index - base, deltaCount);
  }

  #serialise(header: TransportFeedbackHeader, base: number, statusCount: number, deltaCount: number): Buffer {
    const packet = Buffer.alloc(maxPacketBytes);
    packet.writeUInt8(0x80 | feedbackFormat.transportWide, 0);
    packet.writeUInt8(rtcpType.transportLayerFeedback, 1);
    packet.writeUInt32BE(header.senderSsrc, 4);
    packet.writeUInt32BE(header.mediaSsrc, 8);
    packet.writeUInt16BE(base & 0xffff, 12);
    packet.writeUInt16BE(statusCount, 14);
    packet.writeUIntBE(this.#referenceTime & 0xffffff, 16, 3);
    packet.writeUInt8(this.#feedbackCount, 19);
    this.#feedbackCount = (this.#feedbackCount + 1) & 0xff;

    let at = headerBytes;
    for (let first = 0; first < statusCount; ) {
      const { chunk, length } = encodeChunk(this.#symbols, first, statusCount);
      at = packet.writeUInt16BE(chunk, at);
      first += length;
    }
    for (let i = 0; i < deltaCount; i += 1) {
      const delta = this.#deltas[i] ?? 0;
      at = delta >= 0 && delta <= maxSmallDelta ? packet.writeUInt8(delta, at) : packet.writeInt16BE(delta, at);
    }
    const byteLength = (at + 3) & ~3;
    packet.writeUInt16BE(byteLength / 4 - 1, 2);
    return packet.subarray(0, byteLength);
  }
}

/** The chunk that takes most symbols from `first` on, and how many: a run where it is longer than a vector, else the vector that fits. */
function encodeChunk(symbols: Uint8Array, first: number, end: number): { chunk: number; length: number } {
  const symbol = symbols[first] ?? lost;
  let run = 1;
  while (first + run < end && run < maxRun && symbols[first + run] === symbol) run += 1;
  const oneBitLength = Math.min(oneBitSymbols, end - first);
  let fitsOneBit = true;
  for (let i = 0; i < oneBitLength; i += 1) {
    if (symbols[first + i] === largeDelta) fitsOneBit = false;
  }
  const vectorLength = fitsOneBit ? oneBitLength : Math.min(twoBitSymbols, end - first);
  if (run >= vectorLength) return { chunk: (symbol << 13) | run, length: run };
  let chunk = fitsOneBit ? oneBitVector : twoBitVector;
  for (let i = 0; i < vectorLength; i += 1) {
    const value = symbols[first + i] ?? lost;
    chunk |= fitsOneBit ? value << (oneBitSymbols - 1 - i) : value << ((twoBitSymbols - 1 - i) * 2);
  }
  return { chunk, length: vectorLength };
}
