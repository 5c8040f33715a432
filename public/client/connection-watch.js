// ICE often comes back from `disconnected` (a change of Wi-Fi, a burst of loss); after so long a new session is the quicker way.
const disconnectedTimeoutMs = 5000;

/**
 * Tells when a peer connection carries media and when it is lost for good: failed, disconnected for 5 s, or closed by the other
 * side. Browsers show the last only on the DTLS transport: `connectionState` stays `connected` after the peer's close_notify.
 */
export class ConnectionWatch {
  #connection;
  #onConnected;
  #onLost;
  #onShaky;
  /** @type {RTCDtlsTransport | null} */
  #transport = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #disconnectedTimer;
  #wasConnected = false;
  #done = false;

  /**
   * @param {{ connection: RTCPeerConnection, onConnected?: () => void, onShaky?: () => void, onLost: (isByPeer: boolean) => void }} options `onConnected` and `onLost` are called at
   * most once, the latter with whether the other side has ended it; `onShaky` whenever a path that was there is in doubt: where it is given, ICE that has failed then has the same 5 s to come back, by a restart
   */
  constructor({ connection, onConnected = () => undefined, onShaky, onLost }) {
    this.#connection = connection;
    this.#onConnected = onConnected;
    this.#onLost = onLost;
    this.#onShaky = onShaky;
    connection.onconnectionstatechange = () => this.#check();
  }

  /** To be called once the descriptions are set, when the transport exists. */
  watchTransport() {
    this.#transport = this.#connection.getReceivers()[0]?.transport ?? null;
    if (this.#transport !== null) this.#transport.onstatechange = () => this.#check();
    this.#check();
  }

  close() {
    this.#done = true;
    clearTimeout(this.#disconnectedTimer);
    this.#connection.onconnectionstatechange = null;
    if (this.#transport !== null) this.#transport.onstatechange = null;
  }

  #check() {
    if (this.#done) return;
    clearTimeout(this.#disconnectedTimer);
    const state = this.#connection.connectionState;
    const transportState = this.#transport?.state;
    const isOver = state === 'closed' || transportState === 'failed' || (state === 'failed' && (this.#onShaky === undefined || !this.#wasConnected));
    if (transportState === 'closed') this.#lose(true);
    else if (isOver) this.#lose(false);
    else if (state === 'disconnected' || state === 'failed') {
      this.#disconnectedTimer = setTimeout(() => this.#lose(false), disconnectedTimeoutMs);
      if (this.#wasConnected) this.#onShaky?.();
    } else if (state === 'connected') {
      if (this.#wasConnected) return;
      this.#wasConnected = true;
      this.#onConnected();
    }
  }

  /** @param {boolean} isByPeer */
  #lose(isByPeer) {
    this.close();
    this.#onLost(isByPeer);
  }
}
