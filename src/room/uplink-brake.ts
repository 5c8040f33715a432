/**
 * A client's way up that was cut to a part of what he sends: its queue fills within a fifth of a second, and what he is told by transport feedback lets him see that after
 * half a second, when it runs over. Seen by us it is told at once, as the most bits that are worth sending (REMB, draft-alvestrand-rmcat-remb-03), which libwebrtc takes as
 * a ceiling beside its own estimate. The ceiling rises again once the queue is empty; his own estimate then rules.
 *
 * What tells is the sound: it goes out when it was recorded, while pictures wait in the client's pacer. Times are microseconds of the room's clock.
 */
import { DeliveredRate } from '../rtp/congestion/delivered-rate.js';
import { QueueDelay } from '../rtp/congestion/queue-delay.js';
import { TimestampUnwrapper } from '../rtp/sequence.js';

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
/** A queue that stays so long although nothing more was to come into it: more is sent than was thought. */
const stuck = { queueUs: 150_000, afterUs: 500_000 } as const;
/** The ceiling rises after so long, while the queue is as good as empty: by three tenths a second, so that a full picture is back within 15 s. */
const calm = { queueUs: 40_000, afterUs: 1_000_000 } as const;
const step = { us: 250_000, growth: 1.068 } as const;

export class UplinkBrake {
  readonly #queue = new QueueDelay();
  readonly #received = new DeliveredRate();
  readonly #timestamps = new TimestampUnwrapper();
  #ceilingBps: number | undefined;
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

  /** Every packet that came, whatever its stream. */
  takePacket(payloadBytes: number, arrivalUs: number): void {
    this.#received.add(arrivalUs, payloadBytes + headerBytes);
  }

  /** Of each packet of sound besides. */
  takeSound(timestamp: number, arrivalUs: number): void {
    this.#queue.add((this.#timestamps.unwrap(timestamp) * 1e6) / opusClockHz, arrivalUs);
    const sinceUs = arrivalUs - this.#brakedUs;
    const isStuck = this.#ceilingBps !== undefined && this.#queue.delayUs > stuck.queueUs && sinceUs >= stuck.afterUs;
    if ((this.#queue.isFilling && sinceUs >= betweenBrakesUs) || isStuck) this.#brake(arrivalUs, isStuck);
  }

  /** To be called each 20 ms. @param mostBps more is of no use: there the brake is off */
  tick(nowUs: number, mostBps: number): void {
    if (this.#ceilingBps === undefined) return;
    if (this.#queue.delayUs > calm.queueUs) {
      this.#calmSinceUs = undefined;
      return;
    }
    this.#calmSinceUs ??= nowUs;
    if (nowUs - this.#calmSinceUs < calm.afterUs || nowUs - this.#steppedUs < step.us) return;
    this.#steppedUs = nowUs;
    const raisedBps = this.#ceilingBps * step.growth;
    this.#ceilingBps = raisedBps < mostBps ? raisedBps : undefined;
  }

  #brake(nowUs: number, isStuck: boolean): void {
    const { bitrateBps, latelyBps } = this.#received;
    // Just after the cut most of the longer time is still what came before it.
    const receivedBps = Math.min(bitrateBps ?? Number.POSITIVE_INFINITY, latelyBps ?? Number.POSITIVE_INFINITY);
    if (receivedBps === Number.POSITIVE_INFINITY) return;
    this.#brakedUs = nowUs;
    this.#calmSinceUs = undefined;
    this.#count += 1;
    const ceilingBps = (this.#ceilingBps ?? Number.POSITIVE_INFINITY) * (isStuck ? brakeShare : 1);
    this.#ceilingBps = Math.max(leastBps, Math.min(ceilingBps, brakeShare * receivedBps));
  }
}
