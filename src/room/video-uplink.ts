/** A camera or a screen: RTP packets of one SSRC to whole encoded frames; lost packets are asked for again, lost frames end in one wish for a keyframe. */
import type { VideoCodec, VideoFrame, VideoSource } from '../../mixer/index.js';
import type { CaptureClock } from '../rtp/capture-clock.js';
import type { VideoDepacketiser } from '../rtp/frame-assembler.js';
import { FrameAssembler } from '../rtp/frame-assembler.js';
import { decodeVideoOrientation } from '../rtp/header-extensions.js';
import { NackTracker } from '../rtp/nack-tracker.js';
import { ReceptionStatistics } from '../rtp/reception-statistics.js';
import type { RtpPacket } from '../rtp/rtp-packet.js';
import type { ReportBlock } from '../rtp/rtcp/rtcp-packets.js';
import { SequenceUnwrapper, TimestampUnwrapper } from '../rtp/sequence.js';
import type { Uplink, UplinkStats } from './uplink.js';

export interface VideoUplinkOptions {
  readonly participantId: string;
  readonly source: VideoSource;
  readonly ssrc: number;
  readonly captureClock: CaptureClock;
  readonly orientationExtensionId: number | undefined;
  /** By payload type: what the negotiation allows on this m-line. */
  readonly depacketiserOf: (payloadType: number) => { codec: VideoCodec; depacketiser: VideoDepacketiser } | undefined;
  readonly onFrame: (frame: VideoFrame) => void;
}

export const videoClockHz = 90_000;

/** A keyframe costs the sender ten ordinary frames; two wishes within this time are one (mediasoup and LiveKit use 500 ms to 1 s). */
const keyframeWishIntervalUs = 500_000;
