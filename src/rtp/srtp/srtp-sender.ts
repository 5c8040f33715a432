/**
 * Protects what we send: SRTP and SRTCP (RFC 3711, RFC 7714) of one connection, with a packet index for each source.
 *
 * A key and index must never protect two different packets: under GCM that gives the authentication key away (RFC 7714 13.2). So each index is
 * sealed once; a retransmission goes out as RTX (RFC 4588), or as the very datagram that was sent before.
 */
import { readInt32, readUint16 } from '../big-endian.js';
import { findRtpPayload } from '../rtp-packet.js';
import { createTransform } from './create-transform.js';
import { ReplayWindow } from './replay-window.js';
import type { SrtpKeying } from './session-keys.js';
import { rtcpClearBytes, type SrtpTransform } from './srtp-transform.js';

/** RFC 3711 9.2: at most so many RTCP packets under one key; at ten a second that is seven years. */
const maxRtcpPackets = 2 ** 31;

export class SrtpSender {
  readonly #transform: SrtpTransform;
  readonly #allocate: (bytes: number) => Buffer;
  /** By SSRC with a sign, as all here: that is always one of the machine's small integers. */
  readonly #sources = new Map<number, ReplayWindow>();
  /** One for all our sources: an index may not come twice under one SSRC, but it may skip. */
  #rtcpIndex = 0;

  /** @param allocate where each datagram of RTP is written to; its bytes may be any. */
  constructor(keying: SrtpKeying, allocate: (bytes: number) => Buffer = (bytes) => Buffer.allocUnsafe(bytes)) {
    this.#transform = createTransform(keying);
    this.#allocate = allocate;
  }

  /**
   * Answers a datagram of its own; `packet` stays as it was, unless it was lent by `packet-memory.ts`. Sequence numbers of a source go on without jumps of 32,768 or more; their order may be mixed
   * within 1,024.
   *
   * @throws {RangeError} for what is no RTP packet, and for a sequence number that was protected before or is too old to know: both are the caller's bugs.
   */
  protectRtp(packet: Buffer): Buffer {
    const headerBytes = findRtpPayload(packet);
    if (headerBytes === undefined) throw new RangeError('not an RTP packet');
    const ssrc = readInt32(packet, 8);
    let source = this.#sources.get(ssrc);
    if (source === undefined) {
      source = new ReplayWindow();
      this.#sources.set(ssrc, source);
    }
    const sequenceNumber = readUint16(packet, 2);
    const index = source.guessIndex(sequenceNumber);
    if (source.isReplay(index)) throw new RangeError(`sequence number ${sequenceNumber} of ${ssrc >>> 0} was sent before`);
    source.add(index);
    const datagram = this.#allocate(packet.length + this.#transform.tagBytes);
    this.#transform.protectRtp(packet, headerBytes, ssrc, index, datagram);
    return datagram;
  }

  /**
   * @param packet one RTCP datagram, compound or reduced-size.
   * @throws {RangeError} when it is too short to be one, or when the key is used up.
   */
  protectRtcp(packet: Buffer): Buffer {
    if (packet.length < rtcpClearBytes) throw new RangeError('not an RTCP packet');
    if (this.#rtcpIndex >= maxRtcpPackets) throw new RangeError('SRTCP key used up');
    const datagram = this.#transform.protectRtcp(packet, this.#rtcpIndex);
    this.#rtcpIndex += 1;
    return datagram;
  }
}
