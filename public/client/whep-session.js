import { ConnectionWatch } from './connection-watch.js';
import { TesseraError } from './errors.js';
import { emit } from './events.js';
import { receivedStream } from './received-stream.js';

// Addresses of this machine are found within a tenth of a second; waiting longer would only delay the picture.
const GATHERING_TIMEOUT_MS = 500;

/**
 * One WHEP session (draft-ietf-wish-whep): an offer that only receives is posted, the answer starts the media, DELETE ends it.
 * Events: `connected`, `failed`.
 */
export class WhepSession extends EventTarget {
  #connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  /** @type {string | null} */
  #sessionUrl = null;
  #closed = false;
  #watch = new ConnectionWatch({ connection: this.#connection, onConnected: () => emit(this, 'connected'), onLost: () => emit(this, 'failed') });

  /**
   * @param {string} url of the WHEP endpoint
   * @param {{ token?: string | undefined, signal: AbortSignal }} options
   * @returns {Promise<MediaStream>}
   * @throws {TesseraError} with the server's code, or `unreachable`
   */
  async open(url, { token, signal }) {
    const connection = this.#connection;
    const sound = connection.addTransceiver('audio', { direction: 'recvonly' }).receiver.track;
    const picture = connection.addTransceiver('video', { direction: 'recvonly' }).receiver.track;
    await connection.setLocalDescription();
    await gatheringDone(connection);
    const headers = { 'Content-Type': 'application/sdp', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) };
    const response = await fetch(url, { method: 'POST', headers, body: connection.localDescription?.sdp ?? '', signal }).catch((cause) => {
      throw new TesseraError('unreachable', `The server cannot be reached: ${cause}`);
    });
    const location = response.headers.get('Location');
    if (location !== null) this.#sessionUrl = new URL(location, url).href;
    if (response.status !== 201) throw await readError(response);
    const sdp = await response.text();
    if (this.#closed) {
      this.#delete();
      throw new TesseraError('ended', 'Closed meanwhile.');
    }
    await connection.setRemoteDescription({ type: 'answer', sdp });
    this.#watch.watchTransport();
    return receivedStream(sound, picture);
  }

  /** @returns {Promise<RTCStatsReport>} */
  getStats() {
    return this.#connection.getStats();
  }

  /** Idempotent. The server is told even while the page is going away. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#connection.close();
    this.#delete();
  }

  #delete() {
    if (this.#sessionUrl !== null) void fetch(this.#sessionUrl, { method: 'DELETE', keepalive: true }).catch(() => undefined);
    this.#sessionUrl = null;
  }
}

/** @param {RTCPeerConnection} connection @returns {Promise<void>} */
function gatheringDone(connection) {
  return new Promise((resolve) => {
    const check = () => {
      if (connection.iceGatheringState !== 'complete') return;
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(resolve, GATHERING_TIMEOUT_MS);
    connection.addEventListener('icegatheringstatechange', check);
    check();
  });
}

/** @param {Response} response @returns {Promise<TesseraError>} */
async function readError(response) {
  const body = await response.json().catch(() => null);
  const { code, message, details } = body?.error ?? {};
  return new TesseraError(typeof code === 'string' ? code : 'internal', typeof message === 'string' ? message : `The server answered ${response.status}.`, details);
}
