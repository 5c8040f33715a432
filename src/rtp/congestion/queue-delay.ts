/** How long packets wait on the path now: their delay beyond the least that was seen lately. The clocks of both ends need not agree. */

/** Two windows in turn: the least of both is that of 2 to 4 s. A path that became longer, as when a client changes its network, is no queue for longer than that. */
const windowUs = 2_000_000;
/** Over so much of what was sent growth is looked for. */
const growthWindowUs = 250_000;
/**
 * A path that was cut to a fraction fills its queue within a fraction of a second, sooner than a fitted line tells: so long a wait that has grown by so much
 * just now, packet by packet, is no jitter, and no other route either, which is longer all at once: the longest step does not count.
 */
const filling = { delayUs: 80_000, growthUs: 50_000, stepUs: 4_000, steps: 3 } as const;
/**
 * Packets that wait for less, be it one of many, have found the queue gone: what is above is a queue that stands (as CoDel has it, RFC 8289 3.2). One that has fallen to half of what it was
 * empties, and is judged anew: what a probe beside a keyframe has made takes a second to pass where little more comes through than is sent.
 */
const shortUs = 60_000;
const emptyingShare = 0.5;
/** The receiver's clock began anew. */
const leapUs = 3_000_000;

export class QueueDelay {
  readonly #recent: { readonly sentUs: number; readonly delayUs: number }[] = [];
  #leastUs = Number.POSITIVE_INFINITY;
  #leastBeforeUs = Number.POSITIVE_INFINITY;
  #windowStartUs: number | undefined;
  #goneAtUs = 0;
  /** When it was gone last, or was seen to empty. */
  #standsSinceUs = 0;
  /** The longest wait since then. */
  #longestUs = 0;

  /** Of the newest packet that was reported. */
  get delayUs(): number {
    const newest = this.#recent.at(-1);
    return newest === undefined ? 0 : newest.delayUs - Math.min(this.#leastUs, this.#leastBeforeUs);
  }

  /** For how long no packet has gone through without a wait that counts. */
  get isThereForUs(): number {
    return (this.#recent.at(-1)?.sentUs ?? this.#goneAtUs) - this.#goneAtUs;
  }

  /** The same where the waits have not become much shorter meanwhile. */
  get standsForUs(): number {
    return (this.#recent.at(-1)?.sentUs ?? this.#standsSinceUs) - this.#standsSinceUs;
  }

  /** Much more comes than goes. */
  get isFilling(): boolean {
    return this.isFillingBeyond(0);
  }

  /** The same where waits of so long come and go without a queue. */
  isFillingBeyond(usualUs: number): boolean {
    const newest = this.#recent.at(-1);
    if (newest === undefined || this.delayUs < filling.delayUs + usualUs) return false;
    let steps = 0;
    let grownUs = 0;
    let longestStepUs = 0;
    let highestUs = this.#recent[0]?.delayUs ?? newest.delayUs;
    for (const { delayUs } of this.#recent) {
      const stepUs = delayUs - highestUs;
      if (stepUs <= filling.stepUs) continue;
      steps += 1;
      grownUs += stepUs;
      longestStepUs = Math.max(longestStepUs, stepUs);
      highestUs = delayUs;
    }
    return steps >= filling.steps && grownUs - longestStepUs > filling.growthUs + usualUs;
  }

  /** @param arrivalUs by any clock that stays the same */
  add(sentUs: number, arrivalUs: number): void {
    this.#windowStartUs ??= sentUs;
    if (sentUs - this.#windowStartUs > windowUs) {
      this.#windowStartUs = sentUs;
      this.#leastBeforeUs = this.#leastUs;
      this.#leastUs = Number.POSITIVE_INFINITY;
    }
    const delayUs = arrivalUs - sentUs;
    if (Math.abs(delayUs - (this.#recent.at(-1)?.delayUs ?? delayUs)) > leapUs) this.#restart(sentUs);
    this.#leastUs = Math.min(this.#leastUs, delayUs);
    this.#recent.push({ sentUs, delayUs });
    while ((this.#recent[0]?.sentUs ?? sentUs) < sentUs - growthWindowUs) this.#recent.shift();
    this.#longestUs = Math.max(this.#longestUs, this.delayUs);
    if (this.delayUs < shortUs) this.#goneAtUs = sentUs;
    if (this.delayUs >= shortUs && this.delayUs >= emptyingShare * this.#longestUs) return;
    this.#standsSinceUs = sentUs;
    this.#longestUs = this.delayUs;
  }

  #restart(nowUs: number): void {
    this.#recent.length = 0;
    this.#leastUs = Number.POSITIVE_INFINITY;
    this.#leastBeforeUs = Number.POSITIVE_INFINITY;
    this.#windowStartUs = nowUs;
  }
}
