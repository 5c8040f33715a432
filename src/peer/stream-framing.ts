/**
 * Datagrams over a stream (RFC 4571 2), as ICE-TCP has them (RFC 6544 3): whatever the other side sends, not more than one frame is ever kept.
 *
 *      0                   1
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *     |             LENGTH            |  that many bytes: STUN, DTLS, RTP or RTCP
 */
const lengthBytes = 2;
/** Nobody sends packets that would not fit a datagram of the usual 1500; a TLS record that a client splits over several has 4 kB at most in practice. */
export const maxFrameBytes = 4_096;

export class StreamFraming {
  #rest: Buffer = Buffer.alloc(0);

  /** Bytes of an unfinished frame. */
  get pendingBytes(): number {
    return this.#rest.length;
  }

  /**
   * The frames that are complete with this chunk, as views into it where they can be.
   *
   * @param maxBytes how long a frame may be at this moment.
   * @returns undefined for a frame that is empty or too long: what follows cannot be understood any more.
   */
  *take(chunk: Buffer, maxBytes: () => number): Generator<Buffer | undefined, void> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    let at = 0;
    while (at + lengthBytes <= bytes.length) {
      const length = bytes.readUInt16BE(at);
      if (length === 0 || length > Math.min(maxFrameBytes, maxBytes())) {
        yield undefined;
        return;
      }
      const end = at + lengthBytes + length;
      if (end > bytes.length) break;
      yield bytes.subarray(at + lengthBytes, end);
      at = end;
    }
    // A copy: a view would keep the whole chunk.
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }
}

/** @throws {RangeError} for more than 65,535 bytes. */
export function writeFrame(datagram: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(lengthBytes + datagram.length);
  frame.writeUInt16BE(datagram.length, 0);
  datagram.copy(frame, lengthBytes);
  return frame;
}
