/** The picture of the mix to one listener: paced, repaired when he asks. What is not sent yet has no sequence number and can be dropped. */
import { Downlink, keptUs, type DownlinkOptions } from './downlink.js';
import type { Pacer } from './pacer.js';
import type { PacedStream } from './path-control.js';
import { SentDatagrams } from './sent-datagrams.js';

export interface VideoDownlinkOptions extends DownlinkOptions {
  readonly pacer: Pacer;
}

interface WaitingPacket {
  readonly payload: Uint8Array;
  readonly ptsUs: number;
  readonly isLast: boolean;
  /** With it a keyframe begins. */
  readonly isEntry: boolean;
}

interface WaitingRepair {
  readonly sequenceNumber: number;
  readonly roundTripUs: number;
}

interface DueCopy {
  readonly sequenceNumber: number;
  readonly dueUs: number;
}

/** Losses come in bursts of some milliseconds: the copy of a repair is not to be lost with it. */
const copyAfterUs = 8_000;
/** That of a packet sent twice, which has more time: the path is long. */
const twofoldAfterUs = 20_000;
/** More than a keyframe's packets: a listener that asks for more than this at once needs a keyframe. */
const mostRepairs = 256;
/** Pictures of two encodes that were mixed at the same tick: the second comes a moment later by the stream's clock, which must not stand still. */
const leastStepUs = 1_000;

export class VideoDownlink extends Downlink implements PacedStream {
  readonly #pacer: Pacer;
  readonly #hasRtx: boolean;
  /** Undefined for a listener with RTX: then the stream's payloads suffice, which all listeners share. */
  readonly #sent: SentDatagrams | undefined;
  readonly #repairs: WaitingRepair[] = [];
  /** In order of their time. */
  readonly #copies: DueCopy[] = [];
  /** Of packets that nobody has asked for, in order of their time. */
  readonly #seconds: DueCopy[] = [];
  #isLossy = false;
  #isTwofold = false;
  #waiting: WaitingPacket[] = [];
  #queuedBytes = 0;
  #lastPtsUs = Number.NEGATIVE_INFINITY;
  #droppedPackets = 0;

  constructor({ pacer, ...options }: VideoDownlinkOptions) {
    super(options);
    this.#pacer = pacer;
    this.#hasRtx = options.rtx !== undefined;
    this.#sent = this.#hasRtx ? undefined : new SentDatagrams({ keptUs });
  }

  get canFill(): boolean {
    return this.#hasRtx;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  get droppedPackets(): number {
    return this.#droppedPackets;
  }

  sendFrame(payloads: readonly Uint8Array[], framePtsUs: number, isKeyframe: boolean): void {
    const ptsUs = Math.max(framePtsUs, this.#lastPtsUs + leastStepUs);
    this.#lastPtsUs = ptsUs;
    for (const [index, payload] of payloads.entries()) {
      this.#waiting.push({ payload, ptsUs, isLast: index === payloads.length - 1, isEntry: isKeyframe && index === 0 });
      this.#queuedBytes += payload.length;
    }
    this.drain();
  }

  /** Forgets what has not gone out: something else takes its place, which begins with a keyframe. */
  drop(): void {
    this.#droppedPackets += this.#waiting.length;
    this.#waiting = [];
    this.#queuedBytes = 0;
    this.#forgetSent();
  }

  resend(sequenceNumbers: readonly number[], roundTripUs: number): void {
    for (const sequenceNumber of sequenceNumbers) {
      if (this.#repairs.length < mostRepairs) this.#repairs.push({ sequenceNumber, roundTripUs });
    }
    this.drain();
  }

  setResendBudget(bytesPerSecond: number): void {
    this.stream.setResendBudget(bytesPerSecond);
  }

  setLossy(isLossy: boolean): void {
    this.#isLossy = isLossy;
  }

  setTwofold(isTwofold: boolean): void {
    this.#isTwofold = isTwofold;
  }

  filler(bytes: number): Buffer | undefined {
    return this.stream.filler(bytes);
  }

  /** Repairs first: what they complete is older than all that waits. What nobody has asked for goes last, or a keyframe would take twice as long to be seen. */
  drain(): void {
    while (this.#pacer.mayGo()) {
      if (this.#repeatDue()) continue;
      const repair = this.#repairs.shift();
      if (repair !== undefined) this.#repair(repair);
      else {
        const packet = this.#waiting.shift();
        if (packet === undefined) {
          if (this.#sendSecond()) continue;
          break;
        }
        this.#send(packet);
      }
    }
    if (this.#repairs.length > 0 || this.#copies.length > 0 || this.#seconds.length > 0 || this.#waiting.length > 0) this.#pacer.wait();
  }

  /** Repairs of what is before a keyframe would only be in the way of the keyframe. */
  #forgetSent(): void {
    this.#repairs.length = 0;
    this.#copies.length = 0;
    this.#seconds.length = 0;
    this.stream.forgetSent();
  }

  #send({ payload, ptsUs, isLast, isEntry }: WaitingPacket): void {
    if (isEntry) this.#forgetSent();
    this.#queuedBytes -= payload.length;
    const { nextSequenceNumber } = this.stream;
    const datagram = this.sender.sendRtp(this.stream.next(payload, ptsUs, isLast));
    if (datagram !== undefined) this.#sent?.add(nextSequenceNumber, datagram, ptsUs);
    if (this.#isTwofold) this.#seconds.push({ sequenceNumber: nextSequenceNumber, dueUs: this.clock.nowUs() + twofoldAfterUs });
    if (isLast) this.sinceTick.record(this.clock.nowUs() - ptsUs);
  }

  #repair({ sequenceNumber, roundTripUs }: WaitingRepair): void {
    const nowUs = this.clock.nowUs();
    const packet = this.stream.resend(sequenceNumber, nowUs, roundTripUs);
    if (packet === undefined) return;
    this.#sendAgain(packet, sequenceNumber);
    if (this.#isLossy) this.#copies.push({ sequenceNumber, dueUs: nowUs + copyAfterUs });
  }

  #repeatDue(): boolean {
    const nowUs = this.clock.nowUs();
    const copy = takeDue(this.#copies, nowUs);
    if (copy === undefined) return false;
    const packet = this.stream.repeat(copy.sequenceNumber, nowUs);
    if (packet !== undefined) this.#sendAgain(packet, copy.sequenceNumber);
    return true;
  }

  #sendSecond(): boolean {
    const second = takeDue(this.#seconds, this.clock.nowUs());
    if (second === undefined) return false;
    const packet = this.stream.copy(second.sequenceNumber);
    if (packet !== undefined) this.sender.sendRtp(packet);
    return true;
  }

  #sendAgain(packet: Buffer, sequenceNumber: number): void {
    if (this.#hasRtx) this.sender.sendRtp(packet);
    else {
      const datagram = this.#sent?.find(sequenceNumber);
      if (datagram !== undefined) this.sender.resend(datagram);
    }
  }
}

function takeDue(copies: DueCopy[], nowUs: number): DueCopy | undefined {
  const [copy] = copies;
  return copy === undefined || copy.dueUs > nowUs ? undefined : copies.shift();
}
