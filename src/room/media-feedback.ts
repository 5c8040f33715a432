/** The RTCP that a client sends, read and carried out: its reports, what it asks for again, its wishes for keyframes. */
import { roundTripUs } from '../rtp/round-trip.js';
import { ntpMiddle32, ntpToUs } from '../rtp/rtcp/ntp.js';
import { parseRtcp } from '../rtp/rtcp/parse-rtcp.js';
import type { ReportBlock, RtcpPacket } from '../rtp/rtcp/rtcp-packets.js';
import type { AudioDownlink } from './downlink.js';
import type { IncomingMedia } from './incoming-media.js';
import type { OutgoingMedia } from './outgoing-media.js';

export interface MediaFeedbackOptions {
  readonly incoming: IncomingMedia;
  readonly outgoing: OutgoingMedia;
  /** By ICE's checks; undefined before the first. */
  readonly pathRoundTripUs: () => number | undefined;
  /** Of the clock that our sender reports carry. */
  readonly ntpMiddleAt: (nowUs: number) => number;
  /** The listener cannot go on without one. */
  readonly onKeyframeWish: () => void;
}

/** Nothing measured yet, because each check had to be repeated: a path across a continent; too long only makes a first repair come later. */
export const defaultRoundTripUs = 100_000;
/** Weight of a new measurement of the round trip, as in RFC 6298. */
const roundTripGain = 1 / 8;
/** A keyframe makes everybody's picture coarser for a moment: one listener with a bad line, or a bad mind, gets no more than this. */
const keyframeWishIntervalUs = 1_000_000;
/**
 * What is lost of the sound is counted no more often: browsers report it each 2.5 to 7.5 s, others once a second or less. One who reports with each packet would find the
 * worst moment of each second, and his reports would cost more than his sound.
 */
const lossIntervalUs = 1_000_000;

export class MediaFeedback {
  readonly #options: MediaFeedbackOptions;
  #roundTripUs: number | undefined;
  #lastKeyframeWishUs = Number.NEGATIVE_INFINITY;
  #refusedKeyframeWishes = 0;
  #lastLossUs = Number.NEGATIVE_INFINITY;
  #refusedLossReports = 0;
  #malformedPackets = 0;

  constructor(options: MediaFeedbackOptions) {
    this.#options = options;
  }

  /** Smoothed, from reports about what we send; of who is sent nothing, from the checks of his path. */
  get measuredRoundTripUs(): number | undefined {
    return this.#roundTripUs ?? this.#options.pathRoundTripUs();
  }

  get roundTripUs(): number {
    return this.measuredRoundTripUs ?? defaultRoundTripUs;
  }

  get refusedKeyframeWishes(): number {
    return this.#refusedKeyframeWishes;
  }

  /** Of sound, more often than once in their interval. */
  get refusedLossReports(): number {
    return this.#refusedLossReports;
  }

  get malformedPackets(): number {
    return this.#malformedPackets;
  }

  take(datagram: Buffer, arrivalUs: number): void {
    const { packets, malformed } = parseRtcp(datagram);
    if (malformed) this.#malformedPackets += 1;
    for (const packet of packets) this.#takePacket(packet, arrivalUs);
  }

  #takePacket(packet: RtcpPacket, arrivalUs: number): void {
    const { incoming, outgoing } = this.#options;
    switch (packet.type) {
      case 'sender-report':
        incoming.takeSenderReport(packet.senderSsrc, {
          ntpUs: ntpToUs(packet.ntp),
          ntpMiddle: ntpMiddle32(packet.ntp),
          rtpTimestamp: packet.rtpTimestamp,
          arrivalUs,
        });
        this.#takeReportBlocks(packet.reports, arrivalUs);
        return;
      case 'receiver-report':
        this.#takeReportBlocks(packet.reports, arrivalUs);
        return;
      case 'nack':
        if (packet.mediaSsrc === outgoing.video?.ssrc) outgoing.video.resend(packet.sequenceNumbers, this.roundTripUs);
        return;
      case 'pli':
        if (packet.mediaSsrc === outgoing.video?.ssrc) this.#takeKeyframeWish(arrivalUs);
        return;
      case 'fir':
        if (packet.requests.some(({ ssrc }) => ssrc === outgoing.video?.ssrc)) this.#takeKeyframeWish(arrivalUs);
        return;
      case 'goodbye':
        for (const ssrc of packet.ssrcs) incoming.remove(ssrc, arrivalUs);
        return;
      case 'transport-feedback':
        outgoing.path.takeReport(packet.body, arrivalUs, this.roundTripUs);
        return;
      case 'remb':
        outgoing.path.takeRemb(packet.bitrateBps, arrivalUs);
        return;
      default:
        // Source descriptions steer nothing.
        return;
    }
  }

  #takeKeyframeWish(nowUs: number): void {
    if (nowUs - this.#lastKeyframeWishUs < keyframeWishIntervalUs) {
      this.#refusedKeyframeWishes += 1;
      return;
    }
    this.#lastKeyframeWishUs = nowUs;
    this.#options.onKeyframeWish();
  }

  #takeLoss({ loss, isResting }: AudioDownlink, fractionLost: number, arrivalUs: number): void {
    if (isResting) return;
    if (arrivalUs - this.#lastLossUs < lossIntervalUs) {
      this.#refusedLossReports += 1;
      return;
    }
    this.#lastLossUs = arrivalUs;
    loss.take(fractionLost);
  }

  #takeReportBlocks(blocks: readonly ReportBlock[], arrivalUs: number): void {
    const { outgoing, ntpMiddleAt } = this.#options;
    for (const block of blocks) {
      if (!outgoing.downlinks.some(({ ssrc }) => ssrc === block.ssrc)) continue;
      if (block.ssrc === outgoing.audio?.ssrc) this.#takeLoss(outgoing.audio, block.fractionLost, arrivalUs);
      const measuredUs = roundTripUs(block, ntpMiddleAt(arrivalUs));
      if (measuredUs === undefined) continue;
      this.#roundTripUs = this.#roundTripUs === undefined ? measuredUs : this.#roundTripUs + (measuredUs - this.#roundTripUs) * roundTripGain;
    }
  }
}
