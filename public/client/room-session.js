/** @import { HeardSource } from './heard-watch.js' */
/** @import { ClosedMessage, JoinedMessage, MediaState, OfferMessage, ResumedMessage, ServerMessage, Tracks } from './types.js' */
import { TesseraError } from './errors.js';
import { emit, on } from './events.js';
import { ResumableSocket } from './resumable-socket.js';
import { RoomPeer } from './room-peer.js';

// The server waits up to 5 s for a room process; the rest is the way there and back.
const joinTimeoutMs = 8000;
// A restart takes some round trips; what makes one necessary is often noticed in several ways at once.
const restartPauseMs = 1500;
// The server answers within a round trip or two; after a change of network the old socket never brings one, and nobody says so.
const restartAnswerMs = 1500;
// A server that is slow must not be asked for one socket after another: twice as long each time, up to this, until it has answered.
const longestAnswerMs = 12_000;
// The server ends media by one packet; why, it says by way of two processes and the WebSocket.
const closingWordMs = 1000;
// Asked for in a moment in which there was no connection yet, or no more, or overtaken by another offer: nothing that the user did.
const restartCodes = new Set(['ice_restart_unsupported', 'answer_outdated']);

/**
 * @typedef {object} SessionEnd why a session is over
 * @property {string} reason a stable word
 * @property {boolean} rejoin whether to join again by oneself
 * @property {number} afterMs how long to wait at least before that
 * @property {TesseraError | null} error
 */

/**
 * One join, from the WebSocket's opening to its end: one peer connection, and one socket after another when one is lost. It never comes back; TesseraRoom makes another.
 * Events: `joined` (detail: JoinedMessage), `resumed` (detail: ResumedMessage: over another socket, the same participant), `message` (detail: ServerMessage, those after
 * `joined` that tell of the room), `connection` (detail: {isLost}: whether something does not come through and is being mended), `stream` (detail: MediaStream),
 * `heard` (detail: readonly HeardSource[]), and at the very last `ended` (detail: SessionEnd).
 */
export class RoomSession extends EventTarget {
  #socket;
  #joinMessage;
  #tracks;
  /** @type {MediaState} what the server was told last */
  #told;
  /** @type {RoomPeer | null} */
  #peer = null;
  /** @type {string[] | null} found before the answer was sent; null from then on */
  #earlyCandidates = [];
  #joined = false;
  #answered = false;
  #asksForLevels = false;
  #restartedAtMs = -Infinity;
  #answerWaitMs = restartAnswerMs;
  /** The offers so far, each answered after the one before: a browser takes no second one meanwhile. */
  #offers = Promise.resolve();
  #socketLost = false;
  #pathLost = false;
  #mediaEnded = false;
  #ended = false;
  #joinTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #closingWordTimer;

  /** @param {{ url: string, room: string, name: string, maxHeight?: number | undefined, tracks: Tracks, media: MediaState }} options */
  constructor({ url, room, name, maxHeight, tracks, media }) {
    super();
    this.#tracks = { ...tracks };
    this.#joinMessage = { type: 'join', room, name, audio: media.audio, video: media.video, ...(maxHeight === undefined ? {} : { maxHeight }) };
    this.#told = { audio: media.audio, video: media.video, screen: false };
    this.#joinTimer = setTimeout(() => this.#fail('unreachable', 'The server did not answer.'), joinTimeoutMs);
    this.#socket = new ResumableSocket(url);
    on(this.#socket, 'open', () => this.#socket.send(this.#joinMessage));
    on(this.#socket, 'message', (/** @type {ServerMessage} */ message) => this.#handleMessage(message));
    on(this.#socket, 'lost', () => this.#noteConnection({ socketLost: true }));
    on(this.#socket, 'resumed', (/** @type {ResumedMessage} */ message) => this.#handleResumed(message));
    on(this.#socket, 'close', () => this.#fail('unreachable', 'The connection to the server was lost.'));
  }

  get joined() {
    return this.#joined;
  }

  /** @param {object} message @returns {boolean} whether there was a way to the server */
  send(message) {
    return this.#joined && this.#socket.send(message);
  }

  /** @param {keyof Tracks} slot @param {MediaStreamTrack | null} track */
  async setTrack(slot, track) {
    this.#tracks[slot] = track;
    await this.#peer?.setTrack(slot, track);
  }

  /** Tells the server what is on, unless it knows. @param {MediaState} media */
  tellMedia(media) {
    const { audio, video, screen } = media;
    if (!this.#joined || (audio === this.#told.audio && video === this.#told.video && screen === this.#told.screen)) return;
    this.#told = { audio, video, screen };
    this.#socket.send({ type: 'media', audio, video, screen });
  }

  /** @returns {Promise<RTCStatsReport | null>} */
  async getStats() {
    return (await this.#peer?.getStats()) ?? null;
  }

  leave() {
    this.#end({ reason: 'left', rejoin: false, afterMs: 0, error: null }, this.#joined);
  }

  /** @param {ServerMessage} message */
  #handleMessage(message) {
    if (this.#ended) return;
    if (message.type === 'joined') this.#handleJoined(message);
    else if (message.type === 'offer') this.#offers = this.#offers.then(() => this.#handleOffer(message));
    else if (message.type === 'encoding') void this.#peer?.followWish(message);
    else if (message.type === 'closed') this.#end({ reason: message.reason, rejoin: message.rejoin, afterMs: message.afterMs, error: null });
    else if (message.type === 'error' && !this.#joined) this.#fail(message.error.code, message.error.message, message.error.details);
    else if (this.#joined && !(message.type === 'error' && restartCodes.has(message.error.code))) emit(this, 'message', message);
  }

  /** @param {JoinedMessage} message */
  #handleJoined(message) {
    if (this.#joined) return;
    this.#joined = true;
    clearTimeout(this.#joinTimer);
    const peer = new RoomPeer({ iceServers: message.iceServers, tracks: this.#tracks });
    this.#peer = peer;
    on(peer, 'candidate', (/** @type {string} */ candidate) => this.#handleCandidate(candidate));
    on(peer, 'stream', (/** @type {MediaStream} */ stream) => emit(this, 'stream', stream));
    on(peer, 'heard', (/** @type {readonly HeardSource[]} */ sources) => this.#handleHeard(sources));
    on(peer, 'shaky', () => this.#restart());
    on(peer, 'silent', () => this.#noteConnection({ pathLost: true }));
    on(peer, 'lively', () => this.#noteConnection({ pathLost: false }));
    on(peer, 'connected', () => this.#socket.keep({ room: this.#joinMessage.room, participantId: message.participantId, secret: message.secret }, message.resumeTimeoutMs));
    on(peer, 'failed', (/** @type {{ isByPeer: boolean }} */ { isByPeer }) => this.#handleMediaEnd(isByPeer));
    emit(this, 'joined', message);
  }

  /** The network is another one, or was away: so is the media's. @param {ResumedMessage} message */
  #handleResumed(message) {
    const own = message.room.participants.find(({ id }) => id === message.participantId);
    if (own !== undefined) this.#told = { audio: own.audio, video: own.video, screen: own.screen };
    this.#noteConnection({ socketLost: false });
    if (this.#mediaEnded) {
      this.#failMedia();
      return;
    }
    if (this.#asksForLevels) this.#socket.send({ type: 'levels', wanted: true });
    emit(this, 'resumed', message);
    this.#restartedAtMs = -Infinity;
    void this.#offers.then(() => this.#restart());
  }

  /**
   * Whether to come back is the server's to say when it has ended them: its word is on the way, or is what the next socket answers.
   * @param {boolean} isByServer
   */
  #handleMediaEnd(isByServer) {
    this.#mediaEnded = true;
    if (this.#socketLost) return;
    if (isByServer) this.#closingWordTimer = setTimeout(() => this.#socket.giveUp(), closingWordMs);
    else this.#failMedia();
  }

  #failMedia() {
    this.#fail('media_failed', 'The media connection was lost, or never came about: a firewall may be blocking UDP.');
  }

  /** @param {{ socketLost?: boolean, pathLost?: boolean }} change */
  #noteConnection({ socketLost = this.#socketLost, pathLost = this.#pathLost }) {
    const wasLost = this.#socketLost || this.#pathLost;
    this.#socketLost = socketLost;
    this.#pathLost = pathLost;
    const isLost = socketLost || pathLost;
    if (isLost !== wasLost && !this.#ended) emit(this, 'connection', { isLost });
  }

  /** How loud they are the server has to tell, where the browser does not read it from the packets. @param {readonly HeardSource[]} sources */
  #handleHeard(sources) {
    if (!this.#asksForLevels && sources.some(({ levelDbov }) => levelDbov === null)) {
      this.#asksForLevels = true;
      this.#socket.send({ type: 'levels', wanted: true });
    }
    emit(this, 'heard', sources);
  }

  /** @param {OfferMessage} message */
  async #handleOffer({ sdp, offerId, iceServers }) {
    if (this.#ended) return;
    this.#answerWaitMs = restartAnswerMs;
    const isFirst = !this.#answered;
    this.#earlyCandidates = [];
    try {
      const answer = await this.#peer?.answer(sdp, iceServers);
      if (answer === undefined || this.#ended) return;
      this.#answered = true;
      this.#socket.send({ type: 'answer', sdp: answer, offerId });
      const candidates = this.#earlyCandidates ?? [];
      this.#earlyCandidates = null;
      for (const candidate of candidates) this.#handleCandidate(candidate);
    } catch (error) {
      this.#earlyCandidates = null;
      // Of a restart: the old path may still serve, and whether it does is watched elsewhere.
      if (isFirst) this.#fail('media_failed', `The browser refused the server's offer: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** Asks for an offer with new ICE credentials; the old path serves until a new one works. */
  #restart() {
    const nowMs = performance.now();
    // Not before the first answer is out: there is nothing to restart yet.
    if (this.#ended || this.#earlyCandidates !== null || nowMs - this.#restartedAtMs < restartPauseMs) return;
    this.#restartedAtMs = nowMs;
    this.#socket.send({ type: 'restart' });
    this.#socket.expectAnswer(this.#answerWaitMs);
    this.#answerWaitMs = Math.min(longestAnswerMs, this.#answerWaitMs * 2);
  }

  /** @param {string} candidate */
  #handleCandidate(candidate) {
    if (this.#earlyCandidates === null) this.#socket.send({ type: 'candidate', candidate });
    else this.#earlyCandidates.push(candidate);
  }

  /** @param {string} code @param {string} message @param {unknown} [details] */
  #fail(code, message, details) {
    const error = new TesseraError(code, message, details);
    this.#end({ reason: code, rejoin: error.isPassing, afterMs: 0, error });
  }

  /** @param {SessionEnd} end @param {boolean} [isLeaving] the server is to be told, also later */
  #end(end, isLeaving = false) {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#joinTimer);
    clearTimeout(this.#closingWordTimer);
    if (isLeaving) this.#socket.leave();
    else this.#socket.close();
    this.#peer?.close();
    emit(this, 'ended', end);
  }
}
