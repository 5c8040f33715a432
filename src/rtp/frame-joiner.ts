/**
 * One frame from its packets, all there and in order, and whether it may go out: what follows on a gap says so, and after a loss of everything nothing goes before a keyframe.
 */
import type { AssembledFrame, FrameAssemblerCounters, RotationDegrees } from './assembled-frame.js';
import { isFiller } from './frame-boundaries.js';
import type { HeldPacket, PacketWindow } from './packet-window.js';
import { isDamaged, type JoinedFrame, type VideoCodec, type VideoDepacketiser } from './video-depacketiser.js';

export interface FrameJoinerOptions {
  /** By payload type. */
  readonly depacketisers: ReadonlyMap<number, VideoDepacketiser>;
  /** Where frames are counted. */
  readonly counters: FrameAssemblerCounters;
  readonly onFrame: (frame: AssembledFrame) => void;
  /** Called once for each thing that was dropped, before the next frame. */
  readonly onGap: (() => void) | undefined;
}

/** The packets of one frame as one. */
export interface JoinedPackets {
  readonly outcome: JoinedFrame | 'damaged' | 'no-picture';
  readonly depacketiser: VideoDepacketiser | undefined;
  readonly payloadType: number;
  readonly timestamp: number;
  /** When the one that came last came. */
  readonly arrivalUs: number;
  /** Of its picture, where its sender counts them. */
  readonly number: number | undefined;
}

export class FrameJoiner {
  readonly #depacketisers: ReadonlyMap<number, VideoDepacketiser>;
  readonly #counters: FrameAssemblerCounters;
  readonly #onFrame: (frame: AssembledFrame) => void;
  readonly #onGap: (() => void) | undefined;
  /** Scratch of each join. */
  readonly #payloads: Uint8Array[] = [];
  #isGapPending = false;
  #isWaitingForKeyframe = false;
  #lastCodec: VideoCodec | undefined;
  #rotationDegrees: RotationDegrees = 0;

  constructor({ depacketisers, counters, onFrame, onGap }: FrameJoinerOptions) {
    this.#depacketisers = depacketisers;
    this.#counters = counters;
    this.#onFrame = onFrame;
    this.#onGap = onGap;
  }

  /** Something was dropped, and no frame has gone out since. */
  get isGapPending(): boolean {
    return this.#isGapPending;
  }

  reportGap(): void {
    this.#isGapPending = true;
    this.#onGap?.();
  }

  /** Nothing else goes out before one. */
  waitForKeyframe(): void {
    this.#isWaitingForKeyframe = true;
  }

  /** Those from the window's start, which is there, up to `end`, that one excluded. */
  join(window: PacketWindow, first: HeldPacket, end: number): JoinedPackets {
    const { timestamp, payloadType } = first;
    let { traits, arrivalUs } = first;
    for (let index = window.start; index < end; index++) {
      const packet = window.at(index);
      if (packet === undefined || (packet.traits & isFiller) !== 0) continue;
      this.#payloads.push(packet.payload);
      traits |= packet.traits;
      if (packet.arrivalUs > arrivalUs) arrivalUs = packet.arrivalUs;
      if (packet.rotationDegrees !== undefined) this.#rotationDegrees = packet.rotationDegrees;
    }
    const depacketiser = this.#depacketisers.get(payloadType);
    const outcome = depacketiser === undefined || (traits & isDamaged) !== 0 ? 'damaged' : depacketiser.join(this.#payloads);
    this.#payloads.length = 0;
    return { outcome, depacketiser, payloadType, timestamp, arrivalUs, number: depacketiser?.pictureNumber(first.payload) };
  }

  give({ outcome, depacketiser, payloadType, timestamp, arrivalUs }: JoinedPackets): void {
    if (outcome === 'no-picture') return;
    if (outcome === 'damaged' || depacketiser === undefined) {
      this.#counters.damagedFrames++;
      this.reportGap();
      return;
    }
    if (this.#isWaitingForKeyframe && !outcome.keyframe) {
      this.#counters.droppedFrames++;
      return;
    }
    const { codec } = depacketiser;
    // One codec's pictures are no reference for another's, and a stream may not begin with a difference to nothing.
    const isOrphan = !outcome.keyframe && this.#lastCodec !== codec;
    const gapBefore = this.#isGapPending || isOrphan;
    this.#isGapPending = false;
    this.#isWaitingForKeyframe = false;
    this.#lastCodec = codec;
    this.#counters.frames++;
    if (outcome.keyframe) this.#counters.keyframes++;
    this.#onFrame({ ...outcome, codec, payloadType, timestamp, arrivalUs, gapBefore, rotationDegrees: this.#rotationDegrees });
  }
}
