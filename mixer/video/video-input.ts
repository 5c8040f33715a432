import { DurationStatistics } from '../clock/duration-statistics.js';
import type { RoomTime } from '../clock/room-clock.js';
import type { DecodedPicture } from '../ffmpeg/decoded-picture.js';
import { MediaError } from '../ffmpeg/library.js';
import type { VideoCodec, VideoFrame } from '../protocol.js';
import type { DecodeGate } from './decode-gate.js';
import { EncodedQueue } from './encoded-queue.js';
import { findParameterSets } from './h264-headers.js';
import { InputDecoder, type InputDecoderOptions } from './input-decoder.js';
import { Lateness } from './lateness.js';
import { PictureQueue } from './picture-queue.js';
import { createVideoInputCounters } from './video-input-counters.js';
import { readVp8Size, type CodedSize } from './vp8-header.js';

export interface VideoInputOptions {
  readonly maxInputPixels: number;
  readonly time: RoomTime;
  /** Shared by all inputs. */
  readonly gate: DecodeGate;
  readonly events: VideoInputEvents;
  readonly openDecoder?: InputDecoderOptions['open'];
}

export interface VideoInputEvents {
  onKeyframeNeeded(): void;
  /** After rotation. */
  onPictureSize(widthPx: number, heightPx: number): void;
  /** May come with each frame; who tells people about it sees to the number. */
  onFault(message: string): void;
}

/** Sound and network jitter of a LAN; the first pictures find the real value. */
const firstLatenessUs = 30_000;

/** Pictures that come later than this are shown when they come: a longer wait would make talking over each other the rule. */
const longestOwnDelayUs = 200_000;

/** Once a request got lost, this long the tile stands; twice as often would make keyframes of most of what a slow sender can send. */
const askAgainUs = 500_000;

/** Who sent nothing for this long has no stream that a keyframe could start. */
const sendsNothingUs = 2_000_000;

/** After this a picture that nobody wants is not kept for the next time. */
const forgetPictureUs = 2_000_000;

/**
 * One source of one participant, from encoded frames to the picture that its tile shows. Nothing is decoded while nobody wants it, nor between a gap and
 * the next keyframe: the last good picture stays. Times are the room's; a sender's may jump either way.
 */
export class VideoInput {
  readonly counters = createVideoInputCounters();
  /** What its pictures have waited by each stage, counted from their capture. */
  readonly sinceCapture = { arrived: new DurationStatistics(), received: new DurationStatistics(), decoded: new DurationStatistics(), shown: new DurationStatistics() };
  readonly #maxInputPixels: number;
  readonly #time: RoomTime;
  readonly #turns: DecodeGate;
  readonly #events: VideoInputEvents;
  readonly #decoder: InputDecoder;
  readonly #encoded = new EncodedQueue();
  readonly #decoded = new PictureQueue();
  readonly #lateness = new Lateness(firstLatenessUs);
  #pumping: Promise<void> | undefined;
  #picture: DecodedPicture | undefined;
  #pictureVersion = 0;
  #pictureTakenUs = 0;
  #wanted = false;
  /** `refused`: what he sends is too large or of no use; a keyframe would not help. */
  #gate: 'awaitingKeyframe' | 'open' | 'refused' = 'awaitingKeyframe';
  #codec: VideoCodec | undefined;
  #sizeKey = '';
  #lastArrivalUs = Number.NEGATIVE_INFINITY;
  #lastAskUs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor({ maxInputPixels, time, gate, events, openDecoder }: VideoInputOptions) {
    this.#maxInputPixels = maxInputPixels;
    this.#time = time;
    this.#turns = gate;
    this.#events = events;
    this.#decoder = new InputDecoder({ maxPixels: maxInputPixels, isWanted: () => this.#wanted, counters: this.counters, open: openDecoder });
  }

  /** What the tile shows; the input keeps it until the next `advance`. */
  get picture(): DecodedPicture | undefined {
    return this.#picture;
  }

  /** Another one each time `picture` is another one. */
  get pictureVersion(): number {
    return this.#pictureVersion;
  }

  /** When `picture` was taken. */
  get pictureTakenUs(): number {
    return this.#pictureTakenUs;
  }

  /** How long after its capture to show a picture, where no sound says it. */
  get delayUs(): number {
    return Math.min(this.#lateness.usualUs, longestOwnDelayUs);
  }

  get wanted(): boolean {
    return this.#wanted;
  }

  /** Frames came in a moment ago, so a picture can be hoped for. */
  isSending(nowUs: number): boolean {
    return nowUs - this.#lastArrivalUs < sendsNothingUs && this.#gate !== 'refused';
  }

  push(frame: VideoFrame): void {
    if (this.#closed) return;
    this.counters.framesIn += 1;
    this.#lastArrivalUs = this.#time.nowUs();
    this.sinceCapture.arrived.record(frame.arrivalUs - frame.ptsUs);
    this.sinceCapture.received.record(this.#lastArrivalUs - frame.ptsUs);
    this.#decoder.note(frame);
    if (!this.#wanted) {
      this.counters.droppedUnwanted += 1;
      return;
    }
    if (!this.#passesGate(frame)) return;
    const dropped = this.#encoded.push(frame);
    if (dropped > 0) {
      this.counters.droppedQueueFull += dropped;
      if (this.#encoded.length === 0) this.#awaitKeyframe();
    }
    this.#pump();
  }

  #passesGate(frame: VideoFrame): boolean {
    if (frame.keyframe) {
      const size = frame.codec === 'vp8' ? readVp8Size(frame.data) : findParameterSets(frame.data)?.size;
      if (size !== undefined && !this.#isAllowed(size)) {
        this.#refuse(`pictures of ${size.widthPx}x${size.heightPx} are over the limit`);
        return false;
      }
      this.#gate = 'open';
      this.#codec = frame.codec;
      return true;
    }
    if (this.#gate === 'open' && (frame.gapBefore || frame.codec !== this.#codec)) {
      this.counters.gaps += 1;
      this.#awaitKeyframe();
    }
    if (this.#gate === 'open') return true;
    if (this.#gate === 'refused') this.counters.droppedTooLarge += 1;
    else this.counters.droppedAwaitingKeyframe += 1;
    return false;
  }

  #isAllowed({ widthPx, heightPx }: CodedSize): boolean {
    return widthPx >= 2 && heightPx >= 2 && widthPx * heightPx <= this.#maxInputPixels;
  }

  /** The avatar takes the tile until a keyframe of a size that is allowed comes. */
  #refuse(reason: string): void {
    this.counters.droppedTooLarge += 1;
    if (this.#gate !== 'refused') this.#events.onFault(`not shown: ${reason}`);
    this.#gate = 'refused';
    this.#encoded.clear();
    this.#decoded.close();
    this.#setPicture(undefined);
  }

  #awaitKeyframe(): void {
    this.#gate = 'awaitingKeyframe';
    this.#askKeyframe();
  }

  #askKeyframe(): void {
    const nowUs = this.#time.nowUs();
    if (nowUs - this.#lastAskUs < askAgainUs) return;
    this.#lastAskUs = nowUs;
    this.counters.keyframesAsked += 1;
    this.#events.onKeyframeNeeded();
  }

  /** Wanted: the scene shows it and somebody takes the canvas. */
  setWanted(wanted: boolean): void {
    if (wanted === this.#wanted || this.#closed) return;
    this.#wanted = wanted;
    if (wanted) {
      this.#askKeyframe();
      return;
    }
    this.#gate = 'awaitingKeyframe';
    this.counters.droppedUnwanted += this.#encoded.clear();
    this.#decoded.close();
    this.#decoder.close();
  }

  /** One decode at a time, in order; it pauses while enough decoded pictures wait for their time. */
  #pump(): void {
    if (this.#pumping !== undefined || this.#encoded.length === 0) return;
    this.#pumping = this.#decodeAll().finally(() => {
      this.#pumping = undefined;
    });
  }

  async #decodeAll(): Promise<void> {
    while (this.#wanted && this.#decoded.hasRoom && this.#encoded.length > 0) {
      await this.#turns.enter();
      try {
        const frame = this.#encoded.take();
        if (frame !== undefined) await this.#decode(frame);
      } catch (error) {
        // A bug here is this tile's own: it is told and the next keyframe starts afresh.
        this.#loseDecoder(error instanceof Error ? error : new Error(String(error)));
      } finally {
        this.#turns.leave();
      }
    }
  }

  async #decode(frame: VideoFrame): Promise<void> {
    const decoded = await this.#decoder.decode(frame);
    if (decoded === undefined) return;
    // Meanwhile nobody may want it any more.
    const current = decoded.isCurrent && this.#gate !== 'refused';
    let damaged = false;
    for (const picture of decoded.pictures) {
      damaged ||= picture.damaged;
      if (current && !damaged && picture.usable && this.#isAllowed(picture)) {
        this.#take(picture);
        continue;
      }
      picture.close();
      if (current && !damaged) this.#refuse(`${picture.widthPx}x${picture.heightPx} ${picture.usable ? 'is over the limit' : 'is not 8-bit 4:2:0'}`);
    }
    if (current && damaged) throw new MediaError(`a damaged ${frame.codec} picture`);
  }

  #take(picture: DecodedPicture): void {
    this.counters.decoded += 1;
    const latenessUs = this.#time.nowUs() - picture.ptsUs;
    this.sinceCapture.decoded.record(latenessUs);
    this.#lateness.observe(latenessUs);
    this.#decoded.push(picture);
    const upright = picture.rotationDegrees % 180 === 0;
    const [widthPx, heightPx] = upright ? [picture.widthPx, picture.heightPx] : [picture.heightPx, picture.widthPx];
    const key = `${widthPx}x${heightPx}`;
    if (key === this.#sizeKey) return;
    this.#sizeKey = key;
    this.#events.onPictureSize(widthPx, heightPx);
  }

  /** What the decoder made is not to be trusted any more: on with the next keyframe, in the queue or to come. */
  #loseDecoder(error: Error): void {
    this.counters.droppedDamaged += 1;
    this.#decoder.close();
    if (this.#closed || !this.#wanted || this.#gate === 'refused') return;
    this.counters.droppedAwaitingKeyframe += this.#encoded.dropToKeyframe(0);
    if (this.#encoded.length === 0) this.#awaitKeyframe();
    this.#events.onFault(error.message);
  }

  /** Takes the newest picture captured at `dueUs` or before, give or take the leeway, if there is one; then goes on decoding. */
  advance(nowUs: number, dueUs: number, leewayUs = 0): void {
    if (this.#closed) return;
    if (!this.#wanted) {
      if (this.#picture !== undefined && nowUs - this.#pictureTakenUs >= forgetPictureUs) this.#setPicture(undefined);
      return;
    }
    const due = this.#decoded.takeDue(dueUs, leewayUs);
    if (due !== undefined) {
      this.counters.shown += 1;
      this.counters.overtaken += due.overtaken;
      this.sinceCapture.shown.record(nowUs - due.picture.ptsUs);
      this.#pictureTakenUs = nowUs;
      this.#setPicture(due.picture);
    }
    if (this.#gate === 'awaitingKeyframe' && this.isSending(nowUs)) this.#askKeyframe();
    this.#pump();
  }

  #setPicture(picture: DecodedPicture | undefined): void {
    if (picture === undefined && this.#picture === undefined) return;
    this.#picture?.close();
    this.#picture = picture;
    this.#pictureVersion += 1;
  }

  /** Resolves when nothing of it is left in native memory. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wanted = false;
    this.#encoded.clear();
    this.#decoded.close();
    this.#setPicture(undefined);
    this.#decoder.close();
    await this.#pumping;
  }
}
