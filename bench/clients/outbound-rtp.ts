/** One stream that a client sends: RTP headers with the extensions a browser would write, and a history that answers NACKs. */
import type { ExtensionIds, Peer } from '../../src/peer/index.js';
import { buildSenderReport } from '../../src/rtp/rtcp/build-rtcp.js';
import type { NtpTime } from '../../src/rtp/rtcp/ntp.js';
import { rtpHeaderBytes, writeRtpHeader, type RtpExtension } from '../../src/rtp/rtp-packet.js';
import { randomUint32 } from './client-kit.js';

/** Transport-wide sequence numbers count over all streams of a connection. */
export interface TransportSequence {
  next: number;
}

export interface OutboundRtpOptions {
  readonly peer: Peer;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockHz: number;
  readonly extensionIds: ExtensionIds;
  readonly transportSequence: TransportSequence;
}

export interface OutboundRtpCounters {
  packets: number;
  /** Of payload. */
  bytes: number;
  resentPackets: number;
  /** Asked for, but forgotten already or never sent. */
  unknownRequests: number;
}

/** Protected datagrams kept: four seconds of 600 kbps in video, a power of two. */
const historyPackets = 256;

export class OutboundRtp {
  readonly ssrc: number;
  readonly counters: OutboundRtpCounters = { packets: 0, bytes: 0, resentPackets: 0, unknownRequests: 0 };
  readonly #peer: Peer;
  readonly #payloadType: number;
  readonly #clockHz: number;
  readonly #transportSequence: TransportSequence;
  readonly #timestampOffset = randomUint32();
  readonly #history = new Array<Buffer | undefined>(historyPackets);
  readonly #historyNumbers = new Int32Array(historyPackets).fill(-1);
  /** Written anew for each packet; the header writer copies them. */
  readonly #transportSequenceData = Buffer.alloc(2);
  readonly #levelData = Buffer.alloc(1);
  readonly #extensions: readonly RtpExtension[];
  readonly #headerBytes: number;
  // Below half the range leaves SRTP's index estimate unambiguous at the first packets (RFC 3711 3.3.1).
  #sequenceNumber = randomUint32() & 0x7fff;

  constructor({ peer, ssrc, payloadType, clockHz, extensionIds, transportSequence }: OutboundRtpOptions) {
    this.ssrc = ssrc;
    this.#peer = peer;
    this.#payloadType = payloadType;
    this.#clockHz = clockHz;
    this.#transportSequence = transportSequence;
    const { audioLevel, transportCc } = extensionIds;
    this.#extensions = [
      ...(audioLevel === undefined ? [] : [{ id: audioLevel, data: this.#levelData }]),
      ...(transportCc === undefined ? [] : [{ id: transportCc, data: this.#transportSequenceData }]),
    ];
    this.#headerBytes = rtpHeaderBytes(this.#extensions);
  }

  /** @param mediaUs of this stream's own clock, shared by the streams of one client so that they play in step. */
  send(payload: Uint8Array, mediaUs: number, marker: boolean): void {
    const sequenceNumber = this.#sequenceNumber;
    this.#sequenceNumber = (sequenceNumber + 1) & 0xffff;
    this.#transportSequenceData.writeUInt16BE(this.#transportSequence.next);
    this.#transportSequence.next = (this.#transportSequence.next + 1) & 0xffff;
    const packet = Buffer.allocUnsafe(this.#headerBytes + payload.length);
    const timestamp = this.#timestampAt(mediaUs);
    writeRtpHeader(packet, 0, { payloadType: this.#payloadType, marker, sequenceNumber, timestamp, ssrc: this.ssrc, extensions: this.#extensions });
    packet.set(payload, this.#headerBytes);
    const slot = sequenceNumber % historyPackets;
    const datagram = this.#peer.sendRtp(packet);
    this.#history[slot] = datagram === undefined ? undefined : Buffer.from(datagram);
    this.#historyNumbers[slot] = sequenceNumber;
    this.counters.packets += 1;
    this.counters.bytes += payload.length;
  }

  /** RFC 6464 3, for the packets from now on. */
  setLevel(levelDbov: number): void {
    const voice = levelDbov > quietestSpeechDbov ? 0x80 : 0;
    this.#levelData[0] = voice | Math.min(127, -levelDbov);
  }

  resend(sequenceNumbers: readonly number[]): void {
    for (const sequenceNumber of sequenceNumbers) {
      const slot = sequenceNumber % historyPackets;
      const datagram = this.#historyNumbers[slot] === sequenceNumber ? this.#history[slot] : undefined;
      if (datagram === undefined) {
        this.counters.unknownRequests += 1;
        continue;
      }
      this.counters.resentPackets += 1;
      this.#peer.resend(datagram);
    }
  }

  /** RFC 3550 6.4.1; undefined before the first packet. */
  reportAt(ntp: NtpTime, mediaUs: number): Buffer | undefined {
    const { packets, bytes } = this.counters;
    if (packets === 0) return undefined;
    return buildSenderReport({ senderSsrc: this.ssrc, ntp, rtpTimestamp: this.#timestampAt(mediaUs), packetCount: packets, octetCount: bytes, reports: [] });
  }

  #timestampAt(mediaUs: number): number {
    return (this.#timestampOffset + Math.round((mediaUs * this.#clockHz) / 1e6)) >>> 0;
  }
}

/** The flag says "somebody speaks here"; it only has to be off for silence and the gaps of the prepared speech. */
const quietestSpeechDbov = -50;
