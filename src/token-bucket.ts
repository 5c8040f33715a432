/** A bucket that fills steadily and is emptied by what each costs: a rate with room for bursts. Pure: time is an argument. */
export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
}

export class TokenBucket {
  readonly #perUs: number;
  readonly #burst: number;
  #left: number;
  #sinceUs: number;

  constructor({ perSecond, burst }: TokenBucketOptions, nowUs: number) {
    this.#perUs = perSecond / 1e6;
    this.#burst = burst;
    this.#left = burst;
    this.#sinceUs = nowUs;
  }

  isEmpty(nowUs: number): boolean {
    return !this.#has(nowUs, 1);
  }

  /** False: too many; then none is taken. */
  take(nowUs: number, count = 1): boolean {
    if (!this.#has(nowUs, count)) return false;
    this.#left -= count;
    return true;
  }

  #has(nowUs: number, count: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + Math.max(0, nowUs - this.#sinceUs) * this.#perUs);
    this.#sinceUs = nowUs;
    return this.#left >= count;
  }
}
