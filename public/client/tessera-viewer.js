import { Backoff, waitForRetry } from './backoff.js';
import { TesseraError } from './errors.js';
import { emit, on } from './events.js';
import { WhepSession } from './whep-session.js';

/**
 * @typedef {object} WatchOptions
 * @property {string} room
 * @property {string | URL} [url] of the server; by default the one this page came from
 * @property {string} [participantId] watch what this participant gets (his own voice left out) instead of the whole mix
 * @property {number} [maxHeight] the most rows of picture, for devices that cannot take more
 * @property {string} [token] sent as `Authorization: Bearer`
 *
 * @typedef {'idle' | 'connecting' | 'waiting' | 'live' | 'reconnecting' | 'closed'} ViewerState
 *   `waiting`: there is no such room yet, or no place in it; tried again and again
 */

// Media that was up for so long proves the server well: the next loss starts from the shortest wait again.
const stableAfterMs = 5000;
// Who waits for a room may wait for an hour, and each answer that it is not there is a red line in the browser's console. This late he sees at most that it has opened.
const longestWaitingMs = 8000;
const waitingCodes = new Set(['room_not_found', 'room_full', 'participant_not_found', 'room_closed', 'too_many_rooms']);

/**
 * A room from outside: one stream over WHEP, opened again by itself whenever it ends or is not there yet.
 *
 * Events (CustomEvents; what is in `detail`):
 * - `state` {state}: see ViewerState
 * - `connection` {isLost}: while `live`: nothing comes, and it is being mended; or something comes again
 * - `stream` {stream}: `video.srcObject = event.detail.stream`
 * - `error` TesseraError: an attempt failed; another follows
 */
export class TesseraViewer extends EventTarget {
  /** @type {ViewerState} */
  #state = 'idle';
  /** @type {WhepSession | null} */
  #session = null;
  /** @type {AbortController | null} */
  #closing = null;

  get state() {
    return this.#state;
  }

  /** Watches until `close()`. @param {WatchOptions} options */
  watch({ room, url = globalThis.location.href, participantId, maxHeight, token }) {
    this.close();
    const closing = new AbortController();
    this.#closing = closing;
    const endpoint = new URL(`/whep/${encodeURIComponent(room)}`, new URL(url, globalThis.location?.href));
    if (participantId !== undefined) endpoint.searchParams.set('as', participantId);
    if (maxHeight !== undefined) endpoint.searchParams.set('maxHeight', String(maxHeight));
    void this.#keepWatching(endpoint.href, token, closing.signal);
  }

  /** @returns {Promise<RTCStatsReport | null>} */
  async getStats() {
    return (await this.#session?.getStats()) ?? null;
  }

  /** Idempotent; the server is told at once, even from `pagehide`. */
  close() {
    if (this.#closing === null) return;
    this.#closing.abort();
    this.#closing = null;
    this.#session?.close();
    this.#session = null;
    this.#setState('closed');
  }

  /** @param {string} endpoint @param {string | undefined} token @param {AbortSignal} signal */
  async #keepWatching(endpoint, token, signal) {
    const backoff = new Backoff();
    let wasLive = false;
    this.#setState('connecting');
    while (!signal.aborted) {
      const startedAtMs = performance.now();
      const error = await this.#runSession(endpoint, token, signal, () => {
        wasLive = true;
        this.#setState('live');
      });
      if (signal.aborted) return;
      if (waitingCodes.has(error.code)) this.#setState('waiting');
      else this.#setState(wasLive ? 'reconnecting' : 'connecting');
      emit(this, 'error', error);
      if (this.#state !== 'waiting' && performance.now() - startedAtMs > stableAfterMs) backoff.reset();
      await waitForRetry(backoff.nextMs(this.#state === 'waiting' ? longestWaitingMs : undefined), signal);
    }
  }

  /**
   * One session from its request to its end.
   * @param {string} endpoint @param {string | undefined} token @param {AbortSignal} signal @param {() => void} onLive
   * @returns {Promise<TesseraError>} why it ended
   */
  async #runSession(endpoint, token, signal, onLive) {
    const session = new WhepSession();
    this.#session = session;
    const ended = new Promise((resolve) => {
      on(session, 'failed', () => resolve(new TesseraError('media_failed', 'The media connection was lost, or never came about.')));
      signal.addEventListener('abort', () => resolve(new TesseraError('ended', 'Closed.')));
    });
    on(session, 'connected', onLive);
    on(session, 'silent', () => emit(this, 'connection', { isLost: true }));
    on(session, 'lively', () => emit(this, 'connection', { isLost: false }));
    try {
      const stream = await session.open(endpoint, { token, signal });
      emit(this, 'stream', { stream });
      return /** @type {TesseraError} */ (await ended);
    } catch (error) {
      return error instanceof TesseraError ? error : new TesseraError('media_failed', String(error));
    } finally {
      session.close();
    }
  }

  /** @param {ViewerState} state */
  #setState(state) {
    if (this.#state === state) return;
    this.#state = state;
    emit(this, 'state', { state });
  }
}
