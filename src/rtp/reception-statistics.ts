/**
 * What a receiver reports about one source: RFC 3550 A.1 (sequence), A.3 (loss), A.8 (jitter) and 6.4.1 (last sender report).
 * Times are microseconds from any zero, the same for all calls.
 */
import type { ReportBlock } from './rtcp/rtcp-packets.js';
import { usToShortNtp } from './rtcp/ntp.js';

export interface ReceptionStatisticsOptions {
  readonly ssrc: number;
  /** The RTP clock: 90,000 for video, 48,000 for Opus. */
  readonly clockHz: number;
}

/**
 * RFC 3550's MAX_DROPOUT, and our MAX_MISORDER too: a step beyond it, either way, is a sender that began anew once a second packet follows on. The RFC takes
 * 100 for the latter, but a retransmitted burst on a fast link comes later than that without meaning anything.
 */
const maxStep = 3_000;
/** What a modem has held comes first, and then what follows the black-out. */
const jumpWithinUs = 500_000;
/** A timestamp that jumped by more than this is a new start of the media clock, and no jitter (libwebrtc draws the same line). */
const maxTransitStepSeconds = 5;
/** A.8: the gain of the jitter estimate. */
const jitterGain = 1 / 16;

export class ReceptionStatistics {
  readonly ssrc: number;
  readonly #clockHz: number;
  /** A.1's base_seq and cycles + max_seq; undefined before the first packet. */
  #firstIndex = 0;
  #newestIndex: number | undefined;
  /** What a black-out took is not expected: the indices from `from` until before `to`, and how many of all such did not come after all. */
  #excused = { from: 0, to: 0 };
  #excusedCount = 0;
  /** A jump by then is excused. */
  #excusedUntilUs = Number.NEGATIVE_INFINITY;
  #strayNext: number | undefined;
  #receivedCount = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  /** Arrival minus timestamp in ticks, modulo 2^32. */
  #transit: number | undefined;
  #jitterTicks = 0;
  #senderReport: { readonly ntpMiddle: number; readonly arrivalUs: number } | undefined;

  constructor(options: ReceptionStatisticsOptions) {
    this.ssrc = options.ssrc;
    this.#clockHz = options.clockHz;
  }

  /** Every packet of this SSRC, duplicates and late ones too; what came as RTX under another one is counted there. */
  onPacket(sequenceNumber: number, timestamp: number, arrivalUs: number): void {
    if (!this.#takeSequence(sequenceNumber, arrivalUs)) return;
    this.#receivedCount += 1;
    const transit = (Math.floor((arrivalUs * this.#clockHz) / 1_000_000) - timestamp) | 0;
    if (this.#transit !== undefined) {
      const differenceTicks = Math.abs((transit - this.#transit) | 0);
      if (differenceTicks <= maxTransitStepSeconds * this.#clockHz) this.#jitterTicks += (differenceTicks - this.#jitterTicks) * jitterGain;
    }
    this.#transit = transit;
  }

  /** @param ntpMiddle the middle 32 bits of its NTP time, as `ntpMiddle32` gives them. */
  onSenderReport(ntpMiddle: number, arrivalUs: number): void {
    this.#senderReport = { ntpMiddle, arrivalUs };
  }

  /** Nothing came on the whole connection for so long that the packets missing now, before the first of them or one of the next, were lost to a black-out, which says nothing of a rate. */
  expectJump(nowUs: number): void {
    this.#excusedUntilUs = nowUs + jumpWithinUs;
  }

  /** The block for the next report; the fraction lost counts from the call before. Undefined until a packet came. */
  reportBlock(nowUs: number): ReportBlock | undefined {
    if (this.#newestIndex === undefined) return undefined;
    const expected = this.#newestIndex - this.#firstIndex + 1 - this.#excusedCount;
    const expectedInInterval = expected - this.#expectedBefore;
    const lostInInterval = expectedInInterval - (this.#receivedCount - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#receivedCount;
    return {
      ssrc: this.ssrc,
      fractionLost: lostInInterval <= 0 ? 0 : Math.min(255, Math.floor((lostInInterval * 256) / expectedInInterval)),
      cumulativeLost: expected - this.#receivedCount,
      extendedHighest: this.#newestIndex >>> 0,
      jitterTicks: Math.floor(this.#jitterTicks),
      lastSenderReport: this.#senderReport?.ntpMiddle ?? 0,
      delaySinceLastSenderReport: this.#senderReport === undefined ? 0 : usToShortNtp(Math.max(0, nowUs - this.#senderReport.arrivalUs)),
    };
  }

  /** A.1's update_seq without its probation: SRTP has proved who sends. False for a packet that is not to be counted yet. */
  #takeSequence(sequenceNumber: number, arrivalUs: number): boolean {
    if (this.#newestIndex === undefined) {
      this.#restart(sequenceNumber);
      return true;
    }
    const step = ((sequenceNumber - this.#newestIndex) << 16) >> 16;
    if (Math.abs(step) > maxStep) {
      if (sequenceNumber !== this.#strayNext) {
        this.#strayNext = (sequenceNumber + 1) & 0xffff;
        return false;
      }
      this.#restart(sequenceNumber);
      return true;
    }
    const index = this.#newestIndex + step;
    if (step > 0) {
      if (step > 1 && arrivalUs <= this.#excusedUntilUs) this.#excuse(this.#newestIndex + 1, index);
      this.#newestIndex = index;
      this.#strayNext = undefined;
    } else if (index >= this.#excused.from && index < this.#excused.to && this.#excusedCount > 0) {
      this.#excusedCount -= 1;
    }
    // A packet overtaken by the very first one was expected too.
    if (index < this.#firstIndex) this.#firstIndex = index;
    return true;
  }

  #excuse(from: number, to: number): void {
    this.#excused = { from, to };
    this.#excusedCount += to - from;
    this.#excusedUntilUs = Number.NEGATIVE_INFINITY;
  }

  #restart(sequenceNumber: number): void {
    this.#firstIndex = sequenceNumber;
    this.#newestIndex = sequenceNumber;
    this.#excusedCount = 0;
    this.#excusedUntilUs = Number.NEGATIVE_INFINITY;
    this.#strayNext = undefined;
    this.#receivedCount = 0;
    this.#expectedBefore = 0;
    this.#receivedBefore = 0;
    this.#transit = undefined;
  }
}
