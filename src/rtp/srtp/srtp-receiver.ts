/**
 * Opens what a peer sent: SRTP and SRTCP (RFC 3711, RFC 7714) of one connection. Nothing is remembered of a packet that is not authentic, so a stranger
 * can cost a decryption, never a state.
 */
import { readInt32, readUint16 } from '../big-endian.js';
import { findRtpPayload } from '../rtp-packet.js';
import { createTransform } from './create-transform.js';
import { ReplayWindow } from './replay-window.js';
import type { SrtpKeying } from './session-keys.js';
import { encryptedFlag, rtcpClearBytes, type SrtpTransform } from './srtp-transform.js';

/**
 * Sources remembered per connection, for RTP and RTCP each. An authenticated peer with three simulcast layers, their RTX, a screen and sound uses ten; the rest is
 * for those that follow when he stops and starts tracks. Beyond it the one that was silent longest is forgotten. 128 take about 40 kB.
 */
const maxSources = 128;
const sequenceRange = 0x1_0000;

interface Source {
  readonly window: ReplayWindow;
  /** Counts uses over all sources; the smallest was silent longest. */
  lastUse: number;
}

export class SrtpReceiver {
  /** Datagrams that were malformed or not authentic. */
  rejectedCount = 0;
  /** Datagrams that came a second time or far too late. */
  replayedCount = 0;
  readonly #transform: SrtpTransform;
  /** By SSRC with a sign, as all here: that is always one of the machine's small integers. */
  readonly #rtpSources = new Map<number, Source>();
  readonly #rtcpSources = new Map<number, Source>();
  #useCount = 0;

  constructor(keying: SrtpKeying) {
    this.#transform = createTransform(keying);
  }

  /**
   * Decrypts in place: on success the answer is a view into `datagram`, whose payload is now clear. Undefined when it is not authentic, not RTP, or was seen
   * before; then `datagram` is unchanged and one of the counters has risen. Never throws.
   */
  unprotectRtp(datagram: Buffer): Uint8Array | undefined {
    const headerBytes = findRtpPayload(datagram);
    if (headerBytes === undefined || headerBytes + this.#transform.tagBytes > datagram.length) {
      this.rejectedCount += 1;
      return undefined;
    }
    const ssrc = readInt32(datagram, 8);
    const sequenceNumber = readUint16(datagram, 2);
    const source = this.#rtpSources.get(ssrc);
    let index = sequenceNumber;
    if (source !== undefined) {
      index = source.window.guessIndex(sequenceNumber);
      if (source.window.isReplay(index)) {
        this.replayedCount += 1;
        return undefined;
      }
    }
    let packet = this.#transform.unprotectRtp(datagram, headerBytes, ssrc, index);
    if (packet === undefined && source === undefined && sequenceNumber < sequenceRange / 2) {
      // The sender may have wrapped before his first packet came through: then all he sends has rollover counter 1.
      index += sequenceRange;
      packet = this.#transform.unprotectRtp(datagram, headerBytes, ssrc, index);
    }
    if (packet === undefined) {
      this.rejectedCount += 1;
      return undefined;
    }
    this.#commit(source ?? this.#addSource(this.#rtpSources, ssrc), index);
    return packet;
  }

  /** As {@link unprotectRtp}. Packets that are authentic but not encrypted are refused: no DTLS-SRTP profile sends them. */
  unprotectRtcp(datagram: Buffer): Buffer | undefined {
    if (datagram.length < rtcpClearBytes + this.#transform.rtcpTrailerBytes || datagram.readUInt8(0) >>> 6 !== 2) {
      this.rejectedCount += 1;
      return undefined;
    }
    const ssrc = datagram.readInt32BE(4);
    const source = this.#rtcpSources.get(ssrc);
    const index = this.#transform.readRtcpIndexWord(datagram) - encryptedFlag;
    if (source?.window.isReplay(index) === true && index >= 0) {
      this.replayedCount += 1;
      return undefined;
    }
    const packet = index < 0 ? undefined : this.#transform.unprotectRtcp(datagram);
    if (packet === undefined) {
      this.rejectedCount += 1;
      return undefined;
    }
    this.#commit(source ?? this.#addSource(this.#rtcpSources, ssrc), index);
    return packet;
  }

  #commit(source: Source, index: number): void {
    source.window.add(index);
    this.#useCount += 1;
    source.lastUse = this.#useCount;
  }

  #addSource(sources: Map<number, Source>, ssrc: number): Source {
    if (sources.size >= maxSources) {
      let oldestSsrc = ssrc;
      let oldestUse = Infinity;
      for (const [candidate, { lastUse }] of sources) {
        if (lastUse >= oldestUse) continue;
        oldestUse = lastUse;
        oldestSsrc = candidate;
      }
      sources.delete(oldestSsrc);
    }
    const source: Source = { window: new ReplayWindow(), lastUse: 0 };
    sources.set(ssrc, source);
    return source;
  }
}
