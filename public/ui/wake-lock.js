/** Keeps the screen from going dark while someone watches; the browser drops the lock with the page out of sight, and gets asked again. */
export class WakeLock {
  /** @type {WakeLockSentinel | null} */
  #sentinel = null;
  #wanted = false;

  constructor() {
    document.addEventListener('visibilitychange', () => void this.#request());
  }

  hold() {
    this.#wanted = true;
    void this.#request();
  }

  release() {
    this.#wanted = false;
    void this.#sentinel?.release().catch(() => undefined);
    this.#sentinel = null;
  }

  async #request() {
    if (!this.#wanted || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return;
    this.#sentinel = await navigator.wakeLock.request('screen').catch(() => null);
  }
}
