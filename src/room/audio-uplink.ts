/** A microphone: Opus packets with their capture time and level, handed on at once; order and loss are the playout buffer's business. */
import type { AudioPacket } from '../../mixer/index.js';
import type { CaptureClock } from '../rtp/capture-clock.js';
import { decodeAudioLevel } from '../rtp/header-extensions.js';
import { ReceptionStatistics } from '../rtp/reception-statistics.js';
import type { RtpPacket } from '../rtp/rtp-packet.js';
import type { ReportBlock } from '../rtp/rtcp/rtcp-packets.js';
import { SequenceUnwrapper, TimestampUnwrapper } from '../rtp/sequence.js';
import type { SenderReportFacts, Uplink, UplinkStats } from './uplink.js';

export interface AudioUplinkOptions {
  readonly participantId: string;
  readonly ssrc: number;
  readonly captureClock: CaptureClock;
  readonly levelExtensionId: number | undefined;
  readonly onPacket: (packet: AudioPacket) => void;
}

/** RFC 7587 4.1: the RTP clock of Opus always runs at 48 kHz. */
const opusClockHz = 48_000;

export class AudioUplink implements Uplink {
  readonly source = 'microphone';
  readonly ssrc: number;
  readonly #options: AudioUplinkOptions;
  readonly #sequence = new SequenceUnwrapper();
  readonly #timestamps = new TimestampUnwrapper();
  readonly #statistics: ReceptionStatistics;
  #packets = 0;
  #bytes = 0;

  constructor(options: AudioUplinkOptions) {
    this.ssrc = options.ssrc;
    this.#options = options;
    options.captureClock.addStream({ ssrc: options.ssrc, clockHz: opusClockHz, kind: 'audio' });
    this.#statistics = new ReceptionStatistics({ ssrc: options.ssrc, clockHz: opusClockHz });
  }

  receive(packet: RtpPacket, arrivalUs: number): void {
    this.#statistics.onPacket(packet.sequenceNumber, packet.timestamp, arrivalUs);
    this.#packets += 1;
    this.#bytes += packet.payload.length;
    if (packet.payload.length === 0) return;
    const { participantId, captureClock, levelExtensionId } = this.#options;
    const timestamp = this.#timestamps.unwrap(packet.timestamp);
    captureClock.onPacket(this.ssrc, timestamp, arrivalUs);
    const level = levelExtensionId === undefined ? undefined : packet.extension(levelExtensionId);
    this.#options.onPacket({
      participantId,
      index: this.#sequence.unwrap(packet.sequenceNumber),
      ptsUs: captureClock.captureUs(this.ssrc, timestamp) ?? arrivalUs,
      arrivalUs,
      levelDbov: level === undefined ? undefined : decodeAudioLevel(level)?.levelDbov,
      // A copy of its own: it is transferred to the mixer thread, the datagram's buffer is not ours to give.
      data: new Uint8Array(packet.payload),
    });
  }

  takeSenderReport(report: SenderReportFacts): void {
    this.#options.captureClock.onSenderReport(this.ssrc, report.ntpUs, report.rtpTimestamp);
    this.#statistics.onSenderReport(report.ntpMiddle, report.arrivalUs);
  }

  reportBlock(nowUs: number): ReportBlock | undefined {
    return this.#statistics.reportBlock(nowUs);
  }

  resume(nowUs: number): void {
    this.#statistics.expectJump(nowUs);
  }

  /** Sound is not asked for again: it would come too late to be heard, and Opus carries its own redundancy. */
  dueNacks(): readonly number[] {
    return [];
  }

  wishKeyframe(): void {
    // Every Opus packet can be decoded by itself.
  }

  takeKeyframeWish(): boolean {
    return false;
  }

  stats(): UplinkStats {
    return { packets: this.#packets, bytes: this.#bytes };
  }

  close(): void {
    this.#options.captureClock.removeStream(this.ssrc);
  }
}
