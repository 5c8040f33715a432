/**
 * RTCP datagrams to packets: compound (RFC 3550 6.1) and reduced-size (RFC 5506), feedback of RFC 4585 and RFC 5104, REMB, transport-wide feedback.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     |V=2|P| count/FMT|  packet type  |   length in 4-byte words - 1  |
 *     |                 SSRC of sender, then the body                  |
 *
 * Each packet is cut to its own length before its body is read, so that no packet can run into the next one.
 */
import { cnameItem, feedbackFormat, rembIdentifier, rtcpType, type Nack, type ReportBlock, type RtcpPacket, type SourceDescription } from './rtcp-packets.js';

export interface ParsedRtcp {
  readonly packets: readonly RtcpPacket[];
  /** True when the datagram broke a rule. What stood before the break is in `packets`; nothing after it is trusted. */
  readonly malformed: boolean;
}

const headerBytes = 4;
const reportBlockBytes = 24;
/** Header, sender SSRC, media SSRC: what all of RFC 4585's feedback begins with. */
const feedbackHeaderBytes = 12;
/** Everybody keeps RTCP below the 1,500 bytes of a path. In 64 kB, which UDP would carry, a peer could ask for 278,000 packets at once: 12 ms of this thread. */
const maxDatagramBytes = 2_048;
/** libwebrtc keeps no longer list of what it misses; beyond it a keyframe is asked for. */
const maxNackNumbers = 1_000;

/** Stands for a packet that broke a rule, apart from `undefined`: a packet that is in order and of no interest. */
const broken = Symbol('broken');

/** Reads a decrypted RTCP datagram of at most 2,048 bytes. Never throws. Types nobody here needs (APP, XR, ...) are passed over. */
export function parseRtcp(datagram: Buffer): ParsedRtcp {
  const packets: RtcpPacket[] = [];
  if (datagram.length > maxDatagramBytes) return { packets, malformed: true };
  let start = 0;
  do {
    if (start + headerBytes > datagram.length) return { packets, malformed: true };
    const end = start + headerBytes + datagram.readUInt16BE(start + 2) * 4;
    if (end > datagram.length) return { packets, malformed: true };
    const packet = parsePacket(datagram.subarray(start, end));
    if (packet === broken) return { packets, malformed: true };
    if (packet !== undefined) packets.push(packet);
    start = end;
  } while (start < datagram.length);
  return { packets, malformed: false };
}

type Outcome = RtcpPacket | undefined | typeof broken;

function parsePacket(wholePacket: Buffer): Outcome {
  const firstByte = wholePacket.readUInt8(0);
  if (firstByte >>> 6 !== 2) return broken;
  let packet = wholePacket;
  if ((firstByte & 0x20) !== 0) {
    // RFC 3550 6.4.1 wants padding in the last packet only, and in whole words; libwebrtc pads transport feedback wherever it stands and by any
    // number of bytes. Reading it everywhere harms nobody.
    const paddingBytes = packet.readUInt8(packet.length - 1);
    if (paddingBytes === 0 || paddingBytes > packet.length - headerBytes) return broken;
    packet = packet.subarray(0, packet.length - paddingBytes);
  }
  const count = firstByte & 0x1f;
  switch (packet.readUInt8(1)) {
    case rtcpType.senderReport:
      return parseSenderReport(packet, count);
    case rtcpType.receiverReport:
      return parseReceiverReport(packet, count);
    case rtcpType.sourceDescription:
      return parseSourceDescription(packet, count);
    case rtcpType.goodbye:
      return parseGoodbye(packet, count);
    case rtcpType.transportLayerFeedback:
      return parseTransportLayerFeedback(packet, count);
    case rtcpType.payloadSpecificFeedback:
      return parsePayloadSpecificFeedback(packet, count);
    default:
      return undefined;
  }
}

/** RFC 3550 6.4.1; profile-specific extensions after the blocks are passed over. */
function parseSenderReport(packet: Buffer, reportCount: number): Outcome {
  const reportsStart = 28;
  if (packet.length < reportsStart + reportCount * reportBlockBytes) return broken;
  return {
    type: 'sender-report',
    senderSsrc: packet.readUInt32BE(4),
    ntp: { seconds: packet.readUInt32BE(8), fraction: packet.readUInt32BE(12) },
    rtpTimestamp: packet.readUInt32BE(16),
    packetCount: packet.readUInt32BE(20),
    octetCount: packet.readUInt32BE(24),
    reports: parseReportBlocks(packet, reportsStart, reportCount),
  };
}

/** RFC 3550 6.4.2. */
function parseReceiverReport(packet: Buffer, reportCount: number): Outcome {
  const reportsStart = 8;
  if (packet.length < reportsStart + reportCount * reportBlockBytes) return broken;
  return { type: 'receiver-report', senderSsrc: packet.readUInt32BE(4), reports: parseReportBlocks(packet, reportsStart, reportCount) };
}

function parseReportBlocks(packet: Buffer, start: number, count: number): ReportBlock[] {
  const reports: ReportBlock[] = [];
  for (let at = start; reports.length < count; at += reportBlockBytes) {
    reports.push({
      ssrc: packet.readUInt32BE(at),
      fractionLost: packet.readUInt8(at + 4),
      cumulativeLost: packet.readIntBE(at + 5, 3),
      extendedHighest: packet.readUInt32BE(at + 8),
      jitterTicks: packet.readUInt32BE(at + 12),
      lastSenderReport: packet.readUInt32BE(at + 16),
      delaySinceLastSenderReport: packet.readUInt32BE(at + 20),
    });
  }
  return reports;
}

/** RFC 3550 6.5: chunks of an SSRC and items `type(8) length(8) text`, ended by a zero byte and filled up to a word. */
function parseSourceDescription(packet: Buffer, chunkCount: number): Outcome {
  const chunks: SourceDescription['chunks'][number][] = [];
  let at = headerBytes;
  while (chunks.length < chunkCount) {
    if (at + 4 > packet.length) return broken;
    const ssrc = packet.readUInt32BE(at);
    at += 4;
    let cname: string | undefined;
    for (;;) {
      if (at >= packet.length) return broken;
      const item = packet.readUInt8(at);
      if (item === 0) break;
      if (at + 2 > packet.length) return broken;
      const textEnd = at + 2 + packet.readUInt8(at + 1);
      if (textEnd > packet.length) return broken;
      if (item === cnameItem) cname = packet.toString('utf8', at + 2, textEnd);
      at = textEnd;
    }
    // At least one zero byte ends a chunk, so one that ends on a word takes a whole further word.
    at = (at & ~3) + 4;
    chunks.push({ ssrc, cname });
  }
  return { type: 'source-description', chunks };
}

/** RFC 3550 6.6. */
function parseGoodbye(packet: Buffer, ssrcCount: number): Outcome {
  const reasonStart = headerBytes + ssrcCount * 4;
  if (packet.length < reasonStart) return broken;
  const ssrcs = readSsrcs(packet, headerBytes, ssrcCount);
  let reason: string | undefined;
  if (packet.length > reasonStart) {
    const reasonEnd = reasonStart + 1 + packet.readUInt8(reasonStart);
    if (reasonEnd > packet.length) return broken;
    reason = packet.toString('utf8', reasonStart + 1, reasonEnd);
  }
  return { type: 'goodbye', ssrcs, reason };
}

function parseTransportLayerFeedback(packet: Buffer, format: number): Outcome {
  if (packet.length < feedbackHeaderBytes) return broken;
  const senderSsrc = packet.readUInt32BE(4);
  const mediaSsrc = packet.readUInt32BE(8);
  switch (format) {
    case feedbackFormat.nack:
      if ((packet.length - feedbackHeaderBytes) % 4 !== 0) return broken;
      return { type: 'nack', senderSsrc, mediaSsrc, sequenceNumbers: parseNackItems(packet) };
    case feedbackFormat.transportWide:
      // Base sequence number, status count, reference time and feedback count come always.
      if (packet.length < feedbackHeaderBytes + 8) return broken;
      return { type: 'transport-feedback', senderSsrc, mediaSsrc, body: packet.subarray(feedbackHeaderBytes) };
    default:
      return undefined;
  }
}

/** RFC 4585 6.2.1: `PID(16) BLP(16)`, bit i of BLP standing for PID + i + 1. What goes beyond {@link maxNackNumbers} is passed over. */
function parseNackItems(packet: Buffer): Nack['sequenceNumbers'] {
  const sequenceNumbers: number[] = [];
  for (let at = feedbackHeaderBytes; at < packet.length && sequenceNumbers.length < maxNackNumbers; at += 4) {
    const first = packet.readUInt16BE(at);
    sequenceNumbers.push(first);
    const following = packet.readUInt16BE(at + 2);
    for (let bit = 0; bit < 16; bit += 1) {
      if ((following & (1 << bit)) !== 0) sequenceNumbers.push((first + bit + 1) & 0xffff);
    }
  }
  return sequenceNumbers;
}

function parsePayloadSpecificFeedback(packet: Buffer, format: number): Outcome {
  if (packet.length < feedbackHeaderBytes) return broken;
  const senderSsrc = packet.readUInt32BE(4);
  const mediaSsrc = packet.readUInt32BE(8);
  switch (format) {
    case feedbackFormat.pli:
      return { type: 'pli', senderSsrc, mediaSsrc };
    case feedbackFormat.fir:
      return parseFullIntraRequest(packet, senderSsrc);
    case feedbackFormat.applicationLayer:
      return parseRemb(packet, senderSsrc);
    default:
      return undefined;
  }
}

/** RFC 5104 4.3.1.1: `SSRC(32) request number(8) reserved(24)`, one or more. The media SSRC of the header is unused. */
function parseFullIntraRequest(packet: Buffer, senderSsrc: number): Outcome {
  const itemBytes = 8;
  if (packet.length === feedbackHeaderBytes || (packet.length - feedbackHeaderBytes) % itemBytes !== 0) return broken;
  const requests: { ssrc: number; requestNumber: number }[] = [];
  for (let at = feedbackHeaderBytes; at < packet.length; at += itemBytes) {
    requests.push({ ssrc: packet.readUInt32BE(at), requestNumber: packet.readUInt8(at + 4) });
  }
  return { type: 'fir', senderSsrc, requests };
}

/** draft-alvestrand-rmcat-remb-03 2.2: `"REMB" count(8) exponent(6) mantissa(18) SSRC(32)...`. Other application-layer feedback is passed over. */
function parseRemb(packet: Buffer, senderSsrc: number): Outcome {
  const fixedBytes = feedbackHeaderBytes + 8;
  if (packet.length < feedbackHeaderBytes + 4 || packet.readUInt32BE(feedbackHeaderBytes) !== rembIdentifier) return undefined;
  if (packet.length < fixedBytes) return broken;
  const ssrcCount = packet.readUInt8(16);
  if (packet.length < fixedBytes + ssrcCount * 4) return broken;
  const exponent = packet.readUInt8(17) >>> 2;
  const mantissa = packet.readUIntBE(17, 3) & 0x3ffff;
  return { type: 'remb', senderSsrc, bitrateBps: mantissa * 2 ** exponent, ssrcs: readSsrcs(packet, fixedBytes, ssrcCount) };
}

function readSsrcs(packet: Buffer, start: number, count: number): number[] {
  const ssrcs: number[] = [];
  for (let at = start; ssrcs.length < count; at += 4) ssrcs.push(packet.readUInt32BE(at));
  return ssrcs;
}
