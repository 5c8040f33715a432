/** What a session receives: one microphone, camera or screen each, from RTP packets to whole encoded pieces with media time. */
import type { RtpPacket } from '../rtp/rtp-packet.js';
import type { ReportBlock } from '../rtp/rtcp/rtcp-packets.js';

export type UplinkSource = 'microphone' | 'camera' | 'screen';

/** Counters of one uplink, as /stats shows them. */
export type UplinkStats = Readonly<Record<string, number>>;

export interface SenderReportFacts {
  /** The sender's own NTP clock, in microseconds (RFC 3550 6.4.1). */
  readonly ntpUs: number;
  /** Its middle 32 bits, to be echoed in our report block. */
  readonly ntpMiddle: number;
  readonly rtpTimestamp: number;
  readonly arrivalUs: number;
}

export interface Uplink {
  readonly source: UplinkSource;
  /** The SSRC that it listens to; a sender may come back under another one, then the session makes a new uplink. */
  readonly ssrc: number;
  receive(packet: RtpPacket, arrivalUs: number): void;
  takeSenderReport(report: SenderReportFacts): void;
  /** For the next receiver report; moves its interval on. Undefined while nothing came. */
  reportBlock(nowUs: number): ReportBlock | undefined;
  /**
   * The same of its retransmissions, a stream of their own; absent where none are taken. libwebrtc writes its MID into each of them until it hears that one has come, and
   * what was as long as a packet may be before is then too long to be sent again (seen with 0.10.0 of its Node binding: each thirtieth packet, and those asked for beside it).
   */
  repairReportBlock?(nowUs: number): ReportBlock | undefined;
  /** Whether something may be to ask for before the next tick. Cheap: asked with each packet. Absent where that is never so. */
  isUrgent?(nowUs: number): boolean;
  /** RTP sequence numbers to ask for again now; to be called each tick of the feedback timer, and when it is urgent. */
  dueNacks(nowUs: number, roundTripUs: number | undefined): readonly number[];
  /** Nothing came from the client for long: what he sent meanwhile is neither waited for nor counted as lost. */
  resume(nowUs: number): void;
  wishKeyframe(): void;
  /** True when a picture loss indication is to go out now; asked once, answered once. */
  takeKeyframeWish(nowUs: number): boolean;
  stats(): UplinkStats;
  close(): void;
}
