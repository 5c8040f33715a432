/** A camera or a screen: RTP packets of one SSRC to whole encoded frames; lost packets are asked for again, lost frames end in a wish for a keyframe. */
import type { RotationDegrees, VideoFrame, VideoSource } from '../../mixer/index.js';
import type { AssembledFrame } from '../rtp/assembled-frame.js';
import type { CaptureClock } from '../rtp/capture-clock.js';
import { FrameAssembler } from '../rtp/frame-assembler.js';
import { decodeVideoOrientation } from '../rtp/header-extensions.js';
import { NackTracker, type Coming } from '../rtp/nack-tracker.js';
import { ProtectedStream, type ProtectionTypes } from '../rtp/protected-stream.js';
import { ReceptionStatistics } from '../rtp/reception-statistics.js';
import type { RtpPacket } from '../rtp/rtp-packet.js';
import { unwrapRtx } from '../rtp/rtx-payload.js';
import type { ReportBlock } from '../rtp/rtcp/rtcp-packets.js';
import { SequenceUnwrapper, TimestampUnwrapper } from '../rtp/sequence.js';
import type { RebuildAllowance } from '../rtp/ulpfec-decoder.js';
import type { PictureSize, VideoDepacketiser } from '../rtp/video-depacketiser.js';
import { defaultRoundTripUs } from './media-feedback.js';
import type { SenderReportFacts, Uplink, UplinkStats } from './uplink.js';

export interface VideoUplinkOptions {
  readonly participantId: string;
  readonly source: VideoSource;
  readonly ssrc: number;
  readonly captureClock: CaptureClock;
  readonly orientationExtensionId: number | undefined;
  /** By payload type: what the negotiation allows on this m-line. */
  readonly depacketisers: ReadonlyMap<number, VideoDepacketiser>;
  /** Where packets may come in RED, with protection among them. */
  readonly protection?: UplinkProtection | undefined;
  readonly onFrame: (frame: VideoFrame) => void;
  /** Of simulcast, else absent. */
  readonly layer?: VideoUplinkLayer;
}

export interface UplinkProtection {
  readonly types: ProtectionTypes;
  /** Of all that one client sends. */
  readonly allowance: RebuildAllowance;
}

/** It begins resting, until it is woken. */
export interface VideoUplinkLayer {
  readonly rid: string;
  /** With each keyframe, also while resting; before rotation. */
  readonly onSize: (size: PictureSize) => void;
}

const videoClockHz = 90_000;
/** A keyframe costs the sender ten ordinary frames; wishes within this time are one (mediasoup and LiveKit take 500 ms to 1 s). */
const keyframeWishIntervalUs = 500_000;
/** A repair that comes a little later than the others did is still on its way, not lost. */
const retryPatience = 1.25;
/** Six tries repair all but 1 packet in 100,000 at 10 % loss, of 150 a second; without the packet its frames wait for a keyframe, which is lost as easily. */
const triesWorthWaiting = 6;
/** After so many a keyframe is asked for beside the packet: whichever comes first. */
const triesBeforeKeyframe = 3;
/** A playout buffer beyond this would be felt as delay by everyone, so what waited longer is only decoded for what follows on it. */
const shortestWaitUs = 200_000;
const longestWaitUs = 1_000_000;
const nothingDue: readonly number[] = [];

export class VideoUplink implements Uplink {
  readonly source: VideoSource;
  readonly ssrc: number;
  readonly #options: VideoUplinkOptions;
  readonly #sequence = new SequenceUnwrapper();
  readonly #timestamps = new TimestampUnwrapper();
  readonly #statistics: ReceptionStatistics;
  /** Of the stream of retransmissions; undefined until one has come. */
  #repairs: ReceptionStatistics | undefined;
  #protected: ProtectedStream | undefined;
  #nacks = new NackTracker();
  #assembler: FrameAssembler;
  #isResting: boolean;
  /** Counts of the times before it rested. */
  #countsBefore: UplinkStats = {};
  #lastMediaUs = Number.NEGATIVE_INFINITY;
  #rotationDegrees: RotationDegrees | undefined;
  #packets = 0;
  #repairPackets = 0;
  #bytes = 0;
  #keyframeRequests = 0;
  #isKeyframeWished = true;
  #lastKeyframeRequestUs = Number.NEGATIVE_INFINITY;

  constructor(options: VideoUplinkOptions) {
    this.source = options.source;
    this.ssrc = options.ssrc;
    this.#options = options;
    options.captureClock.addStream({ ssrc: options.ssrc, clockHz: videoClockHz, kind: 'video' });
    this.#statistics = new ReceptionStatistics({ ssrc: options.ssrc, clockHz: videoClockHz });
    this.#protected = this.#createProtected();
    this.#assembler = this.#createAssembler();
    this.#isResting = options.layer !== undefined;
  }

  get rid(): string | undefined {
    return this.#options.layer?.rid;
  }

  /** Room time of the last packet that was more than padding; -Infinity for never. */
  get lastMediaUs(): number {
    return this.#lastMediaUs;
  }

  /** Its frames are of no use for now: packets are counted and reported, and cost next to nothing. */
  rest(): void {
    if (this.#isResting) return;
    this.#countsBefore = this.#awakeCounts();
    this.#isResting = true;
    this.#isKeyframeWished = false;
    this.#protected = this.#createProtected();
    this.#nacks = new NackTracker();
    this.#assembler = this.#createAssembler();
  }

  /** Its frames are wanted from the next keyframe on, which is asked for. */
  wake(): void {
    if (!this.#isResting) return;
    this.#isResting = false;
    this.#isKeyframeWished = true;
  }

  receive(packet: RtpPacket, arrivalUs: number): void {
    this.#statistics.onPacket(packet.sequenceNumber, packet.timestamp, arrivalUs);
    this.#packets += 1;
    const index = this.#sequence.unwrap(packet.sequenceNumber);
    const timestamp = this.#timestamps.unwrap(packet.timestamp);
    if (packet.payload.length > 0) {
      this.#options.captureClock.onPacket(this.ssrc, timestamp, arrivalUs);
      this.#lastMediaUs = arrivalUs;
    }
    if (this.#isResting) this.#overhear(this.#protected?.open(packet) ?? packet);
    else if (this.#protected === undefined) this.#assemble(packet, index, timestamp, arrivalUs, 'sent');
    else {
      const { opened, rebuilt } = this.#protected.receive(packet, index, arrivalUs);
      this.#assemble(opened, index, timestamp, arrivalUs, 'sent');
      for (const part of rebuilt) this.#assemble(part.packet, part.index, this.#timestamps.unwrap(part.packet.timestamp), arrivalUs, 'rebuilt');
    }
  }

  /**
   * A packet of the stream that repairs this one (RFC 4588). What it brings again says nothing about loss and delay of the path: those of the first copy count.
   *
   * @param payloadType of what is repaired
   * @returns whether it was lost, and had been asked for: old packets come again to try the path, too
   */
  receiveRepair(packet: RtpPacket, payloadType: number, arrivalUs: number): boolean {
    if (this.#repairs?.ssrc !== packet.ssrc) this.#repairs = new ReceptionStatistics({ ssrc: packet.ssrc, clockHz: videoClockHz });
    this.#repairs.onPacket(packet.sequenceNumber, packet.timestamp, arrivalUs);
    const original = unwrapRtx(packet, { ssrc: this.ssrc, payloadType });
    if (original === undefined || this.#isResting) return false;
    this.#repairPackets += 1;
    const { recoveredCount } = this.#nacks;
    const opened = this.#protected?.open(original) ?? original;
    this.#assemble(opened, this.#sequence.unwrap(original.sequenceNumber), this.#timestamps.unwrap(original.timestamp), arrivalUs, 'repair');
    return this.#nacks.recoveredCount > recoveredCount;
  }

  #assemble(packet: RtpPacket, index: number, timestamp: number, arrivalUs: number, coming: Coming): void {
    const { orientationExtensionId } = this.#options;
    this.#bytes += packet.payload.length;
    const { resetCount } = this.#nacks;
    this.#nacks.onPacket(index, arrivalUs, coming);
    if (this.#nacks.resetCount !== resetCount) {
      if (coming === 'sent') this.#restart(index);
      this.wishKeyframe();
    }
    const orientation = orientationExtensionId === undefined ? undefined : packet.extension(orientationExtensionId);
    if (orientation !== undefined) this.#rotationDegrees = decodeVideoOrientation(orientation)?.rotationDegrees;
    const { marker, payloadType, payload } = packet;
    this.#assembler.push({ index, timestamp, marker, payloadType, payload, arrivalUs, rotationDegrees: this.#rotationDegrees });
  }

  #restart(index: number): void {
    this.#protected?.goBackTo(index);
    this.#assembler.expectRestart();
  }

  #overhear(packet: RtpPacket): void {
    this.#bytes += packet.payload.length;
    if (packet.payload.length === 0) return;
    const size = this.#options.depacketisers.get(packet.payloadType)?.overhear(packet.payload);
    if (size !== undefined) this.#options.layer?.onSize(size);
  }

  takeSenderReport(report: SenderReportFacts): void {
    this.#options.captureClock.onSenderReport(this.ssrc, report.ntpUs, report.rtpTimestamp);
    this.#statistics.onSenderReport(report.ntpMiddle, report.arrivalUs);
  }

  reportBlock(nowUs: number): ReportBlock | undefined {
    return this.#statistics.reportBlock(nowUs);
  }

  repairReportBlock(nowUs: number): ReportBlock | undefined {
    return this.#repairs?.reportBlock(nowUs);
  }

  /** What was sent meanwhile is not worth waiting for either: the picture goes on with a keyframe. */
  resume(nowUs: number): void {
    this.#statistics.expectJump(nowUs);
    this.#repairs?.expectJump(nowUs);
    if (this.#isResting) return;
    this.#nacks.expectJump();
    this.wishKeyframe();
  }

  isUrgent(nowUs: number): boolean {
    // The wish of a new stream waits for the tick: its first keyframe mostly is under way.
    return this.#nacks.isDue(nowUs) || (this.#assembler.counters.frames > 0 && this.#isKeyframeDue(nowUs));
  }

  dueNacks(nowUs: number, roundTripUs: number | undefined): readonly number[] {
    if (this.#nacks.missingCount === 0) {
      this.#assembler.giveUp(nowUs);
      return nothingDue;
    }
    // No answer comes sooner than the path allows, and what seemed to be one was overtaken.
    const measuredUs = this.#nacks.repairRoundTripUs;
    const repairUs = measuredUs === undefined ? (roundTripUs ?? defaultRoundTripUs) : Math.max(roundTripUs ?? 0, measuredUs * retryPatience);
    this.#assembler.setWait(Math.min(longestWaitUs, Math.max(shortestWaitUs, repairUs * triesWorthWaiting)));
    this.#assembler.giveUp(nowUs);
    const due = this.#nacks.due(nowUs, repairUs, roundTripUs);
    if (this.#nacks.mostTries > triesBeforeKeyframe) this.wishKeyframe();
    return due.map((index) => index & 0xffff);
  }

  wishKeyframe(): void {
    if (!this.#isResting) this.#isKeyframeWished = true;
  }

  takeKeyframeWish(nowUs: number): boolean {
    if (!this.#isKeyframeDue(nowUs)) return false;
    this.#isKeyframeWished = false;
    this.#lastKeyframeRequestUs = nowUs;
    this.#keyframeRequests += 1;
    return true;
  }

  #isKeyframeDue(nowUs: number): boolean {
    // Before the first packet there is nobody to ask.
    return this.#isKeyframeWished && !this.#isResting && this.#packets > 0 && nowUs - this.#lastKeyframeRequestUs >= keyframeWishIntervalUs;
  }

  stats(): UplinkStats {
    const all = { packets: this.#packets, repairPackets: this.#repairPackets, bytes: this.#bytes, keyframeRequests: this.#keyframeRequests, ...this.#awakeCounts() };
    return this.#options.layer === undefined ? all : { ...all, resting: this.#isResting ? 1 : 0 };
  }

  #awakeCounts(): UplinkStats {
    const { requestedCount, recoveredCount, abandonedCount } = this.#nacks;
    const protection = this.#protected === undefined ? {} : { protectionPackets: this.#protected.protectionCount, rebuiltPackets: this.#protected.rebuiltCount, refusedRebuilds: this.#protected.refusedCount };
    const counts: UplinkStats = { nackedPackets: requestedCount, recoveredPackets: recoveredCount, abandonedPackets: abandonedCount, ...protection, ...this.#assembler.counters };
    return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count + (this.#countsBefore[name] ?? 0)]));
  }

  #createProtected(): ProtectedStream | undefined {
    const { protection } = this.#options;
    return protection === undefined ? undefined : new ProtectedStream(this.ssrc, protection.types, protection.allowance);
  }

  #createAssembler(): FrameAssembler {
    return new FrameAssembler({ depacketisers: this.#options.depacketisers, onFrame: (frame) => this.#takeFrame(frame), onGap: () => this.wishKeyframe(), onEmpty: (first, end) => this.#nacks.dismiss(first, end) });
  }

  close(): void {
    this.#options.captureClock.removeStream(this.ssrc);
  }

  #takeFrame(frame: AssembledFrame): void {
    const { participantId, source, captureClock } = this.#options;
    if (frame.keyframe) {
      this.#isKeyframeWished = false;
      this.#nacks.forgetBefore(this.#assembler.nextIndex);
      const { widthPx, heightPx } = frame;
      if (widthPx !== undefined && heightPx !== undefined) this.#options.layer?.onSize({ widthPx, heightPx });
    }
    this.#options.onFrame({
      participantId,
      source,
      codec: frame.codec,
      ptsUs: captureClock.captureUs(this.ssrc, frame.timestamp) ?? frame.arrivalUs,
      arrivalUs: frame.arrivalUs,
      keyframe: frame.keyframe,
      gapBefore: frame.gapBefore,
      rotationDegrees: frame.rotationDegrees,
      data: frame.data,
    });
  }
}
