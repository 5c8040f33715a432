/** What a session receives: one microphone, camera or screen each, from RTP packets to whole encoded pieces with media time. */
import type { RtpPacket } from '../rtp/rtp-packet.js';
import type { ReportBlock } from '../rtp/rtcp/rtcp-packets.js';

export type UplinkSource = 'microphone' | 'camera' | 'screen';

/** Counters of one uplink, as /stats shows them. */
export type UplinkStats = Readonly<Record<string, number>>;

export interface Uplink {
  readonly source: UplinkSource;
  /** The SSRC that it listens to; a sender may come back under another one, then the session makes a new uplink. */
  readonly ssrc: number;
  receive(packet: RtpPacket, arrivalUs: number): void;
  /** The sender's own clock (RFC 3550 6.4.1): `ntpUs` in microseconds of his NTP time. */
  takeSenderReport(ntpUs: number, rtpTimestamp: number, ntpMiddle: number, arrivalUs: number): void;
  /** For the next receiver report; moves its interval on. */
  reportBlock(nowUs: number): ReportBlock | undefined;
  /** Sequence numbers to ask for again now. */
  dueNacks(nowUs: number, roundTripUs: number): readonly number[];
  /** True when a picture loss indication is to go out now; asked once, answered once. */
  takeKeyframeWish(nowUs: number): boolean;
  stats(): UplinkStats;
}
