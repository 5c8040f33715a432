/**
 * A client's way up that was cut to a part of what he sends: its queue fills within a fifth of a second, and what he is told by transport feedback lets him see that after
 * half a second, when it runs over. Seen by us it is told at once, as the most bits that are worth sending (REMB, draft-alvestrand-rmcat-remb-03), which libwebrtc takes as
 * a ceiling beside its own estimate. Once the queue is empty the ceiling stands at what came through while it waited: each queue that it made would cost more of his
 * own estimate, which grows by a twelfth a second, than it wins. It rises fast once frames come through faster than the bottleneck let them, until his own estimate rules;
 * and slowly after a while where frames do not tell.
 *
 * What tells is the sound: it goes out when it was recorded, while pictures wait in the client's pacer. Times are microseconds of the room's clock.
 */
import { DeliveredRate } from '../rtp/congestion/delivered-rate.js';
import { QueueDelay } from '../rtp/congestion/queue-delay.js';
import { TimestampUnwrapper } from '../rtp/sequence.js';
import { FrameTrains, type FramePacket } from './frame-trains.js';

/** RFC 7587 4.1: the RTP clock of Opus always runs at 48 kHz. */
const opusClockHz = 48_000;
/** RTP with its extensions, SRTP's tag, UDP and IP: what is told counts them as well. */
const headerBytes = 66;
/** Of what comes through: the queue has to empty. */
const brakeShare = 0.85;
/** Sound and a picture that moves; below that there is nothing to win. */
const leastBps = 120_000;
/** What was told is obeyed a round trip later, and seen when that has gone through the queue. */
const betweenBrakesUs = 150_000;
/** A queue that stays so long although nothing more was to come into it: more is sent than was thought. What stays then nevertheless is no queue, but a longer route. */
const stuck = { queueUs: 150_000, afterUs: 500_000, most: 2 } as const;
/** A queue of 80 ms, let drain at a seventh of the path's rate, takes half a second: one that is gone so soon was none, but a client, a radio or a room that stood still. The brake was false then. */
const stall = { queueUs: 20_000, withinUs: 400_000 } as const;
/** Sound that paused for so long says nothing any more: no packet of a pause is further from the one before. */
const silentUs = 1_000_000;
/** What even the quickest of the last sounds waited for is a queue that stands (as CoDel has it, RFC 8289 3.2); what only some did is jitter. */
const standingSounds = 10;
/** A queue that was braked is gone when none stands any more for so long. */
const calm = { queueUs: 20_000, afterUs: 250_000 } as const;
/** The next one is seen sooner than the sender sees it. Of who sends much less than he may it is another's, or a longer route. */
const standing = { queueUs: 30_000, share: 0.9, usedShare: 0.8 } as const;
/** The window of what came through holds no older time by then. */
const knownAfterUs = 300_000;
/** Of what came through, where the ceiling stands at first, since encoders stay below it: from there on the bottleneck is another one than it was. */
const nearUntil = 1.15;
const step = { us: 250_000, nearGrowth: 1.0123, growth: 1.068 } as const;
/** For so long it stands; then it rises by a twentieth a second while it is near, by three tenths beyond: a full picture is back within 15 s. */
const standUs = 5_000_000;
/** Frames that come through by so much faster than before. */
const fasterShare = 1.6;
/** Radios that send packets in bunches make all frames look fast: where the ceiling was too high so soon after, frames are not believed for a while. */
const mistaken = { withinUs: 4_000_000, forUs: 30_000_000 } as const;
/** A queue keeps the order: what was overtaken, or comes a second time, has waited elsewhere. From so far behind it is a new source of sound. */
const leapUs = 3_000_000;
/** Where packets always are now sooner, now later, twice their mean wait is usual, and tells of no queue. Over a second of sound: a queue fills in less. */
const meanGain = 1 / 64;
const usualRange = 2;

interface BrakeState {
  readonly ceilingBps: number | undefined;
  readonly capacityBps: number | undefined;
  readonly stuckCount: number;
  readonly mistakenUntilUs: number;
}

export class UplinkBrake {
  readonly #queue = new QueueDelay();
  readonly #received = new DeliveredRate();
  readonly #timestamps = new TimestampUnwrapper();
  /** Of the newest sound, by the client's clock. */
  #soundSentUs = Number.NEGATIVE_INFINITY;
  #meanDelayUs = 0;
  #ceilingBps: number | undefined;
  /** What came through while the queue stood; undefined once more did. */
  #capacityBps: number | undefined;
  #isDraining = false;
  readonly #trains = new FrameTrains();
  /** Since when the ceiling stands below it. */
  #standsSinceUs = 0;
  /** When frames told last that more passes, and until when they are not to be believed. */
  #freedUs = Number.NEGATIVE_INFINITY;
  #mistakenUntilUs = Number.NEGATIVE_INFINITY;
  /** Of the last sounds. */
  readonly #delaysUs: number[] = [];
  /** What held before the brake that may yet prove false. */
  #before: BrakeState = { ceilingBps: undefined, capacityBps: undefined, stuckCount: 0, mistakenUntilUs: Number.NEGATIVE_INFINITY };
  #stuckCount = 0;
  #soundUs = Number.NEGATIVE_INFINITY;
  #brakedUs = Number.NEGATIVE_INFINITY;
  #calmSinceUs: number | undefined;
  #steppedUs = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** Undefined while nothing is known to be too much. */
  get ceilingBps(): number | undefined {
    return this.#ceilingBps;
  }

  /** Times at which it was lowered. */
  get count(): number {
    return this.#count;
  }

  /** How long a packet waits on the way up now, beyond the shortest time of lately; 0 when no sound tells. */
  queueUs(nowUs: number): number {
    return nowUs - this.#soundUs < silentUs ? this.#queue.delayUs : 0;
  }

  /** Every packet that came, whatever its stream. */
  takePacket(payloadBytes: number, arrivalUs: number): void {
    this.#received.add(arrivalUs, payloadBytes + headerBytes);
  }

  /** Of each packet of a picture besides. */
  takePicture(packet: FramePacket): void {
    this.#trains.take(packet);
  }

  /** Of each packet of sound besides. */
  takeSound(timestamp: number, arrivalUs: number): void {
    const sentUs = (this.#timestamps.unwrap(timestamp) * 1e6) / opusClockHz;
    const behindUs = this.#soundSentUs - sentUs;
    if (behindUs >= 0 && behindUs < leapUs) return;
    this.#soundSentUs = sentUs;
    this.#soundUs = arrivalUs;
    this.#queue.add(sentUs, arrivalUs);
    const { delayUs } = this.#queue;
    this.#delaysUs.push(delayUs);
    if (this.#delaysUs.length > standingSounds) this.#delaysUs.shift();
    const isFilling = this.#queue.isFillingBeyond(usualRange * this.#meanDelayUs);
    this.#meanDelayUs += (delayUs - this.#meanDelayUs) * meanGain;
    const sinceUs = arrivalUs - this.#brakedUs;
    const isStuck = this.#ceilingBps !== undefined && delayUs > stuck.queueUs && sinceUs >= stuck.afterUs && this.#stuckCount < stuck.most;
    if ((isFilling && sinceUs >= betweenBrakesUs) || isStuck) this.#brake(arrivalUs, isStuck);
    else if (sinceUs < stall.withinUs && delayUs < stall.queueUs) this.#takeBack();
    else if (this.#isDraining && sinceUs >= knownAfterUs && this.#standingUs > calm.queueUs) this.#capacityBps = this.#received.bitrateBps ?? this.#capacityBps;
  }

  /** To be called each 20 ms. @param mostBps more is of no use: there the brake is off */
  tick(nowUs: number, mostBps: number): void {
    if (this.#ceilingBps === undefined) return;
    const standingUs = nowUs - this.#soundUs < silentUs ? this.#standingUs : 0;
    const receivedBps = this.#received.bitrateBps ?? 0;
    if (!this.#isDraining && standingUs > standing.queueUs && receivedBps >= standing.usedShare * this.#ceilingBps) {
      this.#capacityBps ??= receivedBps;
      this.#drain(standing.share * this.#capacityBps, nowUs);
    }
    if (standingUs > calm.queueUs) {
      this.#calmSinceUs = undefined;
      return;
    }
    this.#calmSinceUs ??= nowUs;
    if (nowUs - this.#calmSinceUs < calm.afterUs || nowUs - this.#steppedUs < step.us) return;
    this.#steppedUs = nowUs;
    const raisedBps = this.#isDraining ? this.#stand(this.#ceilingBps, nowUs) : this.#risen(this.#ceilingBps, nowUs);
    this.#ceilingBps = raisedBps < mostBps ? raisedBps : undefined;
  }

  get #standingUs(): number {
    return Math.min(...this.#delaysUs);
  }

  /** The queue is gone. */
  #stand(ceilingBps: number, nowUs: number): number {
    this.#isDraining = false;
    this.#standsSinceUs = nowUs;
    return Math.max(ceilingBps, this.#capacityBps ?? 0);
  }

  #risen(ceilingBps: number, nowUs: number): number {
    if (this.#capacityBps === undefined) return ceilingBps * step.growth;
    if (nowUs >= this.#mistakenUntilUs && this.#trains.areFasterThan(fasterShare * this.#capacityBps, nowUs)) {
      this.#freedUs = nowUs;
      this.#capacityBps = undefined;
      return ceilingBps * step.growth;
    }
    if (nowUs - this.#standsSinceUs < standUs) return ceilingBps;
    if (ceilingBps >= nearUntil * this.#capacityBps) this.#capacityBps = undefined;
    return ceilingBps * step.nearGrowth;
  }

  #drain(ceilingBps: number, nowUs: number): void {
    if (nowUs - this.#freedUs < mistaken.withinUs) this.#mistakenUntilUs = nowUs + mistaken.forUs;
    this.#isDraining = true;
    this.#ceilingBps = Math.max(leastBps, Math.min(this.#ceilingBps ?? Number.POSITIVE_INFINITY, ceilingBps));
  }

  #takeBack(): void {
    this.#ceilingBps = this.#before.ceilingBps;
    this.#capacityBps = this.#before.capacityBps;
    this.#stuckCount = this.#before.stuckCount;
    this.#mistakenUntilUs = this.#before.mistakenUntilUs;
    this.#isDraining = false;
  }

  #brake(nowUs: number, isStuck: boolean): void {
    const { bitrateBps, latelyBps } = this.#received;
    // Just after the cut most of the longer time is still what came before it.
    const receivedBps = Math.min(bitrateBps ?? Number.POSITIVE_INFINITY, latelyBps ?? Number.POSITIVE_INFINITY);
    if (receivedBps === Number.POSITIVE_INFINITY) return;
    if (nowUs - this.#brakedUs >= stall.withinUs) this.#before = { ceilingBps: this.#ceilingBps, capacityBps: this.#capacityBps, stuckCount: this.#stuckCount, mistakenUntilUs: this.#mistakenUntilUs };
    this.#stuckCount = isStuck ? this.#stuckCount + 1 : 0;
    this.#brakedUs = nowUs;
    this.#calmSinceUs = undefined;
    this.#count += 1;
    this.#capacityBps = receivedBps;
    if (isStuck && this.#ceilingBps !== undefined) this.#ceilingBps *= brakeShare;
    this.#drain(brakeShare * receivedBps, nowUs);
  }
}
