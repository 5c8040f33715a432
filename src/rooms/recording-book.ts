/** What was recorded in rooms of a name: outlives the room and its process, not the server. */
import { AppError } from '../errors.js';
import type { RecordingDescription } from './protocol.js';

/** Of one name. The oldest that has ended is forgotten first (its file stays); a room message carries them all. */
const maxRecordingsOfAName = 50;
/** The name that was recorded longest ago is forgotten first. */
const maxNames = 1000;

export function hasEnded(recording: RecordingDescription): boolean {
  return recording.status === 'complete' || recording.status === 'failed';
}

export class RecordingBook {
  /** Room name -> recording id -> newest state, in the order in which they began. */
  readonly #byRoom = new Map<string, Map<string, RecordingDescription>>();

  put(recording: RecordingDescription): void {
    const known = this.#byRoom.get(recording.room);
    // An end is final: what the room process says late must not undo a failure.
    const before = known?.get(recording.id);
    if (before !== undefined && hasEnded(before) && !hasEnded(recording)) return;
    const recordings = known ?? new Map<string, RecordingDescription>();
    recordings.set(recording.id, recording);
    if (known === undefined) this.#byRoom.set(recording.room, recordings);
    this.#forgetOldest(recordings);
  }

  /** In the order in which they began. */
  list(room: string): readonly RecordingDescription[] {
    return [...(this.#byRoom.get(room)?.values() ?? [])];
  }

  /** @throws {AppError} recording_not_found */
  get(room: string, id: string): RecordingDescription {
    const recording = this.#byRoom.get(room)?.get(id);
    if (recording === undefined) throw new AppError('recording_not_found');
    return recording;
  }

  #forgetOldest(recordings: Map<string, RecordingDescription>): void {
    if (recordings.size > maxRecordingsOfAName) {
      for (const [id, recording] of recordings) {
        if (!hasEnded(recording)) continue;
        recordings.delete(id);
        break;
      }
    }
    if (this.#byRoom.size > maxNames) {
      const [oldest] = this.#byRoom.keys();
      if (oldest !== undefined) this.#byRoom.delete(oldest);
    }
  }
}
