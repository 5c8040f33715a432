import { setText } from './dom.js';

// A WebSocket that is replaced at once is nothing to be told of; silence has lasted two seconds already.
const appearsAfterMs = 400;

/** Says quietly that the connection is away for a moment, and goes by itself when it is back. */
export class ConnectionNotice {
  #element;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {HTMLElement} element a live region that is empty at first */
  constructor(element) {
    this.#element = element;
  }

  /** @param {boolean} isLost */
  show(isLost) {
    clearTimeout(this.#timer);
    if (isLost) this.#timer = setTimeout(() => setText(this.#element, 'Connection lost, reconnecting…'), appearsAfterMs);
    else setText(this.#element, '');
  }
}
