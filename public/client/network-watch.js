/**
 * Notices that the device has another network now: back online, or from Wi-Fi to mobile. `onChange` may come when nothing of importance has changed.
 */
export class NetworkWatch {
  #onChange;
  // Not in every browser's types, nor in every browser.
  #information = /** @type {{ connection?: EventTarget }} */ (navigator).connection;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    addEventListener('online', onChange);
    this.#information?.addEventListener('change', onChange);
  }

  close() {
    removeEventListener('online', this.#onChange);
    this.#information?.removeEventListener('change', this.#onChange);
  }
}
