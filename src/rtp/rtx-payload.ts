/**
 * Retransmissions (RFC 4588 4): a stream of its own, whose payload is the sequence number of the original and then its payload.
 *
 *      0                   1
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *     |  original sequence number     |  original payload ...
 */
import type { RtpPacket } from './rtp-packet.js';

const originalSequenceBytes = 2;

/**
 * The packet that was lost, as it was sent. Undefined for one without room for a sequence number: padding, with which senders probe the path.
 *
 * @param original of the stream that is repaired
 */
export function unwrapRtx(packet: RtpPacket, original: { readonly ssrc: number; readonly payloadType: number }): RtpPacket | undefined {
  const { flags, marker, timestamp, payload } = packet;
  const [high, low] = payload;
  if (high === undefined || low === undefined) return undefined;
  return {
    ...original,
    flags,
    marker,
    timestamp,
    sequenceNumber: high * 256 + low,
    payload: payload.subarray(originalSequenceBytes),
    extension: (id) => packet.extension(id),
    headerTail: () => packet.headerTail(),
  };
}
