/** @import { ResumedMessage, ServerMessage } from './types.js' */
import { Backoff, waitForRetry } from './backoff.js';
import { emit, on } from './events.js';
import { SignallingSocket } from './signalling-socket.js';

// As long as a server waits by default, and the way there; who comes later joins anew.
const giveUpAfterMs = 16_000;
// The server answers from what it has at hand.
const answerTimeoutMs = 5000;

/**
 * The way to the server, over one WebSocket after another: from `keep` on, one that is lost is replaced, and the new one says who it is for.
 * Events: `open` once; `message` (detail: ServerMessage) of the socket in use; `lost`, when there is none any more; `resumed` (detail: ResumedMessage), when there
 * is one again; `close` once, when there will be none.
 */
export class ResumableSocket extends EventTarget {
  #url;
  /** @type {SignallingSocket} */
  #socket;
  /** @type {{ room: string, participantId: string, secret: string } | null} */
  #claim = null;
  #resuming = false;
  #done = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #answerTimer;

  /** @param {string} url */
  constructor(url) {
    super();
    this.#url = url;
    this.#socket = this.#open();
    on(this.#socket, 'open', () => emit(this, 'open'));
  }

  /** From now on the server knows whom it is talking to, also over another socket. @param {{ room: string, participantId: string, secret: string }} claim */
  keep(claim) {
    this.#claim = claim;
  }

  /** Drops the message while there is no socket: what holds is said again when there is. @param {object} message */
  send(message) {
    if (!this.#resuming) this.#socket.send(message);
  }

  /** A socket over which nothing at all comes within so long leads nowhere any more, whatever the browser thinks of it. @param {number} withinMs */
  expectAnswer(withinMs) {
    this.#answerTimer ??= setTimeout(() => {
      this.#answerTimer = undefined;
      this.#socket.giveUp();
    }, withinMs);
  }

  /** Idempotent. */
  close() {
    if (this.#done.signal.aborted) return;
    this.#done.abort();
    clearTimeout(this.#answerTimer);
    this.#socket.close();
    emit(this, 'close');
  }

  #open() {
    const socket = new SignallingSocket(this.#url);
    on(socket, 'message', (/** @type {ServerMessage} */ message) => this.#handleMessage(socket, message));
    on(socket, 'close', () => this.#handleClose(socket));
    return socket;
  }

  /** @param {SignallingSocket} socket @param {ServerMessage} message */
  #handleMessage(socket, message) {
    if (socket !== this.#socket || this.#resuming) return;
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
    emit(this, 'message', message);
  }

  /** @param {SignallingSocket} socket */
  #handleClose(socket) {
    if (socket !== this.#socket || this.#resuming || this.#done.signal.aborted) return;
    if (this.#claim === null) this.close();
    else void this.#resume(this.#claim);
  }

  /** @param {{ room: string, participantId: string, secret: string }} claim */
  async #resume(claim) {
    const { signal } = this.#done;
    const backoff = new Backoff();
    const startedAtMs = performance.now();
    this.#resuming = true;
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
    emit(this, 'lost');
    while (!signal.aborted && performance.now() - startedAtMs < giveUpAfterMs) {
      this.#socket = this.#open();
      const answer = await firstAnswer(this.#socket, claim);
      if (signal.aborted) return;
      if (answer?.type === 'resumed') {
        this.#resuming = false;
        emit(this, 'resumed', answer);
        return;
      }
      this.#socket.close();
      // The server is there, and has him no more.
      if (answer !== null) break;
      await waitForRetry(backoff.nextMs(), signal);
    }
    this.close();
  }
}

/**
 * What the server says to the claim; null: nothing.
 * @param {SignallingSocket} socket
 * @param {object} claim
 * @returns {Promise<ServerMessage | null>}
 */
function firstAnswer(socket, claim) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.giveUp(), answerTimeoutMs);
    const finish = (/** @type {ServerMessage | null} */ answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    on(socket, 'open', () => socket.send({ type: 'resume', ...claim }));
    on(socket, 'message', finish);
    on(socket, 'close', () => finish(null));
  });
}
