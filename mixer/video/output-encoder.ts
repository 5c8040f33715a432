import { DurationStatistics } from '../clock/duration-statistics.js';
import type { RoomTime } from '../clock/room-clock.js';
import { NativePicture } from '../ffmpeg/native-picture.js';
import { Scaler } from '../ffmpeg/scaler.js';
import { VideoEncoder } from '../ffmpeg/video-encoder.js';
import type { EncodedVideo, VideoFormat, VideoOutput } from '../protocol.js';
import type { Canvas } from './canvas.js';

export interface OutputEncoderOptions {
  readonly output: VideoOutput;
  readonly canvas: VideoFormat;
  readonly time: RoomTime;
  readonly events: OutputEncoderEvents;
}

export interface OutputEncoderEvents {
  onEncoded(video: EncodedVideo): void;
  onFault(message: string): void;
}

export interface OutputCounters {
  framesEncoded: number;
  keyframes: number;
  bytes: number;
  /** The encoder was behind: a newer picture took the place of the one that waited. */
  ticksSkipped: number;
  faults: number;
}

/** Answers everybody who lost something, or came, within the same moment with one keyframe; shorter, and one bad receiver fills the rate with them. */
const betweenKeyframesUs = 1_000_000;

/** Still pictures are sent again this often: a receiver sees that the stream lives, and its estimates have something to measure. */
const refreshUs = 1_000_000;

/** After the last change the encoder gets the same picture so often again: each time it spends what is left of the rate on sharpness. */
const sharpeningFrames = 10;

/** An encoder that fails has a reason that lasts. */
const reopenAfterUs = 1_000_000;

/**
 * Encodes the canvas for one (codec, size, rate), however many listen. One picture is in the encoder, one may wait; a newer one takes its
 * place. It asks for nothing when nothing changes, but for a refresh now and then.
 */
export class OutputEncoder {
  readonly output: VideoOutput;
  readonly counters: OutputCounters = { framesEncoded: 0, keyframes: 0, bytes: 0, ticksSkipped: 0, faults: 0 };
  readonly encodeTime = new DurationStatistics();
  /** From the tick that a picture shows to the moment when it is drawn, and to that when it is encoded. */
  readonly sinceTick = { drawn: new DurationStatistics(), encoded: new DurationStatistics() };
  readonly #canvasFormat: VideoFormat;
  readonly #time: RoomTime;
  readonly #events: OutputEncoderEvents;
  #encoder: VideoEncoder | undefined;
  #scaler: Scaler | undefined;
  #scaled: NativePicture | undefined;
  #running: Promise<void> | undefined;
  #waiting: { readonly canvas: Canvas; readonly tickUs: number } | undefined;
  #contentVersion = -1;
  #sharpeningLeft = 0;
  #lastOfferUs = Number.NEGATIVE_INFINITY;
  #lastKeyframeUs = Number.NEGATIVE_INFINITY;
  #lastFaultUs = Number.NEGATIVE_INFINITY;
  #keyframeAsked = false;
  #closed = false;

  constructor({ output, canvas, time, events }: OutputEncoderOptions) {
    this.output = output;
    this.#canvasFormat = canvas;
    this.#time = time;
    this.#events = events;
  }

  /** Never lost: too soon after the last one, it comes when that is long enough ago. */
  requestKeyframe(): void {
    this.#keyframeAsked = true;
  }

  /** Whether this tick's picture is to be offered. */
  wants(contentVersion: number, tickUs: number, tickIndex: number): boolean {
    if (this.#closed || tickUs - this.#lastFaultUs < reopenAfterUs || !this.#isItsTurn(tickIndex)) return false;
    if (contentVersion !== this.#contentVersion || this.#sharpeningLeft > 0) return true;
    return this.#isKeyframeDue(tickUs) || tickUs - this.#lastOfferUs >= refreshUs;
  }

  /** Spreads a lower rate evenly over the canvas's ticks. */
  #isItsTurn(tickIndex: number): boolean {
    const { fps } = this.output.format;
    const canvasFps = this.#canvasFormat.fps;
    return fps >= canvasFps || Math.floor((tickIndex * fps) / canvasFps) !== Math.floor(((tickIndex - 1) * fps) / canvasFps);
  }

  #isKeyframeDue(nowUs: number): boolean {
    return this.#keyframeAsked && nowUs - this.#lastKeyframeUs >= betweenKeyframesUs;
  }

  /** Takes the canvas as a reader until it is encoded. */
  offer(canvas: Canvas, tickUs: number): void {
    if (this.#closed) return;
    this.#sharpeningLeft = canvas.contentVersion === this.#contentVersion ? Math.max(0, this.#sharpeningLeft - 1) : sharpeningFrames;
    this.#contentVersion = canvas.contentVersion;
    this.#lastOfferUs = tickUs;
    this.sinceTick.drawn.record(this.#time.nowUs() - tickUs);
    canvas.retain();
    if (this.#waiting !== undefined) {
      this.#waiting.canvas.release();
      this.counters.ticksSkipped += 1;
    }
    this.#waiting = { canvas, tickUs };
    this.#running ??= this.#encodeAll().finally(() => {
      this.#running = undefined;
    });
  }

  async #encodeAll(): Promise<void> {
    for (;;) {
      const next = this.#waiting;
      if (next === undefined) return;
      this.#waiting = undefined;
      try {
        await this.#encode(next.canvas, next.tickUs);
      } catch (error) {
        this.#fail(String(error));
      } finally {
        next.canvas.release();
      }
    }
  }

  async #encode(canvas: Canvas, tickUs: number): Promise<void> {
    if (this.#closed) return;
    this.#encoder ??= await this.#open();
    const startUs = this.#time.nowUs();
    const picture = await this.#inSize(canvas.picture);
    // Closed meanwhile: what is open is freed by close().
    if (this.#isClosed()) return;
    const encoded = await this.#encoder.encode(picture, tickUs, this.#isKeyframeDue(tickUs));
    const endUs = this.#time.nowUs();
    this.encodeTime.record(endUs - startUs);
    this.sinceTick.encoded.record(endUs - tickUs);
    if (this.#isClosed()) return;
    for (const { ptsUs, keyframe, data } of encoded) {
      this.counters.framesEncoded += 1;
      this.counters.bytes += data.byteLength;
      if (keyframe) this.#noteKeyframe(tickUs);
      this.#events.onEncoded({ outputId: this.output.outputId, ptsUs, keyframe, data });
    }
  }

  /** It answers whoever asked until now: nobody has been sent it yet. Those that come by themselves answer too. */
  #noteKeyframe(tickUs: number): void {
    this.counters.keyframes += 1;
    this.#keyframeAsked = false;
    this.#lastKeyframeUs = tickUs;
    // It had to be coarse to be small.
    this.#sharpeningLeft = sharpeningFrames;
  }

  /** A method, because the compiler takes a field for unchanged across an await. */
  #isClosed(): boolean {
    return this.#closed;
  }

  async #open(): Promise<VideoEncoder> {
    const { codec, format, bitrateBps } = this.output;
    // At a lower rate than the canvas's the encoder must not expect more pictures than it will get.
    const fps = Math.min(format.fps, this.#canvasFormat.fps);
    return VideoEncoder.open({ codec, format: { ...format, fps }, bitrateBps });
  }

  async #inSize(picture: NativePicture): Promise<NativePicture> {
    const { widthPx, heightPx } = this.output.format;
    if (widthPx === picture.widthPx && heightPx === picture.heightPx) return picture;
    this.#scaled ??= new NativePicture(widthPx, heightPx);
    this.#scaler ??= new Scaler({ sourceWidthPx: picture.widthPx, sourceHeightPx: picture.heightPx, fullRange: false, targetWidthPx: widthPx, targetHeightPx: heightPx });
    await this.#scaler.scaleInPool(picture, this.#scaled);
    return this.#scaled;
  }

  #fail(message: string): void {
    this.counters.faults += 1;
    this.#lastFaultUs = this.#time.nowUs();
    this.#encoder?.close();
    this.#encoder = undefined;
    // A new encoder begins with a keyframe, and this picture was not sent.
    this.#contentVersion = -1;
    this.#events.onFault(message);
  }

  /** Resolves when nothing of it is left in native memory; a picture in the encoder is waited for, not sent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting?.canvas.release();
    this.#waiting = undefined;
    await this.#running;
    this.#encoder?.close();
    this.#encoder = undefined;
    this.#scaler?.close();
    this.#scaler = undefined;
    this.#scaled?.close();
    this.#scaled = undefined;
  }
}
