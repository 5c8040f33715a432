/** The RTCP packets Tessera reads and writes, as data. All SSRCs are 0 to 2^32 - 1. */
import type { NtpTime } from './ntp.js';

/** RFC 3550 6.4.1. */
export interface ReportBlock {
  /** Of the source that is reported on. */
  readonly ssrc: number;
  /** Lost since the last report, in 1/256. */
  readonly fractionLost: number;
  /** Lost since the beginning; negative when duplicates outnumber losses. Signed 24 bits. */
  readonly cumulativeLost: number;
  /** Low 16 bits: highest sequence number received; high 16 bits: how often it wrapped. */
  readonly extendedHighest: number;
  /** In RTP clock ticks. */
  readonly jitterTicks: number;
  /** {@link ntpMiddle32} of the last sender report, 0 when there was none. */
  readonly lastSenderReport: number;
  /** Since that report arrived, in 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

/** RFC 3550 6.4.1: which RTP timestamp belongs to which time of the sender's clock. */
export interface SenderReport {
  readonly type: 'sender-report';
  readonly senderSsrc: number;
  readonly ntp: NtpTime;
  /** RTP clock ticks. */
  readonly rtpTimestamp: number;
  /** Wraps at 2^32, as the octets do. */
  readonly packetCount: number;
  /** Of payload, without headers and padding. */
  readonly octetCount: number;
  readonly reports: readonly ReportBlock[];
}

/** RFC 3550 6.4.2. */
export interface ReceiverReport {
  readonly type: 'receiver-report';
  readonly senderSsrc: number;
  readonly reports: readonly ReportBlock[];
}

/** RFC 3550 6.5; only CNAME is read. */
export interface SourceDescription {
  readonly type: 'source-description';
  readonly chunks: readonly { readonly ssrc: number; readonly cname: string | undefined }[];
}

/** RFC 3550 6.6. */
export interface Goodbye {
  readonly type: 'goodbye';
  readonly ssrcs: readonly number[];
  readonly reason: string | undefined;
}

/** RFC 4585 6.2.1: these packets of mine are missing. */
export interface Nack {
  readonly type: 'nack';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** 16-bit, in the order of the packet. At most 17 for each 4 bytes, so a datagram can ask for thousands: budget the answers. */
  readonly sequenceNumbers: readonly number[];
}

/** RFC 4585 6.3.1: a keyframe, please. */
export interface PictureLossIndication {
  readonly type: 'pli';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
}

/** RFC 5104 4.3.1: a keyframe, please; the same request number means the same request. */
export interface FullIntraRequest {
  readonly type: 'fir';
  readonly senderSsrc: number;
  readonly requests: readonly { readonly ssrc: number; readonly requestNumber: number }[];
}

/** draft-alvestrand-rmcat-remb-03: the receiver's estimate of what the path carries. */
export interface ReceiverEstimatedMaximumBitrate {
  readonly type: 'remb';
  readonly senderSsrc: number;
  /** Up to 2^81: clamp it before use. */
  readonly bitrateBps: number;
  readonly ssrcs: readonly number[];
}

/** draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1, unparsed: the congestion control reads it, and only where there is one. */
export interface TransportFeedbackPacket {
  readonly type: 'transport-feedback';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** From the base sequence number to the last delta: a view into the datagram. */
  readonly body: Buffer;
}

export type RtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Goodbye
  | Nack
  | PictureLossIndication
  | FullIntraRequest
  | ReceiverEstimatedMaximumBitrate
  | TransportFeedbackPacket;

/** IANA "RTCP Control Packet types". */
export const rtcpType = { senderReport: 200, receiverReport: 201, sourceDescription: 202, goodbye: 203, transportLayerFeedback: 205, payloadSpecificFeedback: 206 } as const;
/** IANA "FMT values" for RTPFB (205) and PSFB (206), RFC 4585, RFC 5104 and the two drafts. */
export const feedbackFormat = { nack: 1, transportWide: 15, pli: 1, fir: 4, applicationLayer: 15 } as const;
/** RFC 3550 12.2. */
export const cnameItem = 1;
/** "REMB": the unique identifier that tells REMB from other application-layer feedback. */
export const rembIdentifier = 0x52454d42;
