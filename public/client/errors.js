/** An error told by the server, or met on the way to it. Compare `code`, show `message`. */
export class TesseraError extends Error {
  /**
   * @param {string} code one of the server's codes (README, Errors), or `unreachable` (no connection to the server), `media_failed`
   *   (no media came through), `ended` (`leave()` before the join was through), `not_connected` (said while there was no connection)
   * @param {string} message in English
   * @param {unknown} [details]
   */
  constructor(code, message, details) {
    super(message);
    this.name = 'TesseraError';
    this.code = code;
    this.details = details;
  }

  /** Whether the same request may well succeed a moment later, so that trying again by oneself makes sense. */
  get isPassing() {
    return passingCodes.has(this.code);
  }
}

// `room_full` and `too_many_rooms` are passing only for one who was inside: his own ghost may hold the place. See TesseraRoom.
const passingCodes = new Set(['unreachable', 'media_failed', 'room_failed', 'room_timeout', 'server_closing', 'too_many_sockets', 'internal']);
