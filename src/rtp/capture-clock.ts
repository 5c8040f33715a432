/**
 * RTP timestamps of one participant's streams on the room's clock, so that his sound and picture can be compared.
 *
 * The capture time of a sample is the moment at which it would arrive with the least delay seen: media time plus the stream's
 * {@link DelayFloor}. Both of a sender's streams travel one path, so this alone brings them within some 10 ms. Sender reports (RFC 3550
 * 6.4.1) make it exact: once an audio stream and another one have told which RTP timestamp belongs to which time of the sender's own
 * clock, the other is placed by that clock relative to the audio.
 *
 * What may jump: the audio when a packet comes sooner than any lately or its timestamps get a new zero, never because of a report. Another
 * stream moves by at most 50 ms a second to where the reports put it, except in its first second. Room times are integer microseconds from
 * any one zero; timestamps are unwrapped RTP ticks. Not supported: streams of one participant with different NTP clocks (believed when they
 * are less than 10 s apart).
 */
import { DelayFloor } from './delay-floor.js';

export interface CaptureStreamOptions {
  readonly ssrc: number;
  /** RTP ticks a second. */
  readonly clockHz: number;
  readonly kind: 'audio' | 'video';
}

/** 5 % of speed: at 30 pictures a second each is shown 1.7 ms sooner or later than it should. */
const slewPerSecondUs = 50_000;
/** Until then nobody has seen enough to notice a step. */
const settlingUs = 1_000_000;
/** A report that puts its stream farther from its arrivals than any path and encoder can is garbage. */
const maxSkewUs = 10_000_000;
/** So many reports in a row that agree with each other are no garbage: the sender's clock was set. */
const agreeingReports = 3;
/** The audio's mapping holds for the other streams so long after its last packet: over an SSRC change, or silence without packets. */
const referenceHoldUs = 10_000_000;

interface CaptureStream {
  readonly clockHz: number;
  readonly kind: 'audio' | 'video';
  readonly floor: DelayFloor;
  firstTimestamp: number;
  lastTimestamp: number;
  /** Undefined until the first packet. */
  lastArrivalUs: number | undefined;
  settledAtUs: number;
  /** What is added to media time: the floor, or what the reports say, or between the two on the way. */
  offsetUs: number;
  /** Whether `offsetUs` follows the stream's own floor again. */
  isOnFloor: boolean;
  /** The sender's NTP time of media time 0; undefined without a valid report. */
  ntpZeroUs: number | undefined;
}

export class CaptureClock {
  /** Sender reports that could not be true. */
  ignoredReportCount = 0;
  /** New zeros of timestamps, first packets not counted. */
  restartCount = 0;

  /** In order of adding: the first audio stream is the reference. */
  readonly #streams = new Map<number, CaptureStream>();
  /** Room time of the sender's NTP zero by the audio's mapping, and when that was last true. */
  #referenceUs: number | undefined;
  #referenceSeenUs = 0;
  /** The same by arrivals, of any stream: what reports are held against. */
  #ntpMinusRoomUs: number | undefined;
  #rivalUs: number | undefined;
  #rivalReports = 0;

  /** Begins to know a stream; one that is known already begins anew. */
  addStream({ ssrc, clockHz, kind }: CaptureStreamOptions): void {
    this.#streams.set(ssrc, {
      clockHz, kind, floor: new DelayFloor(), firstTimestamp: 0, lastTimestamp: 0, lastArrivalUs: undefined, settledAtUs: 0, offsetUs: 0, isOnFloor: true, ntpZeroUs: undefined,
    });
  }

  removeStream(ssrc: number): void {
    this.#streams.delete(ssrc);
  }

  /** Every packet of a stream, retransmitted ones too, in order of arrival. Unknown streams are passed over. */
  onPacket(ssrc: number, timestamp: number, arrivalUs: number): void {
    const stream = this.#streams.get(ssrc);
    if (stream === undefined) return;
    const isFirst = stream.lastArrivalUs === undefined;
    if (isFirst) stream.firstTimestamp = timestamp;
    const sinceLastUs = isFirst ? 0 : Math.max(0, arrivalUs - (stream.lastArrivalUs ?? 0));
    stream.lastTimestamp = timestamp;
    stream.lastArrivalUs = arrivalUs;
    if (stream.floor.add(arrivalUs - mediaUs(stream, timestamp), arrivalUs)) {
      // After a jump the old reports name timestamps that mean something else now.
      stream.ntpZeroUs = undefined;
      stream.settledAtUs = arrivalUs + settlingUs;
      if (!isFirst) this.restartCount++;
    }
    const isReference = stream === this.#findReference();
    this.#steer(stream, isReference ? undefined : this.#mappedOffsetUs(stream, arrivalUs), arrivalUs, sinceLastUs);
    if (!isReference || stream.ntpZeroUs === undefined) return;
    this.#referenceUs = stream.offsetUs - stream.ntpZeroUs;
    this.#referenceSeenUs = arrivalUs;
  }

  /**
   * A sender report of a stream that has sent a packet already; earlier ones are passed over.
   *
   * @param ntpUs the report's NTP time in microseconds, of whatever epoch the sender likes.
   * @param rtpTimestamp32 as it stands in the report, 0 to 2^32 - 1.
   */
  onSenderReport(ssrc: number, ntpUs: number, rtpTimestamp32: number): void {
    const stream = this.#streams.get(ssrc);
    if (stream?.lastArrivalUs === undefined) return;
    const aheadTicks = (rtpTimestamp32 - stream.lastTimestamp) | 0;
    const reportedUs = mediaUs(stream, stream.lastTimestamp + aheadTicks);
    const isNear = Math.abs(aheadTicks / stream.clockHz) * 1e6 <= maxSkewUs;
    const verdict = isNear ? this.#judge(ntpUs - reportedUs - stream.floor.floorUs) : 'garbage';
    if (verdict === 'garbage') {
      this.ignoredReportCount++;
      return;
    }
    const ntpZeroUs = ntpUs - reportedUs;
    if (verdict === 'clock-set') this.#shiftNtp(stream.ntpZeroUs === undefined ? undefined : ntpZeroUs - stream.ntpZeroUs);
    stream.ntpZeroUs = ntpZeroUs;
  }

  /** Room time at which the sample of that timestamp was captured, as far as arrivals can tell; undefined for a stream without packets. */
  captureUs(ssrc: number, timestamp: number): number | undefined {
    const stream = this.#streams.get(ssrc);
    if (stream?.lastArrivalUs === undefined) return undefined;
    return Math.round(mediaUs(stream, timestamp) + stream.offsetUs);
  }

  #findReference(): CaptureStream | undefined {
    for (const stream of this.#streams.values()) if (stream.kind === 'audio') return stream;
    return undefined;
  }

  /** Where the reports put this stream relative to the audio; undefined as long as they cannot, or say what cannot be. */
  #mappedOffsetUs(stream: CaptureStream, nowUs: number): number | undefined {
    if (stream.ntpZeroUs === undefined || this.#referenceUs === undefined || nowUs - this.#referenceSeenUs > referenceHoldUs) return undefined;
    const offsetUs = stream.ntpZeroUs + this.#referenceUs;
    return Math.abs(offsetUs - stream.floor.floorUs) <= maxSkewUs ? offsetUs : undefined;
  }

  #steer(stream: CaptureStream, mappedUs: number | undefined, nowUs: number, sinceLastUs: number): void {
    const targetUs = mappedUs ?? stream.floor.floorUs;
    const isFree = nowUs < stream.settledAtUs || (mappedUs === undefined && stream.isOnFloor);
    const stepUs = isFree ? Number.POSITIVE_INFINITY : (sinceLastUs * slewPerSecondUs) / 1e6;
    stream.offsetUs += Math.max(-stepUs, Math.min(stepUs, targetUs - stream.offsetUs));
    stream.isOnFloor = mappedUs === undefined && stream.offsetUs === targetUs;
  }

  /** Holds a report's (NTP - room time) against that of the reports before it. */
  #judge(ntpMinusRoomUs: number): 'plausible' | 'clock-set' | 'garbage' {
    if (this.#ntpMinusRoomUs === undefined || Math.abs(ntpMinusRoomUs - this.#ntpMinusRoomUs) <= maxSkewUs) {
      this.#ntpMinusRoomUs = ntpMinusRoomUs;
      this.#rivalUs = undefined;
      return 'plausible';
    }
    const isAgreeing = this.#rivalUs !== undefined && Math.abs(ntpMinusRoomUs - this.#rivalUs) <= maxSkewUs;
    this.#rivalReports = isAgreeing ? this.#rivalReports + 1 : 1;
    this.#rivalUs = ntpMinusRoomUs;
    if (this.#rivalReports < agreeingReports) return 'garbage';
    this.#ntpMinusRoomUs = ntpMinusRoomUs;
    this.#rivalUs = undefined;
    return 'clock-set';
  }

  /** The sender's clock was set: what the other streams said holds still, by so much later. Undefined: by how much is not known, so it is lost. */
  #shiftNtp(byUs: number | undefined): void {
    for (const stream of this.#streams.values()) {
      if (stream.ntpZeroUs !== undefined) stream.ntpZeroUs = byUs === undefined ? undefined : stream.ntpZeroUs + byUs;
    }
    if (this.#referenceUs !== undefined) this.#referenceUs = byUs === undefined ? undefined : this.#referenceUs - byUs;
  }
}

/** Microseconds since the stream's first packet. */
function mediaUs(stream: CaptureStream, timestamp: number): number {
  return ((timestamp - stream.firstTimestamp) * 1e6) / stream.clockHz;
}
