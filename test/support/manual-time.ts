/** Time that stands until a test moves it; timers fire in the order in which they are due. */
import type { CancelTimer, Time } from '../../src/time.js';

interface ManualTimer {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly run: () => void;
}

export class ManualTime implements Time {
  readonly #timers = new Set<ManualTimer>();
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  date(): Date {
    return new Date(Date.UTC(2026, 0, 31, 9, 59, 59) + this.#nowMs);
  }

  after(delayMs: number, run: () => void): CancelTimer {
    return this.#add({ dueMs: this.#nowMs + delayMs, periodMs: undefined, run });
  }

  every(periodMs: number, run: () => void): CancelTimer {
    return this.#add({ dueMs: this.#nowMs + periodMs, periodMs, run });
  }

  /** How many timers would still fire. */
  get pending(): number {
    return this.#timers.size;
  }

  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const [next] = [...this.#timers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#nowMs = next.dueMs;
      if (next.periodMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.periodMs;
      next.run();
    }
    this.#nowMs = endMs;
  }

  #add(timer: ManualTimer): CancelTimer {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
