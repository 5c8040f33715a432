/** The WHIP and WHEP sessions by the secret of their URL; who knows it may end the session. */
import { AppError } from '../errors.js';
import { newId, newSecret } from '../ids.js';
import type { RoomHandle, SessionListener } from '../rooms/room-handle.js';

export type MediaSessionKind = 'whip' | 'whep';

export interface MediaSession {
  readonly kind: MediaSessionKind;
  readonly room: RoomHandle;
  /** Public: a participant's id. */
  readonly sessionId: string;
  /** The strong entity tag of its ICE session, in quotes (RFC 9725 4.3.1). */
  readonly etag: string;
  /** The client's, of its offer or its last ICE restart: another one is a wish for a restart. */
  readonly iceUfrag: string | undefined;
}

export interface NewMediaSession {
  readonly kind: MediaSessionKind;
  readonly room: RoomHandle;
  readonly iceUfrag: string | undefined;
  /** Asks the room; `listener` hears when the room ends the session. */
  readonly begin: (listener: SessionListener) => Promise<{ sessionId: string; answer: string }>;
}

interface Entry {
  session: MediaSession;
  /** What was asked of it last. */
  turn: Promise<unknown>;
}

export class MediaSessions {
  readonly #bySecret = new Map<string, Entry>();

  get size(): number {
    return this.#bySecret.size;
  }

  async add({ kind, room, iceUfrag, begin }: NewMediaSession): Promise<{ secret: string; session: MediaSession; answer: string }> {
    const secret = newSecret();
    const state = { hasEnded: false };
    const { sessionId, answer } = await begin({
      ended: () => {
        state.hasEnded = true;
        this.#bySecret.delete(secret);
      },
    });
    if (state.hasEnded) throw new AppError('room_closed');
    const session: MediaSession = { kind, room, sessionId, iceUfrag, etag: `"${newId()}"` };
    this.#bySecret.set(secret, { session, turn: Promise.resolve() });
    return { secret, session, answer };
  }

  /** @throws {AppError} session_not_found */
  get(kind: MediaSessionKind, secret: string): MediaSession {
    return this.#entry(kind, secret).session;
  }

  /** What changes a session waits for what was asked of it before, and finds it as that has left it. @throws {AppError} session_not_found */
  inTurn<Result>(kind: MediaSessionKind, secret: string, act: (session: MediaSession) => Promise<Result>): Promise<Result> {
    const entry = this.#entry(kind, secret);
    const result = entry.turn.then(() => act(this.get(kind, secret)));
    entry.turn = result.catch(() => undefined);
    return result;
  }

  /** After an ICE restart. @returns the new entity tag, the only one that is valid from now on (RFC 9725 4.3.3) */
  renew(kind: MediaSessionKind, secret: string, iceUfrag: string | undefined): string {
    const entry = this.#entry(kind, secret);
    const etag = `"${newId()}"`;
    entry.session = { ...entry.session, iceUfrag, etag };
    return etag;
  }

  /** @throws {AppError} session_not_found */
  async end(kind: MediaSessionKind, secret: string): Promise<void> {
    const { room, sessionId } = this.get(kind, secret);
    this.#bySecret.delete(secret);
    await room.end(sessionId, 'left');
  }

  #entry(kind: MediaSessionKind, secret: string): Entry {
    const entry = this.#bySecret.get(secret);
    if (entry?.session.kind !== kind) throw new AppError('session_not_found');
    return entry;
  }
}
