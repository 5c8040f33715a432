/** @import { SessionEnd } from './room-session.js' */
/** @import { TesseraError } from './errors.js' */
import { Backoff, waitForRetry } from './backoff.js';

// A room that dies so soon after each join is not joined again at full speed: the backoff goes on growing.
const stableAfterMs = 5000;
// For one who was inside, these mostly mean that his own ghost, or his room's, still holds the place.
const ghostCodes = new Set(['room_full', 'too_many_rooms', 'no_media_port']);

/**
 * One session after another, until one ends for good or `signal` is aborted.
 * @param {object} options
 * @param {() => Promise<{ end: SessionEnd, joinedForMs: number | null }>} options.runSession joins, and resolves when that is over; null: it never was inside
 * @param {(end: SessionEnd, wasJoined: boolean) => void} options.onLost another session follows; whether any was inside so far
 * @param {AbortSignal} options.signal
 * @param {typeof waitForRetry} [options.wait] tests hand in their own
 * @returns {Promise<{ reason: string, error: TesseraError | null }>} why it is over
 */
export async function stayJoined({ runSession, onLost, signal, wait = waitForRetry }) {
  const backoff = new Backoff();
  let wasJoined = false;
  while (!signal.aborted) {
    const { end, joinedForMs } = await runSession();
    if (signal.aborted) break;
    wasJoined ||= joinedForMs !== null;
    if (!end.rejoin && !(wasJoined && ghostCodes.has(end.reason))) return { reason: end.reason, error: end.error };
    onLost(end, wasJoined);
    if (joinedForMs !== null && joinedForMs >= stableAfterMs) backoff.reset();
    await wait(Math.max(end.afterMs, backoff.nextMs()), signal);
  }
  return { reason: 'left', error: null };
}
