/** What one listener is sent: one RTP stream each of sound and picture, from payloads that were packetised for everyone. */
import { DurationStatistics } from '../../mixer/clock/duration-statistics.js';
import type { EncodedVideo, RoomTime } from '../../mixer/index.js';
import { OutboundStream, type OutboundStreamCounters } from '../rtp/outbound-stream.js';
import type { RandomUint32 } from './media-plan.js';
import { SentDatagrams } from './sent-datagrams.js';
import type { VideoTaker } from './video-fanout.js';

/** The sending half of a peer. */
export interface PacketSender {
  /** Answers the protected datagram; undefined when it is not connected. */
  sendRtp(packet: Buffer): Buffer | undefined;
  resend(datagram: Buffer): void;
}

export interface DownlinkOptions {
  readonly kind: 'audio' | 'video';
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockHz: number;
  /** How the listener takes repairs (RFC 4588); without it as the same datagram once more. */
  readonly rtx?: { readonly ssrc: number; readonly payloadType: number } | undefined;
  readonly sender: PacketSender;
  readonly clock: RoomTime;
  readonly random: RandomUint32;
}

/** How long a packet can be asked for again: three round trips of 300 ms. What comes later is worth nothing, a keyframe is on its way by then. */
const keptUs = 1_000_000;

export class Downlink {
  readonly ssrc: number;
  /** From the tick whose sound or picture it is to the moment when its last packet was handed to the system. */
  readonly sinceTick = new DurationStatistics();
  readonly #sender: PacketSender;
  readonly #clock: RoomTime;
  readonly #stream: OutboundStream;
  readonly #hasRtx: boolean;
  /** Undefined for sound, which is not repaired, and for a listener with RTX: then the stream's payloads suffice, which all listeners share. */
  readonly #sent: SentDatagrams | undefined;

  constructor({ kind, ssrc, payloadType, clockHz, rtx, sender, clock, random }: DownlinkOptions) {
    this.ssrc = ssrc;
    this.#sender = sender;
    this.#clock = clock;
    this.#hasRtx = rtx !== undefined;
    this.#sent = kind === 'video' && rtx === undefined ? new SentDatagrams({ keptUs }) : undefined;
    // Beginning below half the range leaves SRTP's index estimate unambiguous at the first packets (RFC 3711 3.3.1).
    this.#stream = new OutboundStream({
      kind, ssrc, payloadType, clockHz,
      firstSequenceNumber: random() & 0x7fff,
      timestampOffset: random(),
      historyUs: keptUs,
      rtx: rtx === undefined ? undefined : { ...rtx, firstSequenceNumber: random() & 0x7fff },
    });
  }

  get counters(): Readonly<OutboundStreamCounters> {
    return this.#stream.counters;
  }

  send(payloads: readonly Uint8Array[], ptsUs: number): void {
    let sequenceNumber = this.#stream.nextSequenceNumber;
    for (const packet of this.#stream.packets(payloads, ptsUs)) {
      const datagram = this.#sender.sendRtp(packet);
      if (datagram !== undefined) this.#sent?.add(sequenceNumber, datagram, ptsUs);
      sequenceNumber = (sequenceNumber + 1) & 0xffff;
    }
    this.sinceTick.record(this.#clock.nowUs() - ptsUs);
  }

  resend(sequenceNumbers: readonly number[], roundTripUs: number): void {
    if (!this.#hasRtx && this.#sent === undefined) return;
    for (const sequenceNumber of sequenceNumbers) {
      const packet = this.#stream.resend(sequenceNumber, this.#clock.nowUs(), roundTripUs);
      if (packet === undefined) continue;
      if (this.#hasRtx) this.#sender.sendRtp(packet);
      else {
        const datagram = this.#sent?.find(sequenceNumber);
        if (datagram !== undefined) this.#sender.resend(datagram);
      }
    }
  }

  /** The numbers of a sender report (RFC 3550 6.4.1), undefined before the first packet. */
  reportAt(nowUs: number): { readonly rtpTimestamp: number; readonly packetCount: number; readonly octetCount: number } | undefined {
    const { packetCount, octetCount } = this.#stream.counters;
    return packetCount === 0 ? undefined : { rtpTimestamp: this.#stream.rtpTimestampAt(nowUs), packetCount, octetCount };
  }
}

/** The picture of the mix; begins at a keyframe, because a decoder that begins elsewhere shows grey. */
export class VideoDownlink extends Downlink implements VideoTaker {
  #hasBegun = false;
  skippedFrames = 0;

  takeVideo(video: EncodedVideo, payloads: () => readonly Uint8Array[]): void {
    this.#hasBegun ||= video.keyframe;
    if (this.#hasBegun) this.send(payloads(), video.ptsUs);
    else this.skippedFrames += 1;
  }
}
