/**
 * The calls into what one object holds in native memory: one at a time, for FFmpeg's contexts know no locks. They run on libuv's pool, so what is closed
 * during one is freed at its end: freed under it, it would take the process with it.
 */
export class CallSlot {
  readonly #owner: string;
  readonly #free: () => void;
  #state: 'idle' | 'busy' | 'closing' | 'closed' = 'idle';

  /**
   * @param owner for messages: `A decoder`
   * @param free called once
   */
  constructor(owner: string, free: () => void) {
    this.#owner = owner;
    this.#free = free;
  }

  /** `close()` came during the call that is under way. */
  get isClosing(): boolean {
    return this.#state === 'closing';
  }

  /** Before a call; its end has to `leave()`. @throws {Error} during another call, and once closed: the caller's bug */
  enter(): void {
    if (this.#state !== 'idle') throw new Error(`${this.#owner} that is ${this.#state} was called.`);
    this.#state = 'busy';
  }

  leave(): void {
    const { isClosing } = this;
    this.#state = 'idle';
    if (isClosing) this.close();
  }

  close(): void {
    if (this.#state === 'idle') {
      this.#state = 'closed';
      this.#free();
    } else if (this.#state === 'busy') this.#state = 'closing';
  }
}
