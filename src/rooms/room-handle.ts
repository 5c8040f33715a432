/** One open room as the server process sees it: the newest description, who has a session in it, and every question it can be asked. */
import { Watchdog } from '../../mixer/clock/watchdog.js';
import { AppError } from '../errors.js';
import { newId } from '../ids.js';
import type { Log } from '../log.js';
import type { Time } from '../time.js';
import { ControlOfRoom } from './control-of-room.js';
import type { IceDescription, ParticipantDescription, RecordingDescription, RecordingFormat, RoomDescription, RoomEvent, RoomOptions } from './protocol.js';
import type { RecordingBook } from './recording-book.js';
import { RecordingsOfRoom } from './recordings-of-room.js';
import { RoomAudience, type EndReason, type SessionListener } from './room-audience.js';
import type { RoomProcess } from './room-process.js';
import type { SoundFolder } from './sound-folder.js';

export type { EndReason, SessionListener } from './room-audience.js';

export interface RoomHandleOptions {
  readonly process: RoomProcess;
  readonly room: RoomOptions;
  readonly recordingsFolder: string;
  readonly soundFolder: SoundFolder;
  readonly book: RecordingBook;
  readonly time: Time;
  readonly log: Log;
  readonly events: RoomHandleEvents;
}

export interface RoomHandleEvents {
  /** Somebody came to the empty room, or the last one left it. */
  occupied(isOccupied: boolean): void;
  /** The process ended by itself. The handle is of no more use; sessions are told right after this. */
  failed(): void;
}

/** Binding a port, opening codecs and a mixer thread: a loaded machine takes its time, a joiner should not wait longer. */
const openTimeoutMs = 8000;
/** All recordings of the room end before it closes; the server itself has 10 s to end. */
const closeTimeoutMs = 7000;

export class RoomHandle {
  readonly options: RoomOptions;
  readonly control: ControlOfRoom;
  readonly #process: RoomProcess;
  readonly #recordings: RecordingsOfRoom;
  readonly #log: Log;
  readonly #events: RoomHandleEvents;
  readonly #audience: RoomAudience;
  #chosenLayout: string;
  readonly #watchdog: Watchdog;
  #isWanted = false;
  #description: RoomDescription;
  #state: 'open' | 'closing' | 'ended' = 'open';
  #closing: Promise<void> | undefined;

  private constructor({ process, room, recordingsFolder, soundFolder, book, time, log, events }: RoomHandleOptions) {
    this.options = room;
    this.#process = process;
    this.#log = log.child({ room: room.name });
    this.control = new ControlOfRoom({ process, soundFolder });
    this.#recordings = new RecordingsOfRoom({
      room: room.name,
      process,
      folder: recordingsFolder,
      book,
      time,
      log: this.#log,
      onChanged: (recording) => {
        this.#description = { ...this.#description, recordings: this.#recordings.list() };
        this.#audience.recordingChanged(recording);
      },
    });
    this.#events = events;
    this.#chosenLayout = room.layout;
    this.#audience = new RoomAudience({ time, describe: () => this.#description, onOccupied: (isOccupied) => events.occupied(isOccupied) });
    this.#description = { name: room.name, createdAt: room.createdAt, layout: room.layout, video: room.video, audio: { mode: room.audio.mode }, participants: [], viewers: 0, recordings: book.list(room.name), sounds: [] };
    process.onEvent = (event) => this.#take(event);
    this.#watchdog = new Watchdog({
      timers: time,
      ask: () => void process.request('ping', {}).then(() => this.#watchdog.hear(), () => undefined),
      onSilence: (silentMs) => {
        this.#log.error('the room process hangs: killed', { silentMs });
        process.kill();
      },
    });
    void process.exited.then(({ code, signal }) => this.#processExited(code, signal));
  }

  /** Opens a room in a ready process; when that fails the process is gone, too. */
  static async open(options: RoomHandleOptions): Promise<RoomHandle> {
    const handle = new RoomHandle(options);
    try {
      const { udpPort } = await options.process.request('open', { options: options.room }, openTimeoutMs);
      handle.#watchdog.start();
      handle.#log.info('room opened', { udpPort, pid: options.process.pid });
      return handle;
    } catch (error) {
      handle.#state = 'ended';
      handle.#log.limited('error', 'a room could not be opened', error instanceof AppError ? { code: error.code, reason: error.message } : {});
      options.process.kill();
      throw error;
    }
  }

  get name(): string {
    return this.options.name;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** What people chose; the room may show another one meanwhile, as `presentation` while someone shares a screen. */
  get chosenLayout(): string {
    return this.#chosenLayout;
  }

  /** Somebody was let in, however short he stayed, or wanted something of the room itself. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  get isOccupied(): boolean {
    return this.#audience.size > 0;
  }

  /** The newest that the room told, with all recordings of its name. */
  describe(): RoomDescription {
    return this.#description;
  }

  /** @param maxHeightPx of the picture that the client wants at most @returns the participant's id and the SDP offer with its own */
  join(name: string, listener: SessionListener, maxHeightPx?: number): Promise<{ sessionId: string; offer: string; offerId: number }> {
    return this.#begin(listener, (sessionId) => this.#process.request('join', { sessionId, name, maxHeightPx }));
  }

  /** @returns the participant's id and the SDP answer */
  publish(name: string, offer: string, listener: SessionListener): Promise<{ sessionId: string; answer: string }> {
    return this.#begin(listener, (sessionId) => this.#process.request('publish', { sessionId, name, offer }));
  }

  view(offer: string, participantId: string | undefined, listener: SessionListener, maxHeightPx?: number): Promise<{ sessionId: string; answer: string }> {
    return this.#begin(listener, (sessionId) => this.#process.request('view', { sessionId, offer, participantId, maxHeightPx }));
  }

  async answer(sessionId: string, answer: string, offerId?: number): Promise<void> {
    await this.#process.request('answer', { sessionId, answer, offerId });
  }

  /** Answers an offer, which {@link answer} answers. */
  restartIce(sessionId: string): Promise<{ offer: string; offerId: number }> {
    return this.#process.request('restartIce', { sessionId });
  }

  restartIceFor(sessionId: string, iceUfrag: string, icePassword: string, candidates: readonly string[]): Promise<IceDescription> {
    return this.#process.request('restartIceFor', { sessionId, iceUfrag, icePassword, candidates });
  }

  async addCandidates(sessionId: string, candidates: readonly string[]): Promise<void> {
    await this.#process.request('addCandidates', { sessionId, candidates });
  }

  async watchLevels(sessionId: string, wanted: boolean): Promise<void> {
    await this.#process.request('watchLevels', { sessionId, wanted });
  }

  async setMedia(sessionId: string, media: { audio: boolean; video: boolean; screen: boolean }): Promise<void> {
    await this.#process.request('setMedia', { sessionId, ...media });
  }

  /** Ends a session that its owner ends; its listener hears nothing more. Never throws: whoever leaves has left. */
  async end(sessionId: string, reason: EndReason): Promise<void> {
    if (!this.#audience.remove(sessionId)) return;
    await this.#process.request('end', { sessionId, reason }).catch((error: unknown) => {
      this.#log.limited('warn', 'a session could not be ended', { reason: error instanceof AppError ? error.code : String(error) });
    });
  }

  async setLayout(layout: string): Promise<void> {
    await this.#process.request('setLayout', { layout });
    this.#isWanted = true;
    this.#chosenLayout = layout;
  }

  async snapshot(): Promise<Uint8Array> {
    return (await this.#process.request('snapshot', {})).png;
  }

  async stats(): Promise<Readonly<Record<string, unknown>>> {
    return (await this.#process.request('stats', {})).stats;
  }

  async startRecording(format: RecordingFormat): Promise<RecordingDescription> {
    const recording = await this.#recordings.start(format);
    this.#isWanted = true;
    return recording;
  }

  stopRecording(recordingId: string): Promise<RecordingDescription> {
    return this.#recordings.stop(recordingId);
  }

  /** @throws {AppError} participant_not_found */
  findParticipant(id: string): ParticipantDescription {
    const participant = this.#description.participants.find((one) => one.id === id);
    if (participant === undefined) throw new AppError('participant_not_found');
    return participant;
  }

  /** Everyone is told, recordings are finished, the process ends. */
  close(reason: EndReason): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: EndReason): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#watchdog.stop();
    this.#audience.endAll(reason);
    await this.#process.close(reason, closeTimeoutMs);
    this.#recordings.failAll();
    this.#state = 'ended';
    this.#log.info('room closed', { reason });
  }

  async #begin<Result extends object>(listener: SessionListener, request: (sessionId: string) => Promise<Result>): Promise<Result & { sessionId: string }> {
    if (this.#state !== 'open') throw new AppError('room_closed');
    const sessionId = newId();
    // Counted before the room has agreed, so that it does not close under the joiner's feet.
    this.#audience.add(sessionId, listener);
    try {
      const result = await request(sessionId);
      if (!this.#audience.has(sessionId)) throw new AppError('room_closed');
      this.#isWanted = true;
      return { ...result, sessionId };
    } catch (error) {
      // After a timeout the room may have let it in nevertheless.
      if (error instanceof AppError && error.code === 'room_timeout') {
        this.#isWanted = true;
        void this.end(sessionId, 'timeout');
      }
      else this.#audience.remove(sessionId);
      throw error;
    }
  }

  #take(event: RoomEvent): void {
    switch (event.type) {
      case 'changed':
        this.#describeAnew(event.room);
        break;
      case 'speaking':
        this.#audience.speaking(event.participantIds, event.dominant);
        break;
      case 'levels':
        this.#audience.levelsHeard(event.sessionIds, event.levels);
        break;
      case 'recording':
        this.#recordings.take(event.recording);
        break;
      case 'sound':
        this.control.sounds.put(event.sound);
        this.#audience.soundChanged(event.sound);
        break;
      case 'encoding':
        this.#audience.encodingWished(event.sessionId, event.encoding);
        break;
      case 'sessionEnded':
        this.#audience.end(event.sessionId, event.reason);
        break;
      case 'ready':
      case 'log':
        break;
    }
  }

  #describeAnew(room: RoomDescription): void {
    this.#recordings.takeAll(room.recordings);
    this.#description = { ...room, recordings: this.#recordings.list() };
    this.#audience.roomChanged();
  }

  #processExited(code: number | null, signal: string | null): void {
    // During `close` the process ends as it was asked to; during `open` the opener is told.
    this.#watchdog.stop();
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#log.error('the room process ended unexpectedly', { code, signal, sessions: this.#audience.size });
    this.#recordings.failAll();
    this.#events.failed();
    this.#audience.endAll('room_failed');
  }
}
