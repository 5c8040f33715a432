/** A bucket that fills steadily and is emptied by one for each: a rate with room for bursts. Pure: time is an argument. */
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
    this.#left = Math.min(this.#burst, this.#left + Math.max(0, nowUs - this.#sinceUs) * this.#perUs);
    this.#sinceUs = nowUs;
    return this.#left < 1;
  }

  /** False: one too many. */
  take(nowUs: number): boolean {
    if (this.isEmpty(nowUs)) return false;
    this.#left -= 1;
    return true;
  }
}
