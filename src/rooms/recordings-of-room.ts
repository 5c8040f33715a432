/** The recordings of one open room, in the server process: begun and ended by its process, remembered in the book of all rooms, and failed when that process is gone. */
import { AppError } from '../errors.js';
import { newId } from '../ids.js';
import type { Log } from '../log.js';
import type { Time } from '../time.js';
import type { RecordingDescription, RecordingFormat } from './protocol.js';
import { hasEnded, type RecordingBook } from './recording-book.js';
import { nameRecordingFile, recordedBytes } from './recording-file.js';
import { makeRecordingsFolder } from './recordings-folder.js';
import type { RoomProcess } from './room-process.js';

export interface RecordingsOfRoomOptions {
  readonly room: string;
  readonly process: RoomProcess;
  /** Absolute. */
  readonly folder: string;
  readonly book: RecordingBook;
  readonly time: Time;
  readonly log: Log;
  /** It has begun, grown, ended or failed, and is in the book. */
  readonly onChanged: (recording: RecordingDescription) => void;
}

/** FFmpeg starts, or writes the last fragment, before a recording answers. */
const recordingTimeoutMs = 8000;

export class RecordingsOfRoom {
  readonly #options: RecordingsOfRoomOptions;

  constructor(options: RecordingsOfRoomOptions) {
    this.#options = options;
  }

  list(): readonly RecordingDescription[] {
    return this.#options.book.list(this.#options.room);
  }

  async start(format: RecordingFormat): Promise<RecordingDescription> {
    const { room, process, folder, book, time } = this.#options;
    await makeRecordingsFolder(folder);
    const recordingId = newId();
    const { path, url } = nameRecordingFile(folder, room, recordingId, format, time.date());
    const { recording } = await process.request('startRecording', { recordingId, format, path, url }, recordingTimeoutMs);
    book.put(recording);
    return recording;
  }

  /** @throws {AppError} recording_not_found, recording_ended */
  async stop(recordingId: string): Promise<RecordingDescription> {
    const { room, process, book } = this.#options;
    if (hasEnded(book.get(room, recordingId))) throw new AppError('recording_ended');
    const { recording } = await process.request('stopRecording', { recordingId }, recordingTimeoutMs);
    book.put(recording);
    return recording;
  }

  take(recording: RecordingDescription): void {
    const { book, log, onChanged } = this.#options;
    if (recording.status === 'failed') log.warn('a recording failed', { recording: recording.id, error: recording.error });
    book.put(recording);
    onChanged(recording);
  }

  /** As a description of the room has them. */
  takeAll(recordings: readonly RecordingDescription[]): void {
    for (const recording of recordings) this.#options.book.put(recording);
  }

  /** Those that are not finished when there is no process any more; what was written up to now can be played. */
  failAll(): void {
    const { folder, time } = this.#options;
    for (const recording of this.list()) {
      if (hasEnded(recording)) continue;
      const endedAt = time.date();
      const durationMs = recording.startedAt === null ? 0 : endedAt.getTime() - Date.parse(recording.startedAt);
      const bytes = Math.max(recording.bytes, recordedBytes(folder, recording.url));
      this.take({ ...recording, status: 'failed', endedAt: endedAt.toISOString(), durationMs, bytes, error: 'The process of the room ended unexpectedly.' });
    }
  }
}
