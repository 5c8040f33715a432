/**
 * Writes RTCP packets (RFC 3550 6, RFC 4585 6, RFC 5104 4.3, draft-alvestrand-rmcat-remb-03); layouts are drawn in `parse-rtcp.ts`.
 *
 * Each function answers one packet; {@link compound} joins them into a datagram. All throw a RangeError for a field that does not fit: the caller's bug.
 */
import {
  cnameItem,
  feedbackFormat,
  rembIdentifier,
  rtcpType,
  type FullIntraRequest,
  type Goodbye,
  type Nack,
  type PictureLossIndication,
  type ReceiverEstimatedMaximumBitrate,
  type ReceiverReport,
  type ReportBlock,
  type SenderReport,
} from './rtcp-packets.js';

/** What a builder takes: the parsed packet without its tag. */
type Fields<Packet> = Omit<Packet, 'type'>;

/** The five-bit count of the header: how many report blocks, chunks or SSRCs one packet holds. */
export const maxCount = 31;
const reportBlockBytes = 24;
const maxCumulativeLost = 0x7fffff;
const minCumulativeLost = -0x800000;
const maxRembMantissa = 0x3ffff;

function allocatePacket(type: number, count: number, byteLength: number): Buffer {
  if (count > maxCount) throw new RangeError(`${count} do not fit one RTCP packet`);
  const packet = Buffer.alloc(byteLength);
  packet.writeUInt8(0x80 | count, 0);
  packet.writeUInt8(type, 1);
  packet.writeUInt16BE(byteLength / 4 - 1, 2);
  return packet;
}

function allocateFeedback(type: number, format: number, senderSsrc: number, mediaSsrc: number, bodyBytes: number): Buffer {
  const packet = allocatePacket(type, format, 12 + bodyBytes);
  packet.writeUInt32BE(senderSsrc, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  return packet;
}

function writeReportBlocks(packet: Buffer, start: number, reports: readonly ReportBlock[]): void {
  let at = start;
  for (const report of reports) {
    packet.writeUInt32BE(report.ssrc, at);
    packet.writeUInt8(report.fractionLost, at + 4);
    packet.writeIntBE(Math.max(minCumulativeLost, Math.min(maxCumulativeLost, report.cumulativeLost)), at + 5, 3);
    packet.writeUInt32BE(report.extendedHighest, at + 8);
    packet.writeUInt32BE(report.jitterTicks, at + 12);
    packet.writeUInt32BE(report.lastSenderReport, at + 16);
    packet.writeUInt32BE(report.delaySinceLastSenderReport, at + 20);
    at += reportBlockBytes;
  }
}

export function buildSenderReport(report: Fields<SenderReport>): Buffer {
  const packet = allocatePacket(rtcpType.senderReport, report.reports.length, 28 + report.reports.length * reportBlockBytes);
  packet.writeUInt32BE(report.senderSsrc, 4);
  packet.writeUInt32BE(report.ntp.seconds, 8);
  packet.writeUInt32BE(report.ntp.fraction, 12);
  packet.writeUInt32BE(report.rtpTimestamp, 16);
  packet.writeUInt32BE(report.packetCount >>> 0, 20);
  packet.writeUInt32BE(report.octetCount >>> 0, 24);
  writeReportBlocks(packet, 28, report.reports);
  return packet;
}

export function buildReceiverReport(report: Fields<ReceiverReport>): Buffer {
  const packet = allocatePacket(rtcpType.receiverReport, report.reports.length, 8 + report.reports.length * reportBlockBytes);
  packet.writeUInt32BE(report.senderSsrc, 4);
  writeReportBlocks(packet, 8, report.reports);
  return packet;
}

/** SDES with the CNAME of one source (at most 255 bytes of UTF-8), which ties audio and video of a sender to one clock. */
export function buildSourceDescription(ssrc: number, cname: string): Buffer {
  const text = Buffer.from(cname);
  // After the item at least one zero byte, then up to the word.
  const packet = allocatePacket(rtcpType.sourceDescription, 1, 8 + ((2 + text.length) & ~3) + 4);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt8(cnameItem, 8);
  packet.writeUInt8(text.length, 9);
  packet.set(text, 10);
  return packet;
}

export function buildGoodbye(goodbye: Fields<Goodbye>): Buffer {
  const reason = goodbye.reason === undefined ? undefined : Buffer.from(goodbye.reason);
  const ssrcsEnd = 4 + goodbye.ssrcs.length * 4;
  const packet = allocatePacket(rtcpType.goodbye, goodbye.ssrcs.length, ssrcsEnd + (reason === undefined ? 0 : Math.ceil((1 + reason.length) / 4) * 4));
  writeSsrcs(packet, 4, goodbye.ssrcs);
  if (reason !== undefined) {
    packet.writeUInt8(reason.length, ssrcsEnd);
    packet.set(reason, ssrcsEnd + 1);
  }
  return packet;
}

/**
 * Sequence numbers go oldest first, wraps included; any other order is asked for too and only takes more bytes. Unwrapped indices, as the NACK
 * tracker gives them, are cut to their 16 bits.
 */
export function buildNack(nack: Fields<Nack>): Buffer {
  // Pairs of PID and BLP, flat.
  const items: number[] = [];
  for (const sequenceNumber of nack.sequenceNumbers) {
    const ahead = items.length === 0 ? 0 : (sequenceNumber - (items.at(-2) ?? 0)) & 0xffff;
    if (ahead >= 1 && ahead <= 16) items.push((items.pop() ?? 0) | (1 << (ahead - 1)));
    else items.push(sequenceNumber & 0xffff, 0);
  }
  const packet = allocateFeedback(rtcpType.transportLayerFeedback, feedbackFormat.nack, nack.senderSsrc, nack.mediaSsrc, items.length * 2);
  let at = 12;
  for (const item of items) at = packet.writeUInt16BE(item, at);
  return packet;
}

export function buildPictureLossIndication(pli: Fields<PictureLossIndication>): Buffer {
  return allocateFeedback(rtcpType.payloadSpecificFeedback, feedbackFormat.pli, pli.senderSsrc, pli.mediaSsrc, 0);
}

export function buildFullIntraRequest(fir: Fields<FullIntraRequest>): Buffer {
  const packet = allocateFeedback(rtcpType.payloadSpecificFeedback, feedbackFormat.fir, fir.senderSsrc, 0, fir.requests.length * 8);
  let at = 12;
  for (const { ssrc, requestNumber } of fir.requests) {
    packet.writeUInt32BE(ssrc, at);
    packet.writeUInt8(requestNumber, at + 4);
    at += 8;
  }
  return packet;
}

/** The bitrate is rounded down to the 18 significant bits that the format has. */
export function buildRemb(remb: Fields<ReceiverEstimatedMaximumBitrate>): Buffer {
  const packet = allocateFeedback(rtcpType.payloadSpecificFeedback, feedbackFormat.applicationLayer, remb.senderSsrc, 0, 8 + remb.ssrcs.length * 4);
  let exponent = 0;
  while (Math.floor(remb.bitrateBps / 2 ** exponent) > maxRembMantissa) exponent += 1;
  packet.writeUInt32BE(rembIdentifier, 12);
  packet.writeUInt8(remb.ssrcs.length, 16);
  packet.writeUIntBE((exponent << 18) | Math.floor(remb.bitrateBps / 2 ** exponent), 17, 3);
  writeSsrcs(packet, 20, remb.ssrcs);
  return packet;
}

function writeSsrcs(packet: Buffer, start: number, ssrcs: readonly number[]): void {
  let at = start;
  for (const ssrc of ssrcs) at = packet.writeUInt32BE(ssrc, at);
}

/**
 * Joins packets into one datagram. RFC 3550 6.1 wants a report first and then SDES in a compound; packets alone are allowed only where reduced-size
 * RTCP (RFC 5506) was negotiated. A transport feedback packet made by `transport-feedback.ts` is joined like the others.
 */
export function compound(packets: readonly Buffer[]): Buffer {
  return Buffer.concat(packets);
}
