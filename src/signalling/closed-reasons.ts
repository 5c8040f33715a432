/** Why a session can be over, and whether the client should come back by itself. docs/signalling.md lists the same table; a test holds it against this one. */

export interface ClosedReason {
  readonly rejoin: boolean;
  /** How long the client should wait before it does. */
  readonly afterMs: number;
  readonly meaning: string;
}

/** A warm process waits for the rejoiners, so that they need not. */
const AT_ONCE_MS = 300;
/** A new server process, or a network that comes back. */
const SOON_MS = 1500;

export const CLOSED_REASONS = {
  left: { rejoin: false, afterMs: 0, meaning: 'The client left.' },
  room_closed: { rejoin: false, afterMs: 0, meaning: 'The room was closed.' },
  room_failed: { rejoin: true, afterMs: AT_ONCE_MS, meaning: 'The process of the room ended unexpectedly; the room is there again at once.' },
  server_closing: { rejoin: true, afterMs: SOON_MS, meaning: 'The server is shutting down.' },
  timeout: { rejoin: true, afterMs: AT_ONCE_MS, meaning: 'No sign of life came over the media connection.' },
  dtls_failed: { rejoin: true, afterMs: SOON_MS, meaning: 'The media connection could not be secured.' },
  replaced: { rejoin: false, afterMs: 0, meaning: 'Another connection has taken over this session.' },
  join_timeout: { rejoin: false, afterMs: 0, meaning: 'The client connected and did not join.' },
  too_many_mistakes: { rejoin: false, afterMs: 0, meaning: 'The client sent too many messages that cannot be understood, or too many messages.' },
} as const satisfies Record<string, ClosedReason>;

/** A word of the room process that this table does not know is an end for good. */
export function describeClosing(reason: string): { readonly reason: string; readonly rejoin: boolean; readonly afterMs: number } {
  const known: ClosedReason = Object.hasOwn(CLOSED_REASONS, reason) ? CLOSED_REASONS[reason as keyof typeof CLOSED_REASONS] : CLOSED_REASONS.room_closed;
  return { reason, rejoin: known.rejoin, afterMs: known.afterMs };
}
