/** The rate that keeps the bottleneck's queue empty: additive increase, multiplicative decrease (draft-ietf-rmcat-gcc-02 5.5). Times are microseconds. */
import type { PathState } from './delay-trend.js';

/** Of what arrives, when the queue grows: less than the bottleneck carries, so that the queue empties. */
const decreaseFactor = 0.85;
/** Who sends less than this of what is believed, a still picture, learns nothing of the bottleneck from what arrives of it: the belief itself falls. */
const idleShare = 0.25;
/** While nothing is known of the bottleneck; near the rate at which it was last full the growth is additive. */
const growthPerSecond = 1.08;
const packetBits = 1_200 * 8;
/** Beside the round trip: how long the receiver and the detector take to answer. */
const responseUs = 100_000;
/** Of the mean of the rates at which the bottleneck was full; in standard deviations. */
const capacityGain = 0.05;
const nearDeviations = 3;
const leastDeviationShare = 0.02;
/** What has arrived for so long after a decrease, without a queue that grows, does pass. */
const provenAfterUs = 400_000;
const betweenDecreasesUs = { least: 100_000, most: 300_000 } as const;

interface DelayMoment {
  readonly nowUs: number;
  readonly roundTripUs: number;
  readonly deliveredBps: number;
  readonly queuedBps: number | undefined;
  readonly carriedBps: number;
  readonly sentBps: number;
  readonly mostBps: number;
}

export class DelayLimit {
  #limitBps: number;
  #phase: 'hold' | 'increase' = 'increase';
  #lastUpdateUs: number | undefined;
  #lastDecreaseUs = Number.NEGATIVE_INFINITY;
  #capacityBps: number | undefined;
  #capacityVariance = 0;

  constructor({ startBps }: { readonly startBps: number }) {
    this.#limitBps = startBps;
  }

  get limitBps(): number {
    return this.#limitBps;
  }

  /** Room time of the last; -Infinity for never. */
  get lastDecreaseUs(): number {
    return this.#lastDecreaseUs;
  }

  /**
   * @param deliveredBps what arrives
   * @param queuedBps what the bottleneck lets through, as soon as enough has waited before it
   * @param carriedBps the same with what is lost at random on its way, which took its place before the bottleneck as well
   * @param sentBps what goes out
   * @param mostBps the limit does not grow beyond: what is not sent cannot be judged
   */
  update(state: PathState, { nowUs, roundTripUs, deliveredBps, queuedBps, carriedBps, sentBps, mostBps }: DelayMoment): void {
    const elapsedUs = Math.min(1e6, nowUs - (this.#lastUpdateUs ?? nowUs));
    this.#lastUpdateUs = nowUs;
    if (state === 'overused') {
      this.#phase = 'hold';
      const pauseUs = Math.min(betweenDecreasesUs.most, Math.max(betweenDecreasesUs.least, roundTripUs));
      if (nowUs - this.#lastDecreaseUs >= pauseUs) this.#decrease(sentBps < idleShare * this.#limitBps ? this.#limitBps : deliveredBps, nowUs);
      // The first look at a queue that fills is at too few packets, now and then.
      if (queuedBps !== undefined) this.raiseTo(decreaseFactor * queuedBps);
      return;
    }
    // The queue empties: growth would fill it again before it is empty.
    if (state === 'underused') {
      this.#phase = 'hold';
      return;
    }
    if (this.#phase === 'hold') {
      this.#phase = 'increase';
      return;
    }
    if (nowUs - this.#lastDecreaseUs >= provenAfterUs) this.raiseTo(carriedBps);
    const isNear = this.#isNearCapacity(deliveredBps);
    const grownBps = isNear ? this.#limitBps + (packetBits * elapsedUs) / (roundTripUs + responseUs) : this.#limitBps * growthPerSecond ** (elapsedUs / 1e6);
    this.raiseTo(Math.min(grownBps, mostBps));
  }

  /** What a probe has shown to pass. */
  raiseTo(bitrateBps: number): void {
    this.#limitBps = Math.max(this.#limitBps, bitrateBps);
  }

  #decrease(deliveredBps: number, nowUs: number): void {
    this.#lastDecreaseUs = nowUs;
    this.#limitBps = Math.min(this.#limitBps, decreaseFactor * deliveredBps);
    this.#noteCapacity(deliveredBps);
  }

  #noteCapacity(bitrateBps: number): void {
    if (this.#capacityBps === undefined || !this.#isNearCapacity(bitrateBps)) {
      this.#capacityBps = bitrateBps;
      this.#capacityVariance = 0;
      return;
    }
    const error = bitrateBps - this.#capacityBps;
    this.#capacityBps += capacityGain * error;
    this.#capacityVariance += capacityGain * (error * error - this.#capacityVariance);
  }

  #isNearCapacity(bitrateBps: number): boolean {
    if (this.#capacityBps === undefined) return false;
    const deviationBps = Math.max(Math.sqrt(this.#capacityVariance), leastDeviationShare * this.#capacityBps);
    const distanceBps = bitrateBps - this.#capacityBps;
    // Far above: the bottleneck is another one now.
    if (distanceBps > nearDeviations * deviationBps) this.#capacityBps = undefined;
    return Math.abs(distanceBps) <= nearDeviations * deviationBps;
  }
}
