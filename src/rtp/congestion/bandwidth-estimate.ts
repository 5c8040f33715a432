/**
 * What the path to one listener carries: Google congestion control (draft-ietf-rmcat-gcc-02; Carlucci et al. 2017), the smaller of what its delay and its
 * losses allow, from transport-wide feedback; a listener without that may say it himself (REMB). Times are microseconds of the room's clock.
 */
import type { ArrivalReport } from './feedback-reader.js';
import { DelayLimit } from './delay-limit.js';
import { DelayTrend, type PathState } from './delay-trend.js';
import { DeliveredRate } from './delivered-rate.js';
import { LossLimit } from './loss-limit.js';
import { ProbeResults } from './probe-results.js';
import { QueueDelay } from './queue-delay.js';
import { QueuedRate } from './queued-rate.js';
import type { SentLog } from './sent-log.js';

export interface BandwidthEstimateOptions {
  readonly sentLog: SentLog;
  /** What is believed before anything was heard. */
  readonly startBps: number;
  /** More is of no use, and a listener's word. */
  readonly mostBps: number;
}

/** Sound needs 100 kbps; what is below cannot be told apart. */
const leastBps = 50_000;
/** How far an estimate may go beyond what was really sent. */
const untriedShare = 1.5;
const untriedBps = 10_000;
/** More than this is dropped before a bottleneck, not behind it. */
const mostLossCarried = 0.25;
/** Feedback comes each 50 to 250 ms, also on sound alone. */
const unansweredUs = 1_000_000;
const unansweredPackets = 20;
/** The burst itself, the queue behind it, the feedback on it. */
const probeSettlesUs = 400_000;
/** Receivers say it each second or so; who says no more is believed no longer. */
const rembKeptUs = 10_000_000;

export class BandwidthEstimate {
  readonly #sentLog: SentLog;
  readonly #mostBps: number;
  readonly #trend = new DelayTrend();
  readonly #queue = new QueueDelay();
  readonly #delivered = new DeliveredRate();
  readonly #queued = new QueuedRate();
  readonly #delayLimit: DelayLimit;
  readonly #lossLimit: LossLimit;
  readonly #probes = new ProbeResults();
  #rembBps: number | undefined;
  #rembUs = Number.NEGATIVE_INFINITY;
  #feedbackUs: number | undefined;
  #countAtFeedback = 0;
  #probedUntilUs = Number.NEGATIVE_INFINITY;
  #reports = 0;

  constructor({ sentLog, startBps, mostBps }: BandwidthEstimateOptions) {
    this.#sentLog = sentLog;
    this.#mostBps = mostBps;
    this.#delayLimit = new DelayLimit({ startBps });
    this.#lossLimit = new LossLimit({ startBps });
  }

  /** In bps, headers of RTP included, those of UDP and IP not. Undefined while the listener has said nothing. */
  bitrateBps(nowUs: number): number | undefined {
    if (this.#feedbackUs !== undefined) return Math.max(leastBps, Math.min(this.#mostBps, this.#delayLimit.limitBps, this.#lossLimit.limitBps));
    return nowUs - this.#rembUs < rembKeptUs ? this.#rembBps : undefined;
  }

  get hasFeedback(): boolean {
    return this.#feedbackUs !== undefined;
  }

  /** Packets go out, and for longer than any feedback takes nothing is heard of them. */
  isUnanswered(nowUs: number, roundTripUs: number): boolean {
    return this.#feedbackUs !== undefined && nowUs - this.#feedbackUs > unansweredUs + roundTripUs && this.#sentLog.count - this.#countAtFeedback > unansweredPackets;
  }

  get state(): PathState {
    return this.#queue.isFilling ? 'overused' : this.#trend.state;
  }

  /** When the queue last grew too long; -Infinity for never. */
  get lastDecreaseUs(): number {
    return this.#delayLimit.lastDecreaseUs;
  }

  /** How long the newest packet that was reported had waited on its way. */
  get queueUs(): number {
    return this.#queue.delayUs;
  }

  /** For how long a queue stands that was seen to grow: a longer way is none. */
  standsForUs(nowUs: number): number {
    return nowUs - this.lastDecreaseUs < this.#queue.isThereForUs ? this.#queue.standsForUs : 0;
  }

  /** Of the packets of the last second or so, 0 to 1. */
  get lossShare(): number {
    return this.#lossLimit.lossShare;
  }

  takeReport(report: ArrivalReport, nowUs: number, roundTripUs: number): void {
    const { delivered, lost } = this.#sentLog.take(report);
    if (delivered.length === 0 && lost === 0) return;
    this.#feedbackUs = nowUs;
    this.#countAtFeedback = this.#sentLog.count;
    this.#reports += 1;
    const probeIds = new Set<number>();
    for (const packet of delivered) {
      this.#trend.add(packet.sentUs, packet.arrivalUs);
      this.#queue.add(packet.sentUs, packet.arrivalUs);
      this.#delivered.add(packet.arrivalUs, packet.bytes);
      this.#queued.add(packet.sentUs, packet.arrivalUs, packet.bytes);
      if (packet.probeId === 0) continue;
      probeIds.add(packet.probeId);
      this.#probes.add(packet);
    }
    const { bitrateBps, latelyBps } = this.#delivered;
    const queuedBps = this.state === 'overused' ? this.#queued.bitrateBps : undefined;
    const deliveredBps = queuedBps ?? (this.#queue.isFilling && latelyBps !== undefined ? Math.min(bitrateBps ?? latelyBps, latelyBps) : bitrateBps);
    if (deliveredBps !== undefined) {
      const carriedBps = deliveredBps / (1 - Math.min(mostLossCarried, this.#lossLimit.lossShare));
      const moment = { nowUs, roundTripUs, deliveredBps, queuedBps, carriedBps, sentBps: this.#sentLog.bitrateBps(nowUs), mostBps: untriedShare * carriedBps + untriedBps };
      // The queue that a probe has made is no surprise, and drains by itself where the bottleneck lets more through than is sent.
      const isOfProbe = nowUs <= this.#probedUntilUs && (queuedBps === undefined || queuedBps > moment.sentBps);
      if (this.state !== 'overused' || !isOfProbe) this.#delayLimit.update(this.state, moment);
      this.#lossLimit.update({ delivered: delivered.length, lost }, moment);
    }
    if (this.state === 'overused') return;
    for (const probeId of probeIds) {
      const probedBps = this.#probes.bitrateBps(probeId);
      if (probedBps === undefined) continue;
      this.#delayLimit.raiseTo(probedBps);
      this.#lossLimit.raiseTo(probedBps);
    }
  }

  /** A burst goes out now: the queue that it makes empties by itself. */
  expectProbe(nowUs: number, roundTripUs: number): void {
    this.#probedUntilUs = nowUs + roundTripUs + probeSettlesUs;
  }

  /** @param bitrateBps any number: it is the listener's word */
  takeRemb(bitrateBps: number, nowUs: number): void {
    this.#rembBps = Math.min(this.#mostBps, Math.max(leastBps, bitrateBps));
    this.#rembUs = nowUs;
  }

  stats(nowUs: number): Readonly<Record<string, unknown>> {
    return {
      estimateBps: rounded(this.bitrateBps(nowUs)), delayLimitBps: rounded(this.#delayLimit.limitBps), lossLimitBps: rounded(this.#lossLimit.limitBps),
      deliveredBps: rounded(this.#delivered.bitrateBps), rembBps: this.#rembBps, lossShare: this.#lossLimit.lossShare, queueUs: rounded(this.#queue.delayUs), path: this.state, reports: this.#reports,
    };
  }
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}
