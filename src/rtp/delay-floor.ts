/**
 * The least delay seen on a path lately: the windowed minimum of (arrival - media time), which is what remains when queues are empty.
 *
 * It falls at once, because a packet that came sooner proves that the path can do it, and rises slowly, because a late packet proves
 * nothing until all are late. Two buckets of 10 s make a window of 10 to 20 s, so a sender's clock that is off by 100 ppm is followed to
 * within 2 ms. A delay that changes by more than queues explain is a new zero of the sender's timestamps: the floor then begins anew.
 *
 * Times are microseconds of one clock that goes forward only.
 */
const bucketUs = 10_000_000;
/** 2 % of speed: heard and seen by nobody, and a route that became 50 ms longer is followed in 3 s once the window has forgotten the old one. */
const risePerSecondUs = 20_000;
/** Half a second sooner or later than the least seen is no queue on a path that carries a conversation. */
const jumpUs = 500_000;
/** A black-out ends with a burst of late packets and is over; all of two seconds late means that the floor itself moved. */
const lateForUs = 2_000_000;
/** No black-out lasts that long: connections are given up before. */
const farJumpUs = 10_000_000;

export class DelayFloor {
  #floorUs: number | undefined;
  #currentLeastUs = 0;
  #previousLeastUs = Number.POSITIVE_INFINITY;
  #bucketStartUs = 0;
  #lastUs = 0;
  #lateSinceUs: number | undefined;
  #leastLateUs = 0;

  /** The floor in microseconds; 0 until there is a first delay. */
  get floorUs(): number {
    return this.#floorUs ?? 0;
  }

  /**
   * Takes the delay of a packet that came now.
   *
   * @returns true when the floor began anew, as it does with the first packet.
   */
  add(delayUs: number, nowUs: number): boolean {
    if (this.#floorUs === undefined) return this.#begin(delayUs, nowUs);
    const excessUs = delayUs - this.#floorUs;
    if (excessUs < -jumpUs || excessUs > farJumpUs) return this.#begin(delayUs, nowUs);
    if (excessUs > jumpUs) {
      this.#leastLateUs = this.#lateSinceUs === undefined ? delayUs : Math.min(this.#leastLateUs, delayUs);
      this.#lateSinceUs ??= nowUs;
      return nowUs - this.#lateSinceUs >= lateForUs && this.#begin(this.#leastLateUs, nowUs);
    }
    this.#lateSinceUs = undefined;
    if (nowUs - this.#bucketStartUs >= bucketUs) {
      this.#previousLeastUs = nowUs - this.#bucketStartUs >= 2 * bucketUs ? Number.POSITIVE_INFINITY : this.#currentLeastUs;
      this.#currentLeastUs = delayUs;
      this.#bucketStartUs = nowUs;
    } else {
      this.#currentLeastUs = Math.min(this.#currentLeastUs, delayUs);
    }
    const leastUs = Math.min(this.#currentLeastUs, this.#previousLeastUs);
    const highestUs = this.#floorUs + ((nowUs - this.#lastUs) * risePerSecondUs) / 1e6;
    this.#floorUs = Math.min(leastUs, highestUs);
    this.#lastUs = nowUs;
    return false;
  }

  #begin(delayUs: number, nowUs: number): true {
    this.#floorUs = delayUs;
    this.#currentLeastUs = delayUs;
    this.#previousLeastUs = Number.POSITIVE_INFINITY;
    this.#bucketStartUs = nowUs;
    this.#lastUs = nowUs;
    this.#lateSinceUs = undefined;
    return true;
  }
}
