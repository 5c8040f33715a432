/** How many messages a socket may still send: a bucket that fills slowly and is emptied by one for each. Pure: time is an argument. */

/** Joining sends some 40 messages at once (candidates of a machine with many interfaces); nobody clicks 20 times a second. */
const burst = 100;
const refillASecond = 20;

export class MessageAllowance {
  #left = burst;
  #sinceMs: number;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /** False: one too many. */
  take(nowMs: number): boolean {
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#sinceMs) / 1000) * refillASecond);
    this.#sinceMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
