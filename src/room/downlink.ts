/** What one listener is sent: one RTP stream each of sound and picture, from payloads that were packetised for everyone. */
import { DurationStatistics } from '../../mixer/clock/duration-statistics.js';
import type { RoomTime } from '../../mixer/index.js';
import { OutboundStream, type ContributingSource, type OutboundStreamCounters } from '../rtp/outbound-stream.js';
import { LossClass } from './loss-class.js';
import type { RandomUint32 } from './media-plan.js';
import type { PacketSender, PathLane } from './path-control.js';
import { SilenceRest } from './silence-rest.js';

export interface DownlinkOptions {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly clockHz: number;
  /** How the listener takes repairs (RFC 4588); without it as the same datagram once more. */
  readonly rtx?: { readonly ssrc: number; readonly payloadType: number } | undefined;
  /** Of the header extension of RFC 6465, where the listener takes it. */
  readonly csrcLevelId?: number | undefined;
  readonly lane: PathLane;
  readonly clock: RoomTime;
  readonly random: RandomUint32;
}

/** How long a packet can be asked for again: three round trips of 300 ms. What comes later is worth nothing, a keyframe is on its way by then. */
export const keptUs = 1_000_000;

export class Downlink {
  readonly ssrc: number;
  /** With that of its repairs. */
  readonly ssrcs: readonly number[];
  /** From the tick whose sound or picture it is to the moment when its last packet was handed to the system. */
  readonly sinceTick = new DurationStatistics();
  protected readonly sender: PacketSender;
  protected readonly clock: RoomTime;
  protected readonly stream: OutboundStream;

  constructor({ ssrc, payloadType, clockHz, rtx, csrcLevelId, lane, clock, random }: DownlinkOptions) {
    this.ssrc = ssrc;
    this.ssrcs = rtx === undefined ? [ssrc] : [ssrc, rtx.ssrc];
    this.sender = lane.sender;
    this.clock = clock;
    // Beginning below half the range leaves SRTP's index estimate unambiguous at the first packets (RFC 3711 3.3.1).
    this.stream = new OutboundStream({
      ssrc, payloadType, clockHz, csrcLevelId,
      firstSequenceNumber: random() & 0x7fff,
      timestampOffset: random(),
      extensions: lane.extensions,
      historyUs: keptUs,
      rtx: rtx === undefined ? undefined : { ...rtx, firstSequenceNumber: random() & 0x7fff },
    });
  }

  get counters(): Readonly<OutboundStreamCounters> {
    return this.stream.counters;
  }

  /** The numbers of a sender report (RFC 3550 6.4.1), undefined before the first packet. */
  reportAt(nowUs: number): { readonly rtpTimestamp: number; readonly packetCount: number; readonly octetCount: number } | undefined {
    const { packetCount, octetCount } = this.stream.counters;
    return packetCount === 0 ? undefined : { rtpTimestamp: this.stream.rtpTimestampAt(nowUs), packetCount, octetCount };
  }
}

/** The sound of the mix: it never waits, and is not repaired, since Opus carries the packet before in each (RFC 6716 2.1.7). */
export class AudioDownlink extends Downlink {
  /** As the listener reports it: how much of the packet before each carries. */
  readonly loss = new LossClass();
  readonly #rest = new SilenceRest();

  /** @param sources whose voices are in it, loudest first */
  send(payload: Uint8Array, ptsUs: number, sources: readonly ContributingSource[] = []): void {
    const sent = this.#rest.take(payload, ptsUs);
    if (sent === undefined) return;
    this.sender.sendRtp(this.stream.next(sent, ptsUs, this.#rest.isFirst, sources));
    this.sinceTick.record(this.clock.nowUs() - ptsUs);
  }

  /** What the listener loses now says nothing of his path. */
  get isResting(): boolean {
    return this.#rest.isResting;
  }

  /** In true silence. */
  get leftOut(): number {
    return this.#rest.leftOut;
  }
}
