/** Notices a thread that hangs: it is asked now and then, and answers at once while it turns its event loop. */
import type { CancelTimer, Timers } from '../clock/timers.js';

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

  constructor(options: WatchdogOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel ??= this.#options.timers.every(periodMs, () => this.#look());
  }

  /** The thread answered. */
  hear(): void {
    this.#unanswered = 0;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
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
