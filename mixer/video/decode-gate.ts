/**
 * How many decodes are in libuv's pool at a time. The pool is a plain queue: without this, what encodes the canvas for everyone waits behind the frames
 * that sixteen people sent at the same moment. First come, first served, and an input has one frame in it at most, so nobody takes another's turn.
 */
export class DecodeGate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param atOnce at least 1 */
  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Resolves when it is the caller's turn; he leaves when he is done. */
  async enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
