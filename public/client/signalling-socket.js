import { TesseraError } from './errors.js';
import { emit } from './events.js';

// A server that is there answers a TCP and WebSocket handshake in well under a second; a black hole never does.
const openTimeoutMs = 5000;
// What the server makes of it is in docs/signalling.md, Close codes.
const closeCodes = { done: 1000, elsewhere: 4000 };

/**
 * The WebSocket: JSON objects both ways. Events: `message` (detail: ServerMessage) in order, and `close` once, when it ends or never opened.
 */
export class SignallingSocket extends EventTarget {
  #socket;
  #openTimer;
  #closed = false;

  /** @param {string} url `ws:` or `wss:` */
  constructor(url) {
    super();
    this.#socket = new WebSocket(url);
    this.#openTimer = setTimeout(() => this.#end(closeCodes.elsewhere), openTimeoutMs);
    this.#socket.onopen = () => {
      clearTimeout(this.#openTimer);
      emit(this, 'open');
    };
    this.#socket.onmessage = (event) => this.#handleMessage(event.data);
    this.#socket.onclose = () => this.#end(closeCodes.done);
  }

  /** Drops the message when the socket is not open. @param {object} message @returns {boolean} whether it was open */
  send(message) {
    const isOpen = this.#socket.readyState === WebSocket.OPEN;
    if (isOpen) this.#socket.send(JSON.stringify(message));
    return isOpen;
  }

  /** Whoever was joined over it has left. Idempotent, as {@link giveUp} is. */
  close() {
    this.#end(closeCodes.done);
  }

  /** Nothing comes over it: whoever was joined goes on over another one. */
  giveUp() {
    this.#end(closeCodes.elsewhere);
  }

  /** @param {number} code */
  #end(code) {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#openTimer);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close(code);
    emit(this, 'close');
  }

  /** @param {unknown} data */
  #handleMessage(data) {
    let message;
    try {
      message = JSON.parse(String(data));
    } catch {
      return; // Not ours to mend: a server of a newer version may send what this page cannot read.
    }
    if (typeof message === 'object' && message !== null) emit(this, 'message', message);
  }
}

/**
 * The address of the WebSocket of a server.
 * @param {string | URL} serverUrl its page address (`https://tessera.example/`), or already `wss://…/ws`
 * @returns {string}
 */
export function signallingUrl(serverUrl) {
  const url = new URL(serverUrl, globalThis.location?.href);
  if (url.protocol === 'ws:' || url.protocol === 'wss:') return url.href;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TesseraError('unreachable', `${url.protocol} is no address of a server`);
  return new URL('/ws', url.href.replace(/^http/, 'ws')).href;
}
