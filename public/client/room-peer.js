/** @import { EncodingWish, IceServer, Tracks } from './types.js' */
import { ConnectionWatch } from './connection-watch.js';
import { emit } from './events.js';
import { HeardWatch } from './heard-watch.js';
import { NetworkWatch } from './network-watch.js';
import { receivedStream } from './received-stream.js';
import { SenderEncoding } from './sender-encoding.js';
import { SilenceWatch } from './silence-watch.js';
import { stereoAnswer } from './stereo-answer.js';

// Whatever the server wishes; it wishes as much as a tile shows, which is far less in a full room.
const cameraLimits = { maxBps: 2_500_000, maxFps: 30 };
// Text stays readable at 1080p and 15 pictures a second with this; slides need far less.
const screenLimits = { maxBps: 2_500_000, maxFps: 15 };

// A window that was resized is of another size for so long at most; asking costs nothing that can be measured.
const sizeCheckMs = 2000;

/** @type {readonly (keyof Tracks)[]} in the order of the offer's m-lines: mid 0, 1, 2. */
const slots = ['microphone', 'camera', 'screen'];

/**
 * The peer connection of one join. The server offers three m-lines: audio (both ways), video (camera in, mix out), video (screen in). They are
 * answered once, and never negotiated again: what is switched on or off is only put into a sender or taken out of it. A further offer restarts ICE.
 * Events: `stream` (detail: MediaStream), `candidate` (detail: string, empty at the end), `shaky` (the network has changed, or nothing comes any more: an
 * ICE restart may help), `connected` once, `silent` and `lively` (whether media come at all), `heard` (detail: readonly HeardSource[], see heard-watch.js),
 * `failed` (detail: {isByPeer}: whether the server has ended it).
 */
export class RoomPeer extends EventTarget {
  #connection;
  /** @type {Tracks} */
  #tracks;
  #watch;
  /** @type {NetworkWatch | null} */
  #network = null;
  /** @type {SilenceWatch | null} */
  #silence = null;
  /** @type {HeardWatch | null} */
  #heard = null;
  #streamed = false;
  #sizeTimer = setInterval(() => this.#followSizes(), sizeCheckMs);
  #encodings = { camera: new SenderEncoding(cameraLimits), screen: new SenderEncoding(screenLimits) };

  /** @param {{ iceServers: readonly IceServer[], tracks: Tracks }} options */
  constructor({ iceServers, tracks }) {
    super();
    this.#tracks = { ...tracks };
    this.#connection = new RTCPeerConnection({ iceServers: [...iceServers], bundlePolicy: 'max-bundle' });
    this.#connection.onicecandidate = ({ candidate }) => emit(this, 'candidate', candidate?.candidate ?? '');
    this.#watch = new ConnectionWatch({ connection: this.#connection, onConnected: () => this.#watchPath(), onShaky: () => emit(this, 'shaky'), onLost: (isByPeer) => emit(this, 'failed', { isByPeer }) });
  }

  /**
   * @param {string} sdp the server's offer
   * @param {readonly IceServer[]} [iceServers] with an ICE restart: credentials may have expired
   * @returns {Promise<string>} the answer
   */
  async answer(sdp, iceServers) {
    const connection = this.#connection;
    if (iceServers !== undefined) connection.setConfiguration({ ...connection.getConfiguration(), iceServers: [...iceServers] });
    if (this.#streamed) return this.#answerRestart(sdp);
    await connection.setRemoteDescription({ type: 'offer', sdp });
    const transceivers = this.#transceivers();
    for (const [index, transceiver] of transceivers.entries()) {
      transceiver.direction = slots[index] === 'screen' ? 'sendonly' : 'sendrecv';
      await transceiver.sender.replaceTrack(this.#tracks[slots[index]]);
    }
    const answer = await connection.createAnswer();
    await connection.setLocalDescription({ type: 'answer', sdp: stereoAnswer(answer.sdp ?? '', sdp) });
    this.#watch.watchTransport();
    await this.#encodings.camera.attach(transceivers[1]?.sender ?? null);
    await this.#encodings.screen.attach(transceivers[2]?.sender ?? null);
    if (transceivers.length >= 2) {
      this.#streamed = true;
      this.#heard = new HeardWatch({ receiver: transceivers[0].receiver, onHeard: (sources) => emit(this, 'heard', sources) });
      emit(this, 'stream', receivedStream(transceivers[0].receiver.track, transceivers[1].receiver.track));
    }
    return connection.localDescription?.sdp ?? '';
  }

  /** @param {keyof Tracks} slot @param {MediaStreamTrack | null} track */
  async setTrack(slot, track) {
    this.#tracks[slot] = track;
    await this.#transceivers()[slots.indexOf(slot)]?.sender.replaceTrack(track);
    // By how much it is scaled down depends on its own size.
    if (slot !== 'microphone') await this.#encodings[slot].apply();
  }

  /** Sends of a source what the server wishes from now on, whatever its track. @param {EncodingWish} wish */
  followWish(wish) {
    return this.#encodings[wish.source]?.follow(wish);
  }

  /** @returns {Promise<RTCStatsReport>} */
  getStats() {
    return this.#connection.getStats();
  }

  close() {
    clearInterval(this.#sizeTimer);
    this.#watch.close();
    this.#network?.close();
    this.#silence?.close();
    this.#heard?.close();
    this.#connection.onicecandidate = null;
    this.#connection.close();
  }

  /** @param {string} sdp */
  async #answerRestart(sdp) {
    const connection = this.#connection;
    try {
      await connection.setRemoteDescription({ type: 'offer', sdp });
      const answer = await connection.createAnswer();
      await connection.setLocalDescription({ type: 'answer', sdp: stereoAnswer(answer.sdp ?? '', sdp) });
    } catch (error) {
      // Back to what was agreed on before: the old path goes on, and the next offer finds nothing half done.
      if (connection.signalingState === 'have-remote-offer') await connection.setRemoteDescription({ type: 'rollback' });
      throw error;
    }
    return connection.localDescription?.sdp ?? '';
  }

  /** From the moment there is one. */
  #watchPath() {
    const onShaky = () => emit(this, 'shaky');
    this.#network = new NetworkWatch(onShaky);
    const onSilence = () => {
      emit(this, 'silent');
      onShaky();
    };
    this.#silence = new SilenceWatch({ connection: this.#connection, onSilence, onHeard: () => emit(this, 'lively') });
    emit(this, 'connected');
  }

  #followSizes() {
    for (const encoding of Object.values(this.#encodings)) void encoding.refresh();
  }

  #transceivers() {
    return this.#connection.getTransceivers().slice(0, slots.length);
  }
}
