/** Whoever has a session in a room, in the server process: what happens there is told to them, until each one's end. */
import type { Time } from '../time.js';
import type { EncodingWish, RecordingDescription, RoomDescription, SoundDescription } from './protocol.js';
import { RoomNews } from './room-news.js';

/** Why a session is over: `room_failed`, `room_closed` and `server_closing` come from the server process, all other words from the room. */
export type EndReason = string;

/** Whoever holds a session in a room: a WebSocket, or a WHIP or WHEP session. */
export interface SessionListener {
  /** Once, and the last call; not for an end that was asked for. */
  ended(reason: EndReason): void;
  /** At most five times a second. */
  roomChanged?(room: RoomDescription): void;
  speaking?(participantIds: readonly string[], dominant: string | null): void;
  levelsHeard?(levels: Readonly<Record<string, number>>): void;
  recordingChanged?(recording: RecordingDescription): void;
  soundChanged?(sound: SoundDescription): void;
  encodingWished?(encoding: EncodingWish): void;
}

export interface RoomAudienceOptions {
  readonly time: Time;
  readonly describe: () => RoomDescription;
  /** Somebody came where nobody was, or the last one left. */
  readonly onOccupied: (isOccupied: boolean) => void;
}

export class RoomAudience {
  readonly #options: RoomAudienceOptions;
  readonly #news: RoomNews;
  readonly #sessions = new Map<string, SessionListener>();

  constructor(options: RoomAudienceOptions) {
    this.#options = options;
    this.#news = new RoomNews({ time: options.time, tell: () => this.#tellRoom() });
  }

  get size(): number {
    return this.#sessions.size;
  }

  add(sessionId: string, listener: SessionListener): void {
    this.#sessions.set(sessionId, listener);
    if (this.#sessions.size === 1) this.#options.onOccupied(true);
  }

  has(sessionId: string): boolean {
    return this.#sessions.has(sessionId);
  }

  /** He hears nothing more. Answers whether he was there. */
  remove(sessionId: string): boolean {
    const wasThere = this.#sessions.delete(sessionId);
    if (wasThere && this.#sessions.size === 0) {
      this.#news.stop();
      this.#options.onOccupied(false);
    }
    return wasThere;
  }

  roomChanged(): void {
    this.#news.update();
  }

  speaking(participantIds: readonly string[], dominant: string | null): void {
    for (const listener of this.#sessions.values()) listener.speaking?.(participantIds, dominant);
  }

  levelsHeard(sessionIds: readonly string[], levels: Readonly<Record<string, number>>): void {
    for (const sessionId of sessionIds) this.#sessions.get(sessionId)?.levelsHeard?.(levels);
  }

  recordingChanged(recording: RecordingDescription): void {
    for (const listener of this.#sessions.values()) listener.recordingChanged?.(recording);
  }

  soundChanged(sound: SoundDescription): void {
    for (const listener of this.#sessions.values()) listener.soundChanged?.(sound);
  }

  encodingWished(sessionId: string, encoding: EncodingWish): void {
    this.#sessions.get(sessionId)?.encodingWished?.(encoding);
  }

  end(sessionId: string, reason: EndReason): void {
    const listener = this.#sessions.get(sessionId);
    if (this.remove(sessionId)) listener?.ended(reason);
  }

  endAll(reason: EndReason): void {
    this.#news.stop();
    const listeners = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const listener of listeners) listener.ended(reason);
  }

  #tellRoom(): void {
    const room = this.#options.describe();
    for (const listener of this.#sessions.values()) listener.roomChanged?.(room);
  }
}
