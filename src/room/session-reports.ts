/** The RTCP that a session sends: reports about once a second, feedback when it is due; every datagram a compound packet (RFC 3550 6.1). */
import type { RoomClock } from '../../mixer/index.js';
import { buildGoodbye, buildNack, buildPictureLossIndication, buildReceiverReport, buildRemb, buildSenderReport, buildSourceDescription, compound } from '../rtp/rtcp/build-rtcp.js';
import { ntpMiddle32, usToNtp, type NtpTime } from '../rtp/rtcp/ntp.js';
import type { ReportBlock } from '../rtp/rtcp/rtcp-packets.js';
import { TransportFeedback } from '../rtp/transport-feedback.js';
import type { Downlink } from './downlink.js';
import type { Uplink } from './uplink.js';

export interface SessionReportsOptions {
  readonly clock: RoomClock;
  /** Under which our RTCP goes out where none of our streams is meant. */
  readonly ownSsrc: number;
  readonly cname: string;
  readonly send: (packet: Buffer) => void;
}

export interface SessionStreams {
  readonly uplinks: Iterable<Uplink>;
  readonly downlinks: readonly Downlink[];
  /** More than this is not worth sending to us (REMB); undefined where that is not to be said. */
  readonly worthwhileBps?: number | undefined;
}

/** RFC 3550 6.2 allows less than its 5 s for unicast sessions of this bitrate; a second keeps lip sync and round trip fresh. */
const reportIntervalUs = 1_000_000;
/** A client pairs sound and picture only once it has a report of both: the first must not take a second. */
const firstReportUs = 100_000;
/** Chromium's estimator wants 50 to 250 ms; at 100 the cost is half that of 50 and the ramp-up of a 720p camera as quick (bench: uplink). */
const transportFeedbackIntervalUs = 100_000;
/** What is urgent goes out with the packet that made it so, but no more often than this: a burst with several gaps is one request. */
const urgentIntervalUs = 4_000;
/** Nothing came for so long: the sender waits for word of what he sends now, and his estimate with him. */
const silenceUs = 500_000;
/** 1 January 1900 to 1 January 1970. */
const ntpEpochUs = 2_208_988_800_000_000;

export class SessionReports {
  readonly #options: SessionReportsOptions;
  readonly #wallClockZeroUs: number;
  readonly #transportFeedback = new TransportFeedback();
  #hasTransportFeedback = false;
  #lastMediaSsrc = 0;
  #toldBps: number | undefined;
  #nextReportUs: number;
  #nextTransportFeedbackUs: number;
  #lastTransportUs: number | undefined;
  #lastUrgentUs = Number.NEGATIVE_INFINITY;

  constructor(options: SessionReportsOptions) {
    this.#options = options;
    this.#wallClockZeroUs = options.clock.wallClockZeroUs();
    const nowUs = options.clock.nowUs();
    this.#nextReportUs = nowUs + firstReportUs;
    this.#nextTransportFeedbackUs = nowUs + transportFeedbackIntervalUs;
  }

  /** Our sender reports' clock: wall time, taken once, so that it never jumps. */
  ntpAt(nowUs: number): NtpTime {
    return usToNtp(this.#wallClockZeroUs + nowUs + ntpEpochUs);
  }

  ntpMiddleAt(nowUs: number): number {
    return ntpMiddle32(this.ntpAt(nowUs));
  }

  takeTransportSequence(sequenceNumber: number, mediaSsrc: number, arrivalUs: number): void {
    this.#transportFeedback.onPacket(sequenceNumber, arrivalUs);
    if (this.#lastTransportUs !== undefined && arrivalUs - this.#lastTransportUs > silenceUs) this.#nextTransportFeedbackUs = arrivalUs;
    this.#lastTransportUs = arrivalUs;
    this.#hasTransportFeedback = true;
    this.#lastMediaSsrc = mediaSsrc;
  }

  /** To be called after each packet, and cheap: what cannot wait for the next tick goes out now. */
  hasten(nowUs: number, roundTripUs: number | undefined, uplinks: Iterable<Uplink>): void {
    if (nowUs - this.#lastUrgentUs < urgentIntervalUs) return;
    let feedback: Buffer[] | undefined;
    for (const uplink of uplinks) if (uplink.isUrgent?.(nowUs) === true) (feedback ??= []).push(...this.#requestsOf(uplink, nowUs, roundTripUs));
    if (feedback === undefined || feedback.length === 0) return;
    this.#lastUrgentUs = nowUs;
    this.#sendFeedback(feedback);
  }

  /** To be called each 20 ms or so. */
  tick(nowUs: number, roundTripUs: number | undefined, { uplinks, downlinks, worthwhileBps }: SessionStreams): void {
    const { ownSsrc } = this.#options;
    const isReportDue = nowUs >= this.#nextReportUs;
    if (isReportDue) this.#nextReportUs = nowUs + reportIntervalUs;
    const feedback: Buffer[] = [];
    const blocks: ReportBlock[] = [];
    // Again with each report, since datagrams get lost.
    const isWorthDue = worthwhileBps !== undefined && (isReportDue || worthwhileBps !== this.#toldBps);
    const pictureSsrcs: number[] = [];
    for (const uplink of uplinks) {
      if (isWorthDue && uplink.source !== 'microphone') pictureSsrcs.push(uplink.ssrc);
      feedback.push(...this.#requestsOf(uplink, nowUs, roundTripUs));
      if (isReportDue) for (const block of [uplink.reportBlock(nowUs), uplink.repairReportBlock?.(nowUs)]) if (block !== undefined) blocks.push(block);
    }
    if (this.#hasTransportFeedback && nowUs >= this.#nextTransportFeedbackUs) {
      this.#nextTransportFeedbackUs = nowUs + transportFeedbackIntervalUs;
      this.#hasTransportFeedback = false;
      feedback.push(...this.#transportFeedback.build({ senderSsrc: ownSsrc, mediaSsrc: this.#lastMediaSsrc }));
    }
    if (worthwhileBps !== undefined && pictureSsrcs.length > 0) {
      this.#toldBps = worthwhileBps;
      feedback.push(buildRemb({ senderSsrc: ownSsrc, bitrateBps: worthwhileBps, ssrcs: pictureSsrcs }));
    }
    if (isReportDue) this.#sendReports(nowUs, downlinks, blocks);
    if (feedback.length > 0) this.#sendFeedback(feedback);
  }

  /** Our streams end here (RFC 3550 6.6), with their last reports: a client may forget them at once. What was never sent has no end. */
  sayGoodbye(nowUs: number, downlinks: readonly Downlink[]): void {
    const ended = downlinks.filter((downlink) => downlink.reportAt(nowUs) !== undefined);
    const ssrcs = new Set([this.#options.ownSsrc, ...ended.flatMap(({ ssrcs: own }) => own)]);
    this.#sendReports(nowUs, ended, [], [buildGoodbye({ ssrcs: [...ssrcs], reason: undefined })]);
  }

  #requestsOf(uplink: Uplink, nowUs: number, roundTripUs: number | undefined): readonly Buffer[] {
    const { ownSsrc } = this.#options;
    const requests: Buffer[] = [];
    const sequenceNumbers = uplink.dueNacks(nowUs, roundTripUs);
    if (sequenceNumbers.length > 0) requests.push(buildNack({ senderSsrc: ownSsrc, mediaSsrc: uplink.ssrc, sequenceNumbers }));
    if (uplink.takeKeyframeWish(nowUs)) requests.push(buildPictureLossIndication({ senderSsrc: ownSsrc, mediaSsrc: uplink.ssrc }));
    return requests;
  }

  #sendFeedback(feedback: readonly Buffer[]): void {
    this.#send([buildReceiverReport({ senderSsrc: this.#options.ownSsrc, reports: [] })], feedback);
  }

  #sendReports(nowUs: number, downlinks: readonly Downlink[], blocks: ReportBlock[], more: readonly Buffer[] = []): void {
    const ntp = this.ntpAt(nowUs);
    const reports = downlinks.flatMap((downlink) => {
      const facts = downlink.reportAt(nowUs);
      // The blocks go with the first report only.
      return facts === undefined ? [] : [buildSenderReport({ senderSsrc: downlink.ssrc, ntp, ...facts, reports: blocks.splice(0) })];
    });
    if (reports.length === 0) reports.push(buildReceiverReport({ senderSsrc: this.#options.ownSsrc, reports: blocks }));
    // A receiver pairs sound and picture by the CNAME of each (RFC 3550 6.5.1).
    this.#send(reports, more, downlinks);
  }

  #send(reports: readonly Buffer[], more: readonly Buffer[], downlinks: readonly Downlink[] = []): void {
    const { ownSsrc, cname } = this.#options;
    const sources = new Set([ownSsrc, ...downlinks.map(({ ssrc }) => ssrc)]);
    this.#options.send(compound([...reports, ...[...sources].map((ssrc) => buildSourceDescription(ssrc, cname)), ...more]));
  }
}
