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
  /** @type {RTCDtlsTransport | null} */
  #transport = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #disconnectedTimer;
  #done = false;

  /** @param {{ connection: RTCPeerConnection, onConnected?: () => void, onLost: () => void }} options each is called at most once */
  constructor({ connection, onConnected = () => undefined, onLost }) {
    this.#connection = connection;
    this.#onConnected = onConnected;
    this.#onLost = onLost;
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
    if (state === 'failed' || state === 'closed' || transportState === 'failed' || transportState === 'closed') this.#lose();
    else if (state === 'disconnected') this.#disconnectedTimer = setTimeout(() => this.#lose(), disconnectedTimeoutMs);
    else if (state === 'connected') {
      this.#onConnected();
      this.#onConnected = () => undefined;
    }
  }

  #lose() {
    this.close();
    this.#onLost();
  }
}
