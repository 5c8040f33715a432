/**
 * Whole video frames from the packets of one SSRC, in order, whatever order the packets came in.
 *
 * Where a frame ends: at the marker bit, at a packet with another timestamp, or at one that its codec knows to begin a frame, but only
 * across packets that are all there. A lost last packet is therefore a gap like any other, and a sender that sets no marker costs one
 * frame of delay. A sender that sets the marker in mid-frame is found out by the packet that follows, and its markers are not used again.
 *
 * Times: timestamps are unwrapped RTP ticks, `arrivalUs` and `nowUs` microseconds of one clock that only goes forward; which zero does
 * not matter. A gap holds back what is behind it until the packet comes (the owner sends the NACKs), until a whole keyframe stands behind
 * it, or until {@link FrameAssembler.giveUp} finds that it has cost enough. What was incomplete is then dropped and counted.
 *
 * Not its business: asking for keyframes, and deciding whether a frame after a gap is fit to be shown; the frame says `gapBefore`.
 */
import { findFrameStart, findNextFrame, findWholeKeyframe, hasWaitedEnough, isBoundary, isFiller, type WaitLimit } from './frame-boundaries.js';
import { FrameJoiner } from './frame-joiner.js';
import { PacketWindow, type HeldPacket } from './packet-window.js';
import { isDamaged, splitsFrames, startsFrame, type VideoDepacketiser } from './video-depacketiser.js';
import type { AssembledFrame, FrameAssemblerCounters, InboundVideoPacket } from './assembled-frame.js';

export interface FrameAssemblerOptions {
  /** By payload type. Packets of any other type are counted and passed over, like padding. */
  readonly depacketisers: ReadonlyMap<number, VideoDepacketiser>;
  /** RTP ticks a second; 90,000 for all video. */
  readonly clockHz?: number;
  /** The longest that a gap holds frames back, in media time, and in time of arrival for a sender that falls silent. */
  readonly waitUs?: number;
  /** Packets held at most, a power of two. */
  readonly maxPackets?: number;
  /** Payload bytes held at most. */
  readonly maxBytes?: number;
  readonly onFrame: (frame: AssembledFrame) => void;
  /** Something was dropped: frames that come now are damaged until a keyframe. Called once for each drop, before the next frame. */
  readonly onGap?: () => void;
  /** Nothing is missing in the places from `first` up to `end`, that one excluded: they held no part of a picture. */
  readonly onEmpty?: (first: number, end: number) => void;
}

const videoClockHz = 90_000;
/** Beyond 200 ms a retransmission is too late for a conversation: a playout buffer of that depth would be felt as delay by everyone. */
const defaultWaitUs = 200_000;
/** 20 s of a 1 Mbps stream, or one keyframe of 2.4 MB. A quarter of it would refuse the keyframe of a shared 4K screen. */
const defaultMaxPackets = 2_048;
/** Acts before the packets' own limit only for datagrams beyond the usual 1,500 bytes. */
const defaultMaxBytes = 4 * 1024 * 1024;
/** A packet that far behind the window is from a sender that began anew; 16 s at 1,000 packets a second is no reordering. */
const restartPackets = 16_384;

export class FrameAssembler {
  readonly #depacketisers: ReadonlyMap<number, VideoDepacketiser>;
  readonly #clockHz: number;
  #waitLimit: WaitLimit;
  readonly #maxBytes: number;
  readonly #onEmpty: ((first: number, end: number) => void) | undefined;
  /** Starts with the first packet of the frame that comes next. */
  readonly #window: PacketWindow;
  readonly #joiner: FrameJoiner;
  readonly #numberOf = ({ payload, payloadType }: HeldPacket): number | undefined => this.#depacketisers.get(payloadType)?.pictureNumber(payload);
  readonly #counters: FrameAssemblerCounters = {
    frames: 0, keyframes: 0, droppedFrames: 0, lostPackets: 0, latePackets: 0, duplicatePackets: 0, damagedFrames: 0, overflows: 0, restarts: 0, unknownPayloadTypes: 0,
  };
  /** The first packet that is not there: all from the window's start up to it are one frame in the making. */
  #cursor = 0;
  #hasBegun = false;
  /** Until the first frame has left, packets before the first one seen are welcome. */
  #isAtStart = true;
  /** The stream was met in mid-frame: the window starts with a place that stands for all that was missed, and only a frame's beginning may fill it. */
  #isBeginningOpen = false;
  #isRestartExpected = false;
  #areMarkersTrue = true;
  /** No two pictures had the same number. */
  #areNumbersTrue = true;
  /** Of the frame that was given or dropped last: what still comes of it is no new frame. */
  #closedTimestamp: number | undefined;
  /** Of the frame that was given last; undefined where nobody counts, or something was dropped since. */
  #closedNumber: number | undefined;

  constructor({
    depacketisers, clockHz = videoClockHz, waitUs = defaultWaitUs, maxPackets = defaultMaxPackets, maxBytes = defaultMaxBytes, onFrame, onGap, onEmpty,
  }: FrameAssemblerOptions) {
    this.#depacketisers = depacketisers;
    this.#clockHz = clockHz;
    this.#waitLimit = { waitUs, waitTicks: (waitUs * clockHz) / 1e6 };
    this.#maxBytes = maxBytes;
    this.#onEmpty = onEmpty;
    this.#window = new PacketWindow({ maxPackets });
    this.#joiner = new FrameJoiner({ depacketisers, counters: this.#counters, onFrame, onGap });
  }

  get counters(): Readonly<FrameAssemblerCounters> {
    return this.#counters;
  }

  /** Payload bytes held back now. */
  get heldBytes(): number {
    return this.#window.bytes;
  }

  /** Takes one packet, in any order; a second copy is passed over. Frames that became whole are given to `onFrame` before it returns. */
  push(packet: InboundVideoPacket): void {
    const { index } = packet;
    const window = this.#window;
    const traits = this.#traitsOf(packet);
    if (!this.#hasBegun) this.#beginAt(index, traits);
    const isEarlier = index < window.start || (index === window.start && this.#isBeginningOpen && (traits & startsFrame) === 0);
    if (isEarlier && !this.#admitEarlier(packet, traits)) return;
    this.#isRestartExpected = false;
    if (window.at(index) !== undefined) {
      this.#counters.duplicatePackets++;
      return;
    }
    if (!this.#makeRoom(index, traits, packet.payload.length)) return;
    window.put(packet, traits);
    if (index === window.start) this.#isBeginningOpen = false;
    if (index === this.#cursor) this.#advance();
    else if ((traits & startsFrame) === 0 || !this.#passEmpty()) this.#jumpToKeyframe(index);
  }

  /** The sender went on from far behind: if the next packet comes from before the window, it is not late. Whoever knows of that sooner than by {@link restartPackets} says it. */
  expectRestart(): void {
    this.#isRestartExpected = true;
  }

  /** Of the packet that is needed next: whatever is missing before it is needed no more. */
  get nextIndex(): number {
    return this.#cursor;
  }

  /** From now on a gap holds frames back so long at most; see `waitUs` of the options. */
  setWait(waitUs: number): void {
    if (waitUs !== this.#waitLimit.waitUs) this.#waitLimit = { waitUs, waitTicks: (waitUs * this.#clockHz) / 1e6 };
  }

  /**
   * Drops what has waited for its missing packets long enough, and gives the frames that stood behind. To be called at every tick of
   * the owner's timer (10 to 20 ms): without it only a keyframe or the memory limit ends a gap.
   */
  giveUp(nowUs: number): void {
    const window = this.#window;
    while (hasWaitedEnough(window, this.#cursor, nowUs, this.#waitLimit)) this.#skipTo(findFrameStart(window, this.#cursor));
  }

  #traitsOf(packet: InboundVideoPacket): number {
    if (packet.payload.length === 0) return isFiller;
    const depacketiser = this.#depacketisers.get(packet.payloadType);
    if (depacketiser !== undefined) return depacketiser.inspect(packet.payload);
    this.#counters.unknownPayloadTypes++;
    return isFiller;
  }

  /** A stream that is met in mid-frame begins with a gap: its missing piece is whatever came before. */
  #beginAt(index: number, traits: number): void {
    this.#hasBegun = true;
    this.#isBeginningOpen = (traits & startsFrame) === 0;
    this.#cursor = this.#isBeginningOpen ? index - 1 : index;
    this.#window.restartAt(this.#cursor);
  }

  /** A packet before the window: late, unless the stream's very first packets were reordered or the sender began anew. */
  #admitEarlier(packet: InboundVideoPacket, traits: number): boolean {
    const { index } = packet;
    const window = this.#window;
    if (this.#isRestartExpected || window.start - index > restartPackets) {
      this.#counters.restarts++;
      this.#restartAt(index, traits);
      return true;
    }
    if (this.#isAtStart) {
      const isStart = (traits & startsFrame) !== 0;
      const first = window.at(window.start) ?? window.at(window.start + 1);
      const start = isStart ? index : index - 1;
      if ((isStart || first?.timestamp === packet.timestamp) && window.lowerTo(start)) {
        this.#cursor = start;
        this.#isBeginningOpen = !isStart;
        return true;
      }
    }
    this.#counters.latePackets++;
    return false;
  }

  /** The limits of memory: a stream that far behind is not saved by more patience, so all of it goes, up to the next keyframe. */
  #makeRoom(index: number, traits: number, bytes: number): boolean {
    const window = this.#window;
    if (window.canHold(index) && window.bytes + bytes <= this.#maxBytes) return true;
    this.#counters.overflows++;
    const isNewest = index >= window.end;
    this.#restartAt(isNewest ? index : window.end, isNewest ? traits : 0);
    return isNewest;
  }

  #restartAt(index: number, traits: number): void {
    this.#skipTo(this.#window.end);
    this.#beginAt(index, traits);
    this.#joiner.waitForKeyframe();
  }

  /** Gives every frame that is whole, from the cursor on. */
  #advance(): void {
    const window = this.#window;
    for (let packet = window.at(this.#cursor); packet !== undefined; packet = window.at(this.#cursor)) {
      const first = this.#cursor === window.start ? undefined : window.at(window.start);
      if (first !== undefined && (packet.traits & isFiller) === 0 && isBoundary(first, packet)) {
        this.#give();
        continue;
      }
      this.#cursor++;
      if (first === undefined && this.#isNoFrameStart(packet)) window.advanceTo(this.#cursor);
      else if (packet.marker && this.#areMarkersTrue && (packet.traits & isFiller) === 0) this.#give();
    }
    if (this.#window.end > this.#cursor) this.#passEmpty();
  }

  /** A gap between a frame that ended with its marker and the next one by number hides nothing. */
  #passEmpty(): boolean {
    const window = this.#window;
    const gap = this.#cursor;
    if (gap !== window.start || this.#closedNumber === undefined || !this.#areMarkersTrue || !this.#areNumbersTrue) return false;
    const next = findNextFrame(window, gap, this.#closedNumber, this.#numberOf);
    if (next === undefined) return false;
    this.#onEmpty?.(gap, next);
    this.#cursor = next;
    window.advanceTo(next);
    this.#advance();
    return true;
  }

  /** Padding between frames, or more of a frame that is over: because it was dropped, or because its marker lied. */
  #isNoFrameStart(packet: HeldPacket): boolean {
    if ((packet.traits & isFiller) !== 0) return true;
    if (packet.timestamp !== this.#closedTimestamp || (packet.traits & splitsFrames) !== 0) return false;
    if (!this.#joiner.isGapPending) {
      this.#areMarkersTrue = false;
      this.#counters.damagedFrames++;
      this.#joiner.reportGap();
    }
    this.#salvage(packet);
    return true;
  }

  /** Joins and gives the packets from the window's start up to the cursor, which are one frame. */
  #give(): void {
    const window = this.#window;
    const first = window.at(window.start);
    if (first === undefined) return;
    const joined = this.#joiner.join(window, first, this.#cursor);
    const { outcome, number, timestamp } = joined;
    if (number !== undefined && number === this.#closedNumber) this.#areNumbersTrue = false;
    window.advanceTo(this.#cursor);
    this.#isAtStart = false;
    // Parameter sets sent alone are no frame: a sender may mark them as one and give the picture the same timestamp.
    this.#closedTimestamp = outcome === 'no-picture' ? undefined : timestamp;
    this.#closedNumber = typeof outcome === 'string' ? undefined : number;
    this.#joiner.give(joined);
  }

  /** Behind a gap: when this packet made a keyframe whole, nothing before it is worth waiting for. */
  #jumpToKeyframe(index: number): void {
    const window = this.#window;
    const packet = window.at(index);
    const before = window.at(index - 1);
    // Only a packet that can complete a frame is a reason to look: its last one, one that fills a hole, or the first of the next frame.
    let start: number | undefined;
    if (packet?.marker === true || window.at(index + 1) !== undefined) start = findWholeKeyframe(window, index, this.#areMarkersTrue);
    if (start === undefined && packet !== undefined && before !== undefined && isBoundary(before, packet)) {
      start = findWholeKeyframe(window, index - 1, this.#areMarkersTrue);
    }
    if (start !== undefined) this.#skipTo(start);
  }

  /** Drops everything before that index, then goes on there. */
  #skipTo(start: number): void {
    const window = this.#window;
    let lastTimestamp = this.#closedTimestamp;
    for (let index = window.start; index < start; index++) {
      const packet = window.at(index);
      if (packet === undefined) this.#counters.lostPackets++;
      else if ((packet.traits & isFiller) === 0) {
        if (packet.timestamp !== lastTimestamp) this.#counters.droppedFrames++;
        lastTimestamp = packet.timestamp;
        this.#salvage(packet);
      }
    }
    // Only a frame cut off by the window's end has more to come.
    this.#closedTimestamp = start === window.end ? lastTimestamp : undefined;
    this.#closedNumber = undefined;
    this.#isAtStart = false;
    this.#isBeginningOpen = false;
    window.advanceTo(start);
    this.#cursor = start;
    this.#joiner.reportGap();
    this.#advance();
  }

  #salvage(packet: HeldPacket): void {
    if ((packet.traits & isDamaged) === 0) this.#depacketisers.get(packet.payloadType)?.salvage(packet.payload);
  }
}
