/** How long packets wait on the path now: their delay beyond the least that was seen lately. The clocks of both ends need not agree. */

/** Two windows in turn: the least of both is that of 10 to 20 s; routes change, and clocks drift by less than a millisecond in that time. */
const windowUs = 10_000_000;
/** Over so much of what was sent growth is looked for. */
const growthWindowUs = 250_000;
/**
 * A path that was cut to a fraction fills its queue within a fraction of a second, sooner than a fitted line tells: so long a wait that has grown by so much
 * just now is no jitter.
 */
const filling = { delayUs: 80_000, growthUs: 50_000 } as const;

export class QueueDelay {
  readonly #recent: { readonly sentUs: number; readonly delayUs: number }[] = [];
  #leastUs = Number.POSITIVE_INFINITY;
  #leastBeforeUs = Number.POSITIVE_INFINITY;
  #windowStartUs: number | undefined;

  /** Of the newest packet that was reported. */
  get delayUs(): number {
    const newest = this.#recent.at(-1);
    return newest === undefined ? 0 : newest.delayUs - Math.min(this.#leastUs, this.#leastBeforeUs);
  }

  /** Much more comes than goes. */
  get isFilling(): boolean {
    const newest = this.#recent.at(-1);
    if (newest === undefined || this.delayUs < filling.delayUs) return false;
    return this.#recent.some(({ delayUs }) => newest.delayUs - delayUs > filling.growthUs);
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
    this.#leastUs = Math.min(this.#leastUs, delayUs);
    this.#recent.push({ sentUs, delayUs });
    while ((this.#recent[0]?.sentUs ?? sentUs) < sentUs - growthWindowUs) this.#recent.shift();
  }
}
