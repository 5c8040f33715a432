/** Why a session can be over, and whether the client should come back by itself. docs/signalling.md lists the same table; a test holds it against this one. */

export interface ClosedReason {
  readonly rejoin: boolean;
  /** How long the client should wait before it does. */
  readonly afterMs: number;
  readonly meaning: string;
}

/** A warm process waits for the rejoiners, so that they need not. */
const atOnceMs = 300;
/** A new server process, or a network that comes back. */
const soonMs = 1500;

export const closedReasons = {
  left: { rejoin: false, afterMs: 0, meaning: 'The client left.' },
  room_closed: { rejoin: false, afterMs: 0, meaning: 'The room was closed.' },
  room_failed: { rejoin: true, afterMs: atOnceMs, meaning: 'The process of the room ended unexpectedly; the room is there again at once.' },
  server_closing: { rejoin: true, afterMs: soonMs, meaning: 'The server is shutting down.' },
  removed: { rejoin: false, afterMs: 0, meaning: 'Somebody took the participant out of the room.' },
  timeout: { rejoin: true, afterMs: atOnceMs, meaning: 'No sign of life came over the media connection.' },
  closed_by_peer: { rejoin: false, afterMs: 0, meaning: 'The client closed its media connection.' },
  ice_failed: { rejoin: true, afterMs: soonMs, meaning: 'No path for the media connection was found.' },
  dtls_failed: { rejoin: true, afterMs: soonMs, meaning: 'The media connection could not be secured.' },
  join_timeout: { rejoin: false, afterMs: 0, meaning: 'The client connected and did not join.' },
  too_many_mistakes: { rejoin: false, afterMs: 0, meaning: 'The client sent too many messages that cannot be understood, or too many messages.' },
} as const satisfies Record<string, ClosedReason>;

/** A word of the room process that this table does not know is an end for good. */
export function describeClosing(reason: string): { readonly reason: string; readonly rejoin: boolean; readonly afterMs: number } {
  const known: ClosedReason = Object.hasOwn(closedReasons, reason) ? closedReasons[reason as keyof typeof closedReasons] : closedReasons.room_closed;
  return { reason, rejoin: known.rejoin, afterMs: known.afterMs };
}
