const firstDelayMs = 250;
// A page must be back within 3 s of its room, so the first waits add up to less: 250 + 500 + 1000.
const usualLongestMs = 4000;
// Everybody loses the same server at the same moment; each a little early, they do not all come back at the same moment.
const spread = 0.3;

/** How long to wait before the next attempt: 250 ms doubling to 4 s (or to another longest), each shortened by up to 30 %. */
export class Backoff {
  #attempts = 0;

  /** @param {number} [longestMs] @returns {number} milliseconds */
  nextMs(longestMs = usualLongestMs) {
    const delayMs = Math.min(longestMs, firstDelayMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.round(delayMs * (1 - spread * Math.random()));
  }

  reset() {
    this.#attempts = 0;
  }
}

/**
 * Resolves after `delayMs`, at once when the network comes back or the page is shown again meanwhile, or when `signal` is aborted.
 * @param {number} delayMs
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function waitForRetry(delayMs, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      removeEventListener('online', finish);
      document.removeEventListener('visibilitychange', finishWhenShown);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const finishWhenShown = () => {
      if (document.visibilityState === 'visible') finish();
    };
    const timer = setTimeout(finish, delayMs);
    addEventListener('online', finish);
    document.addEventListener('visibilitychange', finishWhenShown);
    signal.addEventListener('abort', finish);
  });
}
