/**
 * The path to one listener: numbers the packets that go over it, hears what became of them, and says from that how fast packets may leave, which of the room's
 * encodes he gets, and when it is worth to try whether more would pass.
 */
import type { CancelTimer, RoomTime, Timers } from '../../mixer/index.js';
import { BandwidthEstimate } from '../rtp/congestion/bandwidth-estimate.js';
import { FeedbackReader, reportedCount } from '../rtp/congestion/feedback-reader.js';
import { SentLog } from '../rtp/congestion/sent-log.js';
import type { RtpExtension } from '../rtp/rtp-packet.js';
import { Pacer } from './pacer.js';
import { TierChoice, type PathMoment } from './tier-choice.js';
import { TwofoldChoice } from './twofold-choice.js';

/** The sending half of a peer. */
export interface PacketSender {
  /** Answers the protected datagram; undefined when it is not connected. */
  sendRtp(packet: Buffer): Buffer | undefined;
  resend(datagram: Buffer): void;
}

/** How the packets of one stream go out. */
export interface PathLane {
  readonly sender: PacketSender;
  /** Stands in each of its packets. */
  readonly extensions: readonly RtpExtension[];
}

/** The stream that has something to wait with. */
export interface PacedStream {
  /** Sends what waits, as long as the pacer lets it. */
  drain(): void;
  readonly queuedBytes: number;
  setResendBudget(bytesPerSecond: number): void;
  /** Whether the path loses so much that repairs are better sent twice. */
  setLossy(isLossy: boolean): void;
  /** Whether each packet goes twice, asked for or not; never where it cannot be told from the first ({@link canFill}). */
  setTwofold(isTwofold: boolean): void;
  /** Whether the listener knows a packet without meaning as such. */
  readonly canFill: boolean;
  /** A packet without meaning of about so many bytes. */
  filler(bytes: number): Buffer | undefined;
}

export interface PathControlOptions {
  readonly sender: PacketSender;
  readonly clock: RoomTime;
  readonly timers: Timers;
  /** What each tier takes, sound and headers included, in bps, best first. */
  readonly needsBps: readonly number[];
  /** The best tier that this listener may have: he begins with it. */
  readonly bestTier: number;
}

/** Most listeners have it, and who has not falls within a few reports; to begin low would cost everyone a keyframe and a coarse beginning. */
const startHeadroom = 1.3;
const mostHeadroom = 3;
/** Packets that feedback may speak of between two ticks, one report of the longest: far more than are sent in that time. What goes beyond costs time and says nothing new. */
const mostReportedPerTick = 4_096;
/** Of the estimate: a frame is gone before the next one comes (libwebrtc has the same). While the path's queue is still full, no more than it carries. */
const pacedShare = 2.5;
const fullQueueUs = 50_000;
const mostEmptyingUs = 500_000;
/** From the wish for a lower tier to its keyframe: an encoder opens, and the mixer's next picture comes. Measured 80 to 170 ms. */
const keyframeComesUs = 100_000;
/** Half of what the path carries, and of what the best tier takes, may be spent on what was lost on it. */
const resendShare = 0.5;
/**
 * A repair that is lost is asked for again after 100 ms and more (libwebrtc, where it only receives, takes that for the round trip), and comes when the picture stands still. From this share
 * of losses on it costs less to send each twice, as long as the losses are not those of a full queue.
 */
const lossyShare = 0.03;
/** A probe: some packets each few milliseconds, for so long. */
const probe = { stepMs: 5, leastUs: 25_000, mostUs: 45_000 } as const;
const mostFillersPerStep = 40;
const sequenceBytes = 2;

export class PathControl {
  readonly pacer: Pacer;
  readonly #options: PathControlOptions;
  readonly #sentLog = new SentLog();
  readonly #reader = new FeedbackReader();
  readonly #estimate: BandwidthEstimate;
  readonly #tiers: TierChoice;
  readonly #twofold = new TwofoldChoice();
  /** What the best tier of this listener takes. */
  readonly #bestBps: number;
  /** The number of the next packet, as its header extension carries it. */
  readonly #sequence = Buffer.alloc(sequenceBytes);
  #tier: number;
  /** Until then no picture is taken: its keyframe, which comes a moment later, would be dropped before a bottleneck whose queue has not drained. */
  #emptyUs = Number.NEGATIVE_INFINITY;
  #stream: PacedStream | undefined;
  #isNumbered = false;
  #canProbe = false;
  #isTwofold = false;
  #reportedInTick = 0;
  #refusedReports = 0;
  #probeId = 0;
  /** Of what goes out now; 0 for none. */
  #activeProbeId = 0;
  #cancelProbe: CancelTimer | undefined;
  #probes = 0;
  #malformedReports = 0;

  constructor(options: PathControlOptions) {
    this.#options = options;
    const { needsBps, bestTier } = options;
    this.#bestBps = needsBps[bestTier] ?? 0;
    this.#estimate = new BandwidthEstimate({ sentLog: this.#sentLog, startBps: startHeadroom * this.#bestBps, mostBps: mostHeadroom * this.#bestBps });
    this.#tier = bestTier;
    this.#tiers = new TierChoice({ needsBps, best: bestTier });
    this.pacer = new Pacer({ clock: options.clock, timers: options.timers, onTurn: () => this.#stream?.drain() });
  }

  /** From 0, the best, to the number of tiers, which means sound only. */
  get tier(): number {
    return this.#tier;
  }

  /** What waits on the path delays all that comes after it. */
  get isFull(): boolean {
    return this.#estimate.queueUs > fullQueueUs;
  }

  /** @param transportSequenceId of the header extension; undefined where it was not agreed on: such packets are not reported on */
  lane(transportSequenceId: number | undefined): PathLane {
    const { sender } = this.#options;
    if (transportSequenceId === undefined) return { sender: { sendRtp: (packet) => this.#sendPlain(packet), resend: (datagram) => this.#resend(datagram) }, extensions: [] };
    this.#isNumbered = true;
    return {
      sender: { sendRtp: (packet) => this.#sendNumbered(packet, sender), resend: (datagram) => this.#resend(datagram) },
      extensions: [{ id: transportSequenceId, data: this.#sequence }],
    };
  }

  /** @param isNumbered its packets carry the header extension, so that what becomes of fillers is reported */
  attach(stream: PacedStream, isNumbered: boolean): void {
    this.#stream = stream;
    this.#canProbe = isNumbered && stream.canFill;
  }

  takeReport(body: Buffer, nowUs: number, roundTripUs: number): void {
    this.#reportedInTick += reportedCount(body);
    if (this.#reportedInTick > mostReportedPerTick) {
      this.#refusedReports += 1;
      return;
    }
    const report = this.#isNumbered ? this.#reader.read(body) : undefined;
    if (report === undefined) this.#malformedReports += 1;
    else this.#estimate.takeReport(report, nowUs, roundTripUs);
  }

  takeRemb(bitrateBps: number, nowUs: number): void {
    this.#estimate.takeRemb(bitrateBps, nowUs);
  }

  /** To be called each 20 ms. @returns whether the listener gets another tier from now on */
  tick(nowUs: number, roundTripUs: number): boolean {
    this.#reportedInTick = 0;
    const stream = this.#stream;
    if (stream === undefined) return false;
    const estimateBps = this.#estimate.bitrateBps(nowUs);
    this.pacer.setBitrate(estimateBps === undefined ? undefined : (this.isFull ? 1 : pacedShare) * estimateBps);
    stream.setResendBudget((resendShare * Math.min(this.#bestBps, estimateBps ?? this.#bestBps)) / 8);
    const isLossy = !this.isFull && this.#estimate.lossShare >= lossyShare;
    stream.setLossy(isLossy);
    const moment: PathMoment = {
      nowUs,
      estimateBps,
      lastDecreaseUs: this.#estimate.lastDecreaseUs,
      queuedUs: this.pacer.waitUs(stream.queuedBytes),
      standsForUs: this.#estimate.standsForUs(nowUs),
      sentBps: this.#isTwofold || isLossy || this.#tier !== this.#tiers.index ? 0 : this.#sentLog.bitrateBps(nowUs),
      canProbe: this.#canProbe && this.#estimate.hasFeedback,
    };
    const chosenBefore = this.#tiers.index;
    this.#tiers.update(moment);
    if (this.#tiers.index > chosenBefore) this.#emptyUs = nowUs + Math.min(mostEmptyingUs, this.#drainUs(estimateBps, roundTripUs)) - keyframeComesUs;
    const tierBefore = this.#tier;
    // A path that answers nothing is a black-out: sound goes on to find its end, and a picture would only be what it ends with.
    const isPaused = nowUs < this.#emptyUs || this.#estimate.isUnanswered(nowUs, roundTripUs);
    this.#tier = isPaused ? this.#options.needsBps.length : this.#tiers.index;
    const twofoldMoment = { nowUs, roundTripUs, lossShare: this.#estimate.lossShare, estimateBps, needBps: this.#options.needsBps[this.#tier], isFull: this.isFull };
    this.#isTwofold = moment.canProbe && this.#twofold.update(twofoldMoment);
    stream.setTwofold(this.#isTwofold);
    const probeBps = this.#tiers.probeBps(moment) ?? (moment.canProbe ? this.#twofold.probeBps(twofoldMoment) : undefined);
    if (probeBps !== undefined && this.#cancelProbe === undefined) {
      this.#estimate.expectProbe(nowUs, roundTripUs);
      this.#probe(stream, probeBps);
    }
    return this.#tier !== tierBefore;
  }

  /** How long until what went out behind the newest packet that was reported has passed; what passes within a round trip is no queue. */
  #drainUs(bitrateBps: number | undefined, roundTripUs: number): number {
    if (!this.#estimate.hasFeedback || bitrateBps === undefined) return 0;
    return Math.max(0, (this.#sentLog.unreportedBytes * 8e6) / bitrateBps - roundTripUs);
  }

  stats(): Readonly<Record<string, unknown>> {
    return { tier: this.tier, twofold: this.#isTwofold, ...this.#estimate.stats(this.#options.clock.nowUs()), probes: this.#probes, malformedReports: this.#malformedReports, refusedReports: this.#refusedReports };
  }

  close(): void {
    this.pacer.close();
    this.#cancelProbe?.();
  }

  #sendNumbered(packet: Buffer, sender: PacketSender): Buffer | undefined {
    const datagram = sender.sendRtp(packet);
    if (datagram === undefined) return undefined;
    this.#sentLog.add(this.#options.clock.nowUs(), datagram.length, this.#activeProbeId);
    this.#sequence.writeUInt16BE(this.#sentLog.nextSequence);
    this.pacer.charge(datagram.length);
    return datagram;
  }

  #sendPlain(packet: Buffer): Buffer | undefined {
    const datagram = this.#options.sender.sendRtp(packet);
    if (datagram !== undefined) this.pacer.charge(datagram.length);
    return datagram;
  }

  #resend(datagram: Buffer): void {
    this.#options.sender.resend(datagram);
    this.pacer.charge(datagram.length);
  }

  /** Fillers at that rate for a moment, also where a busy machine's timers are late; whatever else goes out meanwhile belongs to it. */
  #probe(stream: PacedStream, bitrateBps: number): void {
    const { clock, timers } = this.#options;
    this.#probes += 1;
    this.#probeId = (this.#probeId % 0xffff) + 1;
    const bytesPerUs = bitrateBps / 8e6;
    let startUs: number | undefined;
    let sentBytes = 0;
    const step = (): void => {
      startUs ??= clock.nowUs();
      this.#activeProbeId = this.#probeId;
      const elapsedUs = Math.min(probe.mostUs, clock.nowUs() - startUs);
      const bytes = bytesPerUs * (elapsedUs + 1_000 * probe.stepMs) - sentBytes;
      sentBytes += bytes;
      this.#sendFillers(stream, bytes);
      this.#cancelProbe = elapsedUs >= probe.leastUs ? undefined : timers.after(probe.stepMs, step);
      if (this.#cancelProbe === undefined) this.#activeProbeId = 0;
    };
    this.#cancelProbe = timers.after(0, step);
  }

  #sendFillers(stream: PacedStream, bytes: number): void {
    let leftBytes = bytes;
    for (let count = 0; leftBytes > 0 && count < mostFillersPerStep; count += 1) {
      const packet = stream.filler(leftBytes);
      if (packet === undefined) return;
      const datagram = this.#sendNumbered(packet, this.#options.sender);
      if (datagram === undefined) return;
      leftBytes -= datagram.length;
    }
  }
}
