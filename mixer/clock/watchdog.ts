/** Notices a thread or a process that hangs: it is asked now and then, and answers at once while it turns its event loop. */
import type { CancelTimer, Timers } from './timers.js';

export interface WatchdogOptions {
  readonly timers: Timers;
  readonly ask: () => void;
  /** Once. */
  readonly onSilence: (silentMs: number) => void;
}

const periodMs = 2_000;
/** 10 s: a machine that swaps or is suspended lets a thread stand still for seconds, and people would rather wait for it than join anew. */
const mostUnanswered = 5;

export class Watchdog {
  readonly #options: WatchdogOptions;
  #unanswered = 0;
  #cancel: CancelTimer | undefined;
  #isRunning = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#wait();
  }

  /** It answered. */
  hear(): void {
    this.#unanswered = 0;
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Questions are counted, not time: where the asker itself stood still, the answers wait in its own queue and are no silence. */
  #wait(): void {
    this.#cancel = this.#options.timers.after(periodMs, () => {
      this.#look();
      // Timers come before what has arrived: the next question is asked only after that was looked at.
      const next = setImmediate(() => this.#wait());
      this.#cancel = () => clearImmediate(next);
      if (!this.#isRunning) this.#cancel();
    });
  }

  #look(): void {
    if (this.#unanswered >= mostUnanswered) {
      this.stop();
      this.#options.onSilence(this.#unanswered * periodMs);
      return;
    }
    this.#unanswered += 1;
    this.#options.ask();
  }
}
