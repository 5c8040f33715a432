/** @import { JoinedMessage, ResumedMessage, MediaState, ParticipantChanges, RoomDescription, ServerMessage, SoundWishes, Tracks } from './types.js' */
/** @import { HeardSource } from './heard-watch.js' */
/** @import { SessionEnd } from './room-session.js' */
import { TesseraError } from './errors.js';
import { emit, on } from './events.js';
import { HeardLevels } from './heard-levels.js';
import { stayJoined } from './rejoining.js';
import { RoomSession } from './room-session.js';
import { signallingUrl } from './signalling-socket.js';

/**
 * @typedef {object} JoinOptions
 * @property {string} room 1 to 64 letters, digits, `-`, `_`, `.`; made by its first joiner
 * @property {string} name the display name, 1 to 64 visible characters
 * @property {string | URL} [url] of the server; by default the one this page came from
 * @property {number} [maxHeight] the most rows of picture, for devices that cannot take more
 * @property {MediaStream} [stream] microphone and camera from the start; either may be missing
 *
 * @typedef {'idle' | 'joining' | 'joined' | 'rejoining' | 'closed'} RoomState
 */

/**
 * A room from inside: sends microphone, camera and screen, gets back one stream with everybody else, goes on as the same participant
 * when the network changes, and comes back by itself when the server or the room's process was lost, with what was switched on.
 *
 * Events (all CustomEvents; what is in `detail`):
 * - `state` {state, reason}: see RoomState; `reason` is a stable word where there is one
 * - `connection` {isLost}: while `joined`: something does not come through, and is being mended; or it comes again
 * - `room` RoomDescription: after every change
 * - `speaking` Speaking: who speaks now
 * - `levels` {participants}: who is heard in the mix as it is played, with his level in dBov by his id, null where it is not known yet; at most 5 times a second
 * - `recording` Recording: a recording started, went on, ended or failed
 * - `sound` Sound: a sound that is played into the room began or is over
 * - `stream` {stream}: the mix, after every join a new one: `video.srcObject = event.detail.stream`
 * - `error` TesseraError: something asked for was refused, or an attempt to join failed and is repeated; `not_connected`: there was no way to the server just
 *   then, and nobody will ask again
 * - `closed` {reason, error}: it is over, by `leave()`, by the server's word, or because joining was refused
 *
 * Tracks stay the caller's: they are never stopped here.
 */
export class TesseraRoom extends EventTarget {
  /** @type {RoomState} */
  #state = 'idle';
  /** @type {Tracks} */
  #tracks = { microphone: null, camera: null, screen: null };
  /** @type {RoomSession | null} */
  #session = null;
  /** @type {JoinedMessage | null} */
  #joined = null;
  /** @type {RoomDescription | null} */
  #room = null;
  #levels = new HeardLevels();
  /** @type {boolean | null} of the own voice; null: as the room has it */
  #noiseSuppression = null;
  /** @type {AbortController | null} */
  #leaving = null;

  get state() {
    return this.#state;
  }

  /** The own id in `room.participants`; a new one after every join. */
  get participantId() {
    return this.#joined?.participantId ?? null;
  }

  /** The room as it was told last. */
  get room() {
    return this.#room;
  }

  /** Who is heard in the mix now, oneself never: his level in dBov (-127 to 0) by his id, null where it is not known yet. */
  get levels() {
    return this.#levels.current;
  }

  /** @returns {readonly string[]} names for `setLayout` */
  get layouts() {
    return this.#joined?.layouts ?? [];
  }

  /** @returns {boolean} whether people may control each other here; else only who uses the HTTP interface (`control_not_allowed`) */
  get mayControl() {
    return this.#joined !== null && this.#joined.control !== 'api';
  }

  /** @returns {MediaState} what is switched on */
  get media() {
    const isOn = (/** @type {MediaStreamTrack | null} */ track) => track !== null && track.enabled && track.readyState === 'live';
    return { audio: isOn(this.#tracks.microphone), video: isOn(this.#tracks.camera), screen: isOn(this.#tracks.screen) };
  }

  /**
   * Joins, and stays joined until `leave()` or `closed`. While the server cannot be reached it tries again and again (an `error` event
   * tells of each attempt).
   * @param {JoinOptions} options
   * @returns {Promise<RoomDescription>} once inside
   * @throws {TesseraError} when joining was refused (`room_full`, `invalid_room_name`…) or `leave()` came first (`ended`)
   */
  async join({ room, name, url = globalThis.location.href, maxHeight, stream }) {
    if (this.#leaving !== null) throw new TesseraError('already_joined', 'This object is in a room; leave it first.');
    const socketUrl = signallingUrl(url);
    const leaving = new AbortController();
    this.#leaving = leaving;
    if (stream !== undefined) {
      this.#tracks.microphone = stream.getAudioTracks()[0] ?? null;
      this.#tracks.camera = stream.getVideoTracks()[0] ?? null;
    }
    return new Promise((resolve, reject) => {
      const finish = (/** @type {string} */ reason, /** @type {TesseraError | null} */ error) => {
        this.#leaving = null;
        reject(error ?? new TesseraError('ended', `It ended before the join was through: ${reason}.`));
        this.#setState('closed', reason);
        emit(this, 'closed', { reason, error });
      };
      this.#setState('joining', null);
      stayJoined({
        runSession: () => this.#runSession({ url: socketUrl, room, name, maxHeight }, resolve),
        onLost: ({ reason, error }, wasJoined) => {
          if (error !== null) emit(this, 'error', error);
          if (wasJoined) this.#setState('rejoining', reason);
        },
        signal: leaving.signal,
      }).then(
        ({ reason, error }) => finish(reason, error),
        // What throws is `new WebSocket`, for instance at `ws:` from an `https:` page.
        (cause) => finish('unreachable', new TesseraError('unreachable', String(cause))),
      );
    });
  }

  /** Takes effect within a frame of sound, without negotiation; null sends nothing. @param {MediaStreamTrack | null} track */
  setMicrophone(track) {
    return this.#setTrack('microphone', track);
  }

  /** @param {MediaStreamTrack | null} track stop the old one yourself: only that switches its light off */
  setCamera(track) {
    return this.#setTrack('camera', track);
  }

  /** @param {MediaStreamTrack | null} track of `getDisplayMedia` */
  setScreen(track) {
    if (track !== null && track.contentHint === '') track.contentHint = 'detail';
    return this.#setTrack('screen', track);
  }

  /**
   * Silences the microphone without taking it away: silence goes on flowing, so that unmuting loses no syllable (no device to open, no
   * echo canceller to learn the room, no gap in the timestamps by which the server holds sound and picture in step).
   * @param {boolean} muted
   */
  muteMicrophone(muted) {
    if (this.#tracks.microphone !== null) this.#tracks.microphone.enabled = !muted;
    this.#session?.tellMedia(this.media);
  }

  /** Of the own voice, by the server; holds as long as one stays or comes back. @param {boolean} isOn */
  setNoiseSuppression(isOn) {
    this.#noiseSuppression = isOn;
    this.#tellNoiseSuppression();
  }

  /** For everyone in the room. @param {string} layout one of `layouts` */
  setLayout(layout) {
    this.#command({ type: 'layout', layout });
  }

  /** @param {'mp4' | 'webm'} [format] */
  startRecording(format) {
    this.#command({ type: 'startRecording', ...(format === undefined ? {} : { format }) });
  }

  /** @param {string} recordingId */
  stopRecording(recordingId) {
    this.#command({ type: 'stopRecording', recordingId });
  }

  /** Mutes, sets the volume, deafens, puts on hold…, for everyone. @param {string} participantId @param {ParticipantChanges} changes */
  changeParticipant(participantId, changes) {
    this.#command({ type: 'participant', participantId, ...changes });
  }

  /** He is told `removed`, and may join again. @param {string} participantId */
  removeParticipant(participantId) {
    this.#command({ type: 'removeParticipant', participantId });
  }

  /** @param {SoundWishes} wishes the `sound` event tells its id */
  playSound(wishes) {
    this.#command({ type: 'playSound', ...wishes });
  }

  /** @param {string} soundId */
  stopSound(soundId) {
    this.#command({ type: 'stopSound', soundId });
  }

  /** @returns {Promise<RTCStatsReport | null>} of the media connection; null while there is none */
  async getStats() {
    return (await this.#session?.getStats()) ?? null;
  }

  /** Idempotent; the `closed` event follows. */
  leave() {
    this.#leaving?.abort();
    this.#session?.leave();
  }

  /**
   * @param {{ url: string, room: string, name: string, maxHeight: number | undefined }} target
   * @param {(room: RoomDescription) => void} onJoined
   * @returns {Promise<{ end: SessionEnd, joinedForMs: number | null }>} null: it never was inside
   */
  #runSession(target, onJoined) {
    const session = new RoomSession({ ...target, tracks: this.#tracks, media: this.media });
    this.#session = session;
    /** @type {number | null} */
    let joinedAtMs = null;
    on(session, 'joined', (/** @type {JoinedMessage} */ joined) => {
      joinedAtMs = performance.now();
      this.#joined = joined;
      this.#room = joined.room;
      session.tellMedia(this.media);
      this.#tellNoiseSuppression();
      this.#setState('joined', null);
      emit(this, 'room', joined.room);
      onJoined(joined.room);
    });
    on(session, 'resumed', (/** @type {ResumedMessage} */ { room }) => {
      this.#room = room;
      session.tellMedia(this.media);
      this.#tellNoiseSuppression();
      emit(this, 'room', room);
    });
    on(session, 'connection', (/** @type {{ isLost: boolean }} */ detail) => emit(this, 'connection', detail));
    on(session, 'message', (/** @type {ServerMessage} */ message) => this.#handleMessage(message));
    on(session, 'heard', (/** @type {readonly HeardSource[]} */ sources) => {
      if (this.#levels.hear(sources, this.#room?.participants ?? [])) this.#emitLevels();
    });
    on(session, 'stream', (/** @type {MediaStream} */ stream) => emit(this, 'stream', { stream }));
    return new Promise((resolve) => {
      on(session, 'ended', (/** @type {SessionEnd} */ end) => {
        this.#session = null;
        if (this.#levels.clear()) this.#emitLevels();
        resolve({ end, joinedForMs: joinedAtMs === null ? null : performance.now() - joinedAtMs });
      });
    });
  }

  /** What is to happen once, now or not at all. @param {object} message */
  #command(message) {
    if (this.#session?.send(message) !== true) emit(this, 'error', new TesseraError('not_connected', 'There is no connection to the server right now; try again.'));
  }

  #tellNoiseSuppression() {
    if (this.#noiseSuppression !== null) this.#session?.send({ type: 'participant', participantId: this.participantId, noiseSuppression: this.#noiseSuppression });
  }

  /** @param {ServerMessage} message */
  #handleMessage(message) {
    if (message.type === 'room') {
      this.#room = message.room;
      emit(this, 'room', message.room);
    } else if (message.type === 'speaking') {
      emit(this, 'speaking', { participantIds: message.participantIds, dominant: message.dominant });
    } else if (message.type === 'levels') {
      this.#levels.tell(message.participants);
    } else if (message.type === 'recording') {
      emit(this, 'recording', message.recording);
    } else if (message.type === 'sound') {
      emit(this, 'sound', message.sound);
    } else if (message.type === 'error') {
      emit(this, 'error', new TesseraError(message.error.code, message.error.message, message.error.details));
    }
  }

  #emitLevels() {
    emit(this, 'levels', { participants: this.#levels.current });
  }

  /** @param {keyof Tracks} slot @param {MediaStreamTrack | null} track */
  async #setTrack(slot, track) {
    this.#tracks[slot] = track;
    const session = this.#session;
    await session?.setTrack(slot, track);
    session?.tellMedia(this.media);
  }

  /** @param {RoomState} state @param {string | null} reason */
  #setState(state, reason) {
    if (this.#state === state) return;
    this.#state = state;
    emit(this, 'state', { state, reason });
  }
}
