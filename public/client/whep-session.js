import { ConnectionWatch } from './connection-watch.js';
import { TesseraError } from './errors.js';
import { emit } from './events.js';
import { readIceServers } from './ice-servers.js';
import { restartedAnswer, restartFragment } from './ice-restart.js';
import { NetworkWatch } from './network-watch.js';
import { receivedStream } from './received-stream.js';
import { SilenceWatch } from './silence-watch.js';

// Addresses of this machine are found within a tenth of a second; waiting longer would only delay the picture.
const gatheringTimeoutMs = 500;
// What makes a restart necessary is often noticed in several ways at once.
const restartPauseMs = 1500;
// TURN servers are known only from the answer, when the browser has gathered without them. Who can do without is connected by then.
const relayAfterMs = 1500;

/**
 * One WHEP session (draft-ietf-wish-whep): an offer that only receives is posted, the answer starts the media, DELETE ends it.
 * Events: `connected`, `silent` and `lively` (whether media come at all), `failed`.
 */
export class WhepSession extends EventTarget {
  #connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  /** @type {string | null} */
  #sessionUrl = null;
  /** @type {Record<string, string>} */
  #authorization = {};
  #entityTag = '*';
  /** @type {SilenceWatch | null} */
  #silence = null;
  #answer = '';
  #restartedAtMs = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #relayTimer;
  #closed = false;
  #watch = new ConnectionWatch({
    connection: this.#connection,
    onConnected: () => emit(this, 'connected'),
    onShaky: () => void this.#restart(),
    onLost: () => emit(this, 'failed'),
  });
  #network = new NetworkWatch(() => void this.#restart());

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
    if (token !== undefined) this.#authorization = { Authorization: `Bearer ${token}` };
    const headers = { ...this.#authorization, 'Content-Type': 'application/sdp' };
    const response = await fetch(url, { method: 'POST', headers, body: connection.localDescription?.sdp ?? '', signal }).catch((cause) => {
      throw new TesseraError('unreachable', `The server cannot be reached: ${cause}`);
    });
    const location = response.headers.get('Location');
    if (location !== null) this.#sessionUrl = new URL(location, url).href;
    this.#entityTag = response.headers.get('ETag') ?? '*';
    if (response.status !== 201) throw await readError(response);
    const sdp = await response.text();
    if (this.#closed) {
      this.#delete();
      throw new TesseraError('ended', 'Closed meanwhile.');
    }
    await connection.setRemoteDescription({ type: 'answer', sdp });
    this.#answer = sdp;
    this.#watch.watchTransport();
    this.#useRelays(readIceServers(response.headers.get('Link')));
    this.#silence = new SilenceWatch({ connection, onSilence: () => this.#handleSilence(), onHeard: () => emit(this, 'lively') });
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
    this.#network.close();
    clearTimeout(this.#relayTimer);
    this.#silence?.close();
    this.#connection.close();
    this.#delete();
  }

  #delete() {
    if (this.#sessionUrl !== null) void fetch(this.#sessionUrl, { method: 'DELETE', headers: this.#authorization, keepalive: true }).catch(() => undefined);
    this.#sessionUrl = null;
  }

  #handleSilence() {
    emit(this, 'silent');
    void this.#askWhetherAlive();
  }

  /** Says once more that there are no further candidates: a server that has lost the session answers that there is none. */
  async #askWhetherAlive() {
    if (this.#closed || this.#sessionUrl === null) return;
    const headers = { ...this.#authorization, 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': this.#entityTag };
    const body = endOfCandidates(this.#connection.localDescription?.sdp ?? '');
    const response = await fetch(this.#sessionUrl, { method: 'PATCH', headers, body }).catch(() => null);
    if (this.#closed) return;
    if (response?.status === 404 || response?.status === 410) {
      this.#sessionUrl = null;
      emit(this, 'failed');
    } else if (response?.ok) void this.#restart();
  }

  /** @param {RTCIceServer[]} iceServers */
  #useRelays(iceServers) {
    if (iceServers.length === 0) return;
    const connection = this.#connection;
    connection.setConfiguration({ ...connection.getConfiguration(), iceServers });
    this.#relayTimer = setTimeout(() => {
      if (connection.connectionState !== 'connected') void this.#restart();
    }, relayAfterMs);
  }

  /** New ICE credentials on both sides (RFC 9725 4.3.3); the old path serves until a new one works. */
  async #restart() {
    const connection = this.#connection;
    const nowMs = performance.now();
    if (this.#closed || this.#sessionUrl === null || this.#answer === '' || connection.signalingState !== 'stable' || nowMs - this.#restartedAtMs < restartPauseMs) return;
    this.#restartedAtMs = nowMs;
    try {
      connection.restartIce();
      await connection.setLocalDescription();
      await gatheringDone(connection);
      const headers = { ...this.#authorization, 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' };
      const response = await fetch(this.#sessionUrl, { method: 'PATCH', headers, body: restartFragment(connection.localDescription?.sdp ?? '') });
      if (response.status !== 200) throw new Error(`The server answered ${response.status}.`);
      this.#entityTag = response.headers.get('ETag') ?? '*';
      this.#answer = restartedAnswer(this.#answer, await response.text());
      await connection.setRemoteDescription({ type: 'answer', sdp: this.#answer });
    } catch {
      // The old path may still serve; whether it does is watched elsewhere.
      if (!this.#closed) await connection.setLocalDescription({ type: 'rollback' }).catch(() => undefined);
    }
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
    const timer = setTimeout(resolve, gatheringTimeoutMs);
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

/** RFC 8840 section 9. @param {string} sdp the own description @returns {string} */
function endOfCandidates(sdp) {
  const lineOf = (/** @type {string} */ start) => sdp.split('\r\n').find((line) => line.startsWith(start)) ?? '';
  return [lineOf('a=ice-ufrag:'), lineOf('a=ice-pwd:'), 'm=audio 9 UDP/TLS/RTP/SAVPF 0', lineOf('a=mid:'), 'a=end-of-candidates', ''].join('\r\n');
}
