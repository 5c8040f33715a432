/** @import { ResumedMessage, ServerMessage } from './types.js' */
import { Backoff, waitForRetry } from './backoff.js';
import { emit, on } from './events.js';
import { SignallingSocket } from './signalling-socket.js';

// The way there: whoever is on it when the server gives up is too late anyway, and joins anew.
const wayMs = 1000;
// The server answers from what it has at hand.
const answerTimeoutMs = 5000;
// A socket that has gone silent is replaced within three of these, before the server's grace is over: its pings take up to 9 s to notice, and then it waits.
const beatMs = 4000;

/**
 * The way to the server, over one WebSocket after another: from `keep` on, one that is lost is replaced, and the new one says who it is for.
 * Events: `open` once; `message` (detail: ServerMessage) of the socket in use, and the word that there is nobody to resume any more; `lost`, when there is none in use;
 * `resumed` (detail: ResumedMessage), when there is one again; `close` once, when there will be none.
 */
export class ResumableSocket extends EventTarget {
  #url;
  /** @type {SignallingSocket} */
  #socket;
  /** @type {{ room: string, participantId: string, secret: string } | null} */
  #claim = null;
  #giveUpAfterMs = 0;
  #attempt = 0;
  /** @type {'open' | 'resuming' | 'leaving' | 'closed'} `leaving`: he has left, and the server is still to be told */
  #state = 'open';
  #closed = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #answerTimer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beatTimer;
  #hasHeard = true;

  /** @param {string} url */
  constructor(url) {
    super();
    this.#url = url;
    this.#socket = this.#open();
    on(this.#socket, 'open', () => emit(this, 'open'));
  }

  /**
   * From now on the server knows whom it is talking to, also over another socket.
   * @param {{ room: string, participantId: string, secret: string }} claim
   * @param {number} resumeTimeoutMs how long it waits for that; 0: not at all
   */
  keep(claim, resumeTimeoutMs) {
    if (resumeTimeoutMs === 0) return;
    this.#claim = claim;
    this.#giveUpAfterMs = resumeTimeoutMs + wayMs;
    this.#beatTimer ??= setInterval(() => this.#beat(), beatMs);
  }

  /** Drops the message while there is no socket: what holds is said again when there is. @param {object} message @returns {boolean} whether there is one */
  send(message) {
    return this.#state === 'open' && this.#socket.send(message);
  }

  /** A socket over which nothing at all comes within so long leads nowhere any more, whatever the browser thinks of it. @param {number} withinMs */
  expectAnswer(withinMs) {
    this.#answerTimer ??= setTimeout(() => this.giveUp(), withinMs);
  }

  /** The socket in use leads nowhere: over another one, if there may be one. */
  giveUp() {
    if (this.#state === 'open') this.#socket.giveUp();
  }

  /** The last word. While there is no socket it is said over the next one, if one comes before the server has given him up. */
  leave() {
    if (this.#state === 'resuming') {
      this.#state = 'leaving';
      return;
    }
    this.send({ type: 'leave' });
    this.close();
  }

  /** Idempotent. */
  close() {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#closed.abort();
    clearInterval(this.#beatTimer);
    this.#expectNothing();
    this.#socket.close();
    emit(this, 'close');
  }

  /** Media may go on while the socket leads nowhere, and nobody would say so. */
  #beat() {
    const isSilent = !this.#hasHeard;
    this.#hasHeard = false;
    if (isSilent && this.send({ type: 'ping' })) this.expectAnswer(beatMs);
  }

  #expectNothing() {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = undefined;
  }

  #open() {
    const socket = new SignallingSocket(this.#url);
    on(socket, 'message', (/** @type {ServerMessage} */ message) => this.#handleMessage(socket, message));
    on(socket, 'close', () => this.#handleClose(socket));
    return socket;
  }

  /** @param {SignallingSocket} socket @param {ServerMessage} message */
  #handleMessage(socket, message) {
    if (socket !== this.#socket || this.#state !== 'open') return;
    this.#expectNothing();
    this.#hasHeard = true;
    emit(this, 'message', message);
  }

  /** @param {SignallingSocket} socket */
  #handleClose(socket) {
    if (socket !== this.#socket || this.#state !== 'open') return;
    if (this.#claim === null) this.close();
    else void this.#resume(this.#claim);
  }

  /** @param {{ room: string, participantId: string, secret: string }} claim */
  async #resume(claim) {
    const { signal } = this.#closed;
    const backoff = new Backoff();
    const startedAtMs = performance.now();
    this.#state = 'resuming';
    this.#expectNothing();
    emit(this, 'lost');
    while (!signal.aborted && performance.now() - startedAtMs < this.#giveUpAfterMs) {
      // One that comes late must not take the place of the next.
      this.#attempt += 1;
      this.#socket = this.#open();
      const answer = await firstAnswer(this.#socket, { ...claim, attempt: this.#attempt });
      if (signal.aborted) return;
      if (answer?.type === 'resumed') {
        this.#goOn(answer);
        return;
      }
      this.#socket.close();
      // The server is there, and has him no more; it may say why.
      if (answer?.type === 'closed') emit(this, 'message', answer);
      if (answer !== null) break;
      await waitForRetry(backoff.nextMs(), signal);
    }
    this.close();
  }

  /** @param {ResumedMessage} answer */
  #goOn(answer) {
    const hasLeft = this.#state === 'leaving';
    this.#state = 'open';
    if (hasLeft) this.leave();
    else emit(this, 'resumed', answer);
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
