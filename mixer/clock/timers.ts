/** The only door to the event loop's timers: who needs one is given it, so that tests hand in time that they move themselves. */
export type CancelTimer = () => void;

export interface Timers {
  /** Runs once after `delayMs`; cancelling afterwards is harmless. */
  after(delayMs: number, run: () => void): CancelTimer;
  /** Runs each `periodMs` until cancelled. */
  every(periodMs: number, run: () => void): CancelTimer;
}

export const systemTimers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  every(periodMs, run) {
    const timer = setInterval(run, periodMs);
    return () => clearInterval(timer);
  },
};
