/** Timers that fire when the test moves a clock, in the order in which they are due. */
import type { CancelTimer, Timers } from '../../mixer/index.js';

interface Timer {
  dueUs: number;
  readonly periodUs: number | undefined;
  readonly run: () => void;
}

export class ManualTimers implements Timers {
  readonly #timers = new Set<Timer>();
  readonly #clock: { nowUs(): number; advance(byUs: number): void };

  constructor(clock: { nowUs(): number; advance(byUs: number): void }) {
    this.#clock = clock;
  }

  get waiting(): number {
    return this.#timers.size;
  }

  after(delayMs: number, run: () => void): CancelTimer {
    return this.#add({ dueUs: this.#clock.nowUs() + delayMs * 1000, periodUs: undefined, run });
  }

  every(periodMs: number, run: () => void): CancelTimer {
    return this.#add({ dueUs: this.#clock.nowUs() + periodMs * 1000, periodUs: periodMs * 1000, run });
  }

  /** Moves the clock, timer by timer. */
  advance(byUs: number): void {
    const endUs = this.#clock.nowUs() + byUs;
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.dueUs - b.dueUs)[0];
      if (next === undefined || next.dueUs > endUs) break;
      this.#clock.advance(Math.max(0, next.dueUs - this.#clock.nowUs()));
      if (next.periodUs === undefined) this.#timers.delete(next);
      else next.dueUs += next.periodUs;
      next.run();
    }
    this.#clock.advance(endUs - this.#clock.nowUs());
  }

  #add(timer: Timer): CancelTimer {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
