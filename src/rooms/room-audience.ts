/** Whoever has a session in a room, in the server process: what happens there is told to them, until each one's end. */
import type { Time } from '../time.js';
import type { EncodingWish, RecordingDescription, RoomDescription, SoundDescription } from './protocol.js';
import { NewsById } from './news-by-id.js';
import { RoomNews, type News } from './room-news.js';

/** Why a session is over: `room_failed`, `room_closed` and `server_closing` come from the server process, all other words from the room. */
export type EndReason = string;

/** Whoever holds a session in a room: a WebSocket, or a WHIP or WHEP session. */
export interface SessionListener {
  /** Once, and the last call; not for an end that was asked for. */
  ended(reason: EndReason): void;
  /** At most five times a second, long ones more seldom. */
  roomChanged?(room: RoomDescription): void;
  speaking?(participantIds: readonly string[], dominant: string | null): void;
  levelsHeard?(levels: Readonly<Record<string, number>>): void;
  /** Of each at most five times a second, the newest; `soundChanged` as well. */
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
  readonly #recordings: NewsById<RecordingDescription>;
  readonly #sounds: NewsById<SoundDescription>;
  readonly #sessions = new Map<string, SessionListener>();

  constructor(options: RoomAudienceOptions) {
    this.#options = options;
    this.#news = new RoomNews({ time: options.time, newest: () => this.#newest() });
    this.#recordings = new NewsById<RecordingDescription>({ time: options.time, tell: (recording) => this.#tellAll((listener) => listener.recordingChanged?.(recording)) });
    this.#sounds = new NewsById<SoundDescription>({ time: options.time, tell: (sound) => this.#tellAll((listener) => listener.soundChanged?.(sound)) });
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
      this.#stopNews();
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
    this.#recordings.update(recording);
  }

  soundChanged(sound: SoundDescription): void {
    this.#sounds.update(sound);
  }

  encodingWished(sessionId: string, encoding: EncodingWish): void {
    this.#sessions.get(sessionId)?.encodingWished?.(encoding);
  }

  end(sessionId: string, reason: EndReason): void {
    const listener = this.#sessions.get(sessionId);
    if (this.remove(sessionId)) listener?.ended(reason);
  }

  endAll(reason: EndReason): void {
    // A recording that has failed with its room is told before the end.
    for (const news of [this.#recordings, this.#sounds]) news.flush();
    this.#stopNews();
    const listeners = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const listener of listeners) listener.ended(reason);
  }

  #stopNews(): void {
    for (const news of [this.#news, this.#recordings, this.#sounds]) news.stop();
  }

  #newest(): News {
    const room = this.#options.describe();
    return { bytes: Buffer.byteLength(JSON.stringify(room)), tell: () => this.#tellAll((listener) => listener.roomChanged?.(room)) };
  }

  #tellAll(tell: (listener: SessionListener) => void): void {
    for (const listener of this.#sessions.values()) tell(listener);
  }
}
