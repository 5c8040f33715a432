/**
 * The send side of one stream to one listener: payloads, packetised once for all listeners, get this listener's RTP header (RFC 3550 5.1), and
 * are kept for retransmission, as RTX (RFC 4588 4) when the listener has agreed to it:
 *
 *     RTX header: own SSRC, payload type and sequence number; timestamp and marker of the original
 *     | original sequence number (16) | original payload
 *
 * What it answers is lent (`srtp/packet-memory.ts`): it has to be sealed, or copied, before anything else is.
 *
 * Without RTX the packet is sent again as it was. Note that a sealed SRTP index must not be sealed twice: then the owner has to keep the datagram.
 *
 * Times: `ptsUs` and `roomUs` are microseconds of the room's clock, `nowUs` of any clock that goes forward. RTP time is the room's time in
 * ticks plus an offset, the same for all streams of a listener, so their sender reports agree by construction.
 */
import { MixedHeader, type ContributingSource } from './mixed-header.js';
import { PacketHistory } from './packet-history.js';
import { markPadded, mostCsrcs } from './rtp-packet.js';
import { lendPacket } from './srtp/packet-memory.js';
import { StreamHeader } from './stream-header.js';
import type { SentPacket } from './packet-history.js';
import type { RtpExtension } from './rtp-packet.js';

export type { ContributingSource } from './mixed-header.js';

export interface OutboundStreamOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  /** RTP ticks a second. */
  readonly clockHz: number;
  /** Random, 0 to 65535 (RFC 3550 5.1). */
  readonly firstSequenceNumber: number;
  /** Random, 0 to 2^32 - 1. */
  readonly timestampOffset: number;
  /** Written into every packet, such as the MID; their data as it is at that moment. */
  readonly extensions?: readonly RtpExtension[] | undefined;
  /** Of the header extension with the levels of the contributing sources (RFC 6465), where the listener takes it. */
  readonly csrcLevelId?: number | undefined;
  readonly rtx?: { readonly ssrc: number; readonly payloadType: number; readonly firstSequenceNumber: number } | undefined;
  /** Media time in which a packet can be sent again; 1 s at least. */
  readonly historyUs?: number;
  /** Payload bytes kept for that at most. */
  readonly maxHistoryBytes?: number;
  /** What retransmission may cost, header included; as much again may be spent at once after a quiet second. */
  readonly resendBytesPerSecond?: number;
}

/** Counts since the start. */
export interface OutboundStreamCounters {
  /** As in a sender report: packets and payload bytes sent under the stream's own SSRC. */
  packetCount: number;
  octetCount: number;
  resentPackets: number;
  resentBytes: number;
  /** Copies of packets that nobody has asked for. */
  copiedPackets: number;
  /** Requests for packets that are forgotten or never were. */
  unknownRequests: number;
  /** Requests for packets sent again less than a round trip ago. */
  repeatedRequests: number;
  /** Requests beyond the budget. */
  refusedRequests: number;
}

const defaultHistoryUs = 2_000_000;
const defaultMaxHistoryBytes = 2 * 1024 * 1024;
/** 800 kbps: half of a usual picture again. A listener that loses a whole keyframe of 100 kB gets it again; where the path is full, 2 Mbps of repairs left no room for the sound. */
const defaultResendBytesPerSecond = 100_000;
/** Floor of the time between two answers for one packet: the round trip is the listener's own word. */
const leastResendUs = 20_000;
/** Of the round trip: listeners ask again after what they take for it, and one who is told a moment too soon would wait for it twice. */
const answeredShare = 0.75;
/** Of a second's budget: copies that nobody asked for must never be why a first repair is refused. */
const copiesLeaveShare = 0.5;
const originalSequenceBytes = 2;
const noSources: readonly ContributingSource[] = [];
/** Its length stands in one byte (RFC 3550 5.1). */
const mostPaddingBytes = 255;

export class OutboundStream {
  readonly ssrc: number;
  readonly #options: OutboundStreamOptions;
  readonly #header: StreamHeader;
  /** Of repairs. */
  readonly #rtxHeader: StreamHeader | undefined;
  /** Of packets that name sources. */
  readonly #mixedHeader: StreamHeader | MixedHeader;
  readonly #history: PacketHistory;
  readonly #counters: OutboundStreamCounters = {
    packetCount: 0, octetCount: 0, resentPackets: 0, resentBytes: 0, copiedPackets: 0, unknownRequests: 0, repeatedRequests: 0, refusedRequests: 0,
  };
  /** Unwrapped. */
  #nextIndex: number;
  #nextRtxSequence: number;
  #resendBytesPerSecond: number;
  #lastPtsUs: number | undefined;
  #budgetBytes: number;
  #budgetUs: number | undefined;

  constructor(options: OutboundStreamOptions) {
    const { historyUs = defaultHistoryUs, maxHistoryBytes = defaultMaxHistoryBytes, resendBytesPerSecond = defaultResendBytesPerSecond } = options;
    this.ssrc = options.ssrc;
    this.#options = options;
    const header = { ssrc: options.ssrc, payloadType: options.payloadType, extensions: options.extensions };
    this.#header = new StreamHeader(header);
    this.#mixedHeader = options.csrcLevelId === undefined ? this.#header : new MixedHeader({ ...header, levelId: options.csrcLevelId });
    this.#rtxHeader = options.rtx === undefined ? undefined : new StreamHeader({ ...options.rtx, extensions: options.extensions });
    this.#history = new PacketHistory({ historyUs, maxBytes: maxHistoryBytes });
    this.#resendBytesPerSecond = resendBytesPerSecond;
    this.#budgetBytes = resendBytesPerSecond;
    this.#nextIndex = options.firstSequenceNumber;
    this.#nextRtxSequence = options.rtx?.firstSequenceNumber ?? 0;
  }

  get counters(): Readonly<OutboundStreamCounters> {
    return this.#counters;
  }

  /** Changes what retransmission may cost from now on. */
  setResendBudget(bytesPerSecond: number): void {
    this.#resendBytesPerSecond = bytesPerSecond;
  }

  /** The media time sent last, undefined before the first packet. */
  get lastPtsUs(): number | undefined {
    return this.#lastPtsUs;
  }

  /** The sequence number that the next packet gets. */
  get nextSequenceNumber(): number {
    return this.#nextIndex & 0xffff;
  }

  /**
   * Makes the next packet of a frame (video) or the one of an Opus packet (audio). The payload is kept, not copied: it must not change for as long as the history.
   *
   * @param ptsUs room time of the frame; does not fall from call to call.
   * @param marker the frame's last packet (video), the first one of a talkspurt (audio, RFC 3551 4.1)
   * @param sources whose voices are in it, the most important first, an array that does not change: no more than 15 fit the header. They stand in no repair.
   */
  next(payload: Uint8Array, ptsUs: number, marker: boolean, sources: readonly ContributingSource[] = noSources): Buffer {
    const timestamp = this.rtpTimestampAt(ptsUs);
    const index = this.#nextIndex++;
    this.#history.add(index, timestamp, marker, payload, ptsUs);
    this.#counters.packetCount++;
    this.#counters.octetCount += payload.length;
    this.#lastPtsUs = ptsUs;
    return this.#write(index & 0xffff, timestamp, marker, payload, sources.length > mostCsrcs ? sources.slice(0, mostCsrcs) : sources);
  }

  /** What was sent up to now is not sent again: a keyframe takes its place, or nothing does. */
  forgetSent(): void {
    this.#history.clear();
  }

  /** The RTP timestamp that belongs to a moment of the room's clock, 0 to 2^32 - 1; with that moment it is a sender report's pair. */
  rtpTimestampAt(roomUs: number): number {
    // Apart, because microseconds times ticks leave the exact integers after 28 hours.
    const seconds = Math.floor(roomUs / 1e6);
    const ticks = seconds * this.#options.clockHz + Math.round(((roomUs - seconds * 1e6) * this.#options.clockHz) / 1e6);
    return (this.#options.timestampOffset + ticks) >>> 0;
  }

  /**
   * Answers a request (NACK) for one packet. Undefined, and counted, when it is not known, when it was sent again less than a round trip
   * ago (that copy may still be on its way), or when the budget is spent.
   *
   * @param sequenceNumber 0 to 65535, of the stream's own packets.
   * @param roundTripUs as measured last; 0 when it is not known yet.
   */
  resend(sequenceNumber: number, nowUs: number, roundTripUs: number): Buffer | undefined {
    const sent = this.#history.find(sequenceNumber);
    if (sent === undefined) {
      this.#counters.unknownRequests++;
      return undefined;
    }
    if (sent.resentUs !== undefined && nowUs - sent.resentUs < Math.max(leastResendUs, answeredShare * roundTripUs)) {
      this.#counters.repeatedRequests++;
      return undefined;
    }
    const bytes = this.#bytesAgain(sent);
    if (!this.#spend(bytes, nowUs, 0)) {
      this.#counters.refusedRequests++;
      return undefined;
    }
    sent.resentUs = nowUs;
    return this.#again(sent, bytes);
  }

  /** A copy of what was sent again a moment ago, unasked: for a path that loses repairs as well. Undefined where it is forgotten, or the budget is better kept for what is asked for. */
  repeat(sequenceNumber: number, nowUs: number): Buffer | undefined {
    const sent = this.#history.find(sequenceNumber);
    if (sent?.resentUs === undefined) return undefined;
    const bytes = this.#bytesAgain(sent);
    return this.#spend(bytes, nowUs, copiesLeaveShare * this.#resendBytesPerSecond) ? this.#again(sent, bytes) : undefined;
  }

  /**
   * A copy of what was sent a moment ago, before anybody could have asked; it counts as no answer, since who asks may have lost this one, too. Not of the budget for repairs: whoever
   * calls knows that the path carries it. Undefined without RTX, and where it is forgotten.
   */
  copy(sequenceNumber: number): Buffer | undefined {
    const sent = this.#history.find(sequenceNumber);
    if (sent === undefined || this.#rtxHeader === undefined) return undefined;
    this.#counters.copiedPackets++;
    return this.#writeRtx(this.#rtxHeader, sent);
  }

  #bytesAgain({ payload }: SentPacket): number {
    return this.#header.byteLength(noSources) + payload.length + (this.#rtxHeader === undefined ? 0 : originalSequenceBytes);
  }

  #again(sent: SentPacket, bytes: number): Buffer {
    this.#counters.resentPackets++;
    this.#counters.resentBytes += bytes;
    if (this.#rtxHeader !== undefined) return this.#writeRtx(this.#rtxHeader, sent);
    this.#counters.packetCount++;
    this.#counters.octetCount += sent.payload.length;
    return this.#write(sent.index & 0xffff, sent.timestamp, sent.marker, sent.payload, noSources);
  }

  #write(sequenceNumber: number, timestamp: number, marker: boolean, payload: Uint8Array, sources: readonly ContributingSource[]): Buffer {
    const header = sources.length === 0 ? this.#header : this.#mixedHeader;
    const headerBytes = header.byteLength(sources);
    const packet = lendPacket(headerBytes, payload.length);
    header.write(packet, marker, sequenceNumber, timestamp, sources);
    packet.set(payload, headerBytes);
    return packet;
  }

  #takeRtxSequence(): number {
    const sequenceNumber = this.#nextRtxSequence;
    this.#nextRtxSequence = (sequenceNumber + 1) & 0xffff;
    return sequenceNumber;
  }

  #writeRtx(header: StreamHeader, { index, timestamp, marker, payload }: SentPacket): Buffer {
    const headerBytes = header.byteLength(noSources);
    const packet = lendPacket(headerBytes, originalSequenceBytes + payload.length);
    header.write(packet, marker, this.#takeRtxSequence(), timestamp, noSources);
    packet.writeUInt16BE(index & 0xffff, headerBytes);
    packet.set(payload, headerBytes + originalSequenceBytes);
    return packet;
  }

  /**
   * A packet on the RTX stream that means nothing, to see what passes: the payload sent last once more, or padding alone where that is longer than wanted
   * or nothing was sent yet. Undefined without RTX: on the stream itself it would take sequence numbers.
   *
   * @param bytes wanted, of which payload and padding together may be less
   */
  filler(bytes: number): Buffer | undefined {
    const header = this.#rtxHeader;
    if (header === undefined) return undefined;
    const last = this.#history.find((this.#nextIndex - 1) & 0xffff);
    if (last !== undefined && last.payload.length <= bytes && last.payload.length > mostPaddingBytes) return this.#writeRtx(header, last);
    const paddingBytes = Math.max(1, Math.min(mostPaddingBytes, Math.floor(bytes)));
    const packet = lendPacket(header.byteLength(noSources), paddingBytes);
    header.write(packet, false, this.#takeRtxSequence(), this.rtpTimestampAt(this.#lastPtsUs ?? 0), noSources);
    markPadded(packet, paddingBytes);
    return packet;
  }

  /** A bucket that fills with the budget's rate and holds one second of it. @param leftBytes has to be left in it */
  #spend(bytes: number, nowUs: number, leftBytes: number): boolean {
    const elapsedUs = nowUs - (this.#budgetUs ?? nowUs);
    this.#budgetUs = nowUs;
    this.#budgetBytes = Math.min(this.#resendBytesPerSecond, this.#budgetBytes + (elapsedUs * this.#resendBytesPerSecond) / 1e6);
    if (bytes + leftBytes > this.#budgetBytes) return false;
    this.#budgetBytes -= bytes;
    return true;
  }
}
