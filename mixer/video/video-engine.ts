import { DurationStatistics } from '../clock/duration-statistics.js';
import { nextTurn } from '../clock/next-turn.js';
import type { RoomTime } from '../clock/room-clock.js';
import type { EncodedVideo, Scene, VideoFormat, VideoFrame, VideoOutput, VideoSource } from '../protocol.js';
import type { Canvas } from './canvas.js';
import { CanvasPool } from './canvas-pool.js';
import { Composition } from './composition.js';
import { DecodeGate } from './decode-gate.js';
import type { Lettering } from './lettering-thread/lettering.js';
import { OutputEncoder } from './output-encoder.js';
import { ParticipantVideo, type SoundDelay } from './participant-video.js';
import { Snapshots } from './snapshots.js';
import { VideoInput } from './video-input.js';

export interface VideoEngineOptions {
  readonly canvas: VideoFormat;
  readonly maxInputPixels: number;
  /** How many frames are decoded at the same time: one less than libuv's pool has threads, so that an encoder never waits for them. */
  readonly decodesAtOnce: number;
  readonly time: RoomTime;
  readonly sound: SoundDelay;
  readonly lettering: Lettering;
  readonly events: VideoEngineEvents;
}

export interface VideoEngineEvents {
  onEncoded(video: EncodedVideo): void;
  onKeyframeNeeded(participantId: string, source: VideoSource): void;
  onPictureSize(participantId: string, source: VideoSource, widthPx: number, heightPx: number): void;
  onFault(stage: string, participantId: string | undefined, message: string): void;
}

/** Sound has to be mixed each 20 ms on this thread: drawing lets go after this long and goes on a moment later. */
const longestStretchUs = 4_000;

/** How often sound is told what delay the pictures need: between two times it gives up a millisecond of it, which it does not even begin to follow. */
const alignEverySeconds = 0.1;

/**
 * The pictures of a room: inputs, canvas, encoders, moved by `tick`. Nothing is decoded or drawn while nobody takes the canvas.
 * `tick` never waits: what a codec does goes on by itself, and a tick that finds the one before still drawing is counted and left out.
 */
export class VideoEngine {
  readonly #canvas: VideoFormat;
  readonly #maxInputPixels: number;
  readonly #time: RoomTime;
  readonly #sound: SoundDelay;
  readonly #events: VideoEngineEvents;
  readonly #gate: DecodeGate;
  readonly #periodUs: number;
  readonly #participants = new Map<string, ParticipantVideo>();
  readonly #outputs = new Map<string, OutputEncoder>();
  readonly #pool: CanvasPool;
  readonly #composition: Composition;
  readonly #snapshots = new Snapshots();
  /** Of what was removed and still has a codec call under way. */
  readonly #closing = new Set<Promise<void>>();
  readonly #drawTime = new DurationStatistics();
  readonly #counters = { ticks: 0, drawn: 0, ticksNothingNew: 0, ticksUnwatched: 0, ticksSkippedDrawing: 0, ticksSkippedNoCanvas: 0, framesOfStrangers: 0 };
  #drawing: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor({ canvas, maxInputPixels, decodesAtOnce, time, sound, lettering, events }: VideoEngineOptions) {
    this.#canvas = canvas;
    this.#maxInputPixels = maxInputPixels;
    this.#time = time;
    this.#sound = sound;
    this.#events = events;
    this.#gate = new DecodeGate(decodesAtOnce);
    this.#periodUs = Math.round(1_000_000 / canvas.fps);
    this.#pool = new CanvasPool(canvas);
    this.#composition = new Composition({
      format: canvas,
      lettering,
      findInput: (participantId, source) => this.#participants.get(participantId)?.inputs.get(source),
      onFault: (participantId, message) => events.onFault('canvas', participantId, message),
    });
  }

  addParticipant(participantId: string): void {
    if (this.#closed !== undefined || this.#participants.has(participantId)) return;
    const createInput = (source: VideoSource): VideoInput => this.#createInput(participantId, source);
    this.#participants.set(participantId, new ParticipantVideo({ participantId, sound: this.#sound, periodUs: this.#periodUs, createInput }));
    this.#updateWanted();
  }

  #createInput(participantId: string, source: VideoSource): VideoInput {
    return new VideoInput({
      maxInputPixels: this.#maxInputPixels,
      time: this.#time,
      gate: this.#gate,
      events: {
        onKeyframeNeeded: () => this.#events.onKeyframeNeeded(participantId, source),
        onPictureSize: (widthPx, heightPx) => this.#events.onPictureSize(participantId, source, widthPx, heightPx),
        onFault: (message) => this.#events.onFault(`${source} decoder`, participantId, message),
      },
    });
  }

  removeParticipant(participantId: string): void {
    const participant = this.#participants.get(participantId);
    if (participant === undefined) return;
    this.#participants.delete(participantId);
    this.#track(participant.close());
  }

  pushFrame(frame: VideoFrame): void {
    const participant = this.#participants.get(frame.participantId);
    if (participant === undefined) {
      this.#counters.framesOfStrangers += 1;
      return;
    }
    participant.input(frame.source).push(frame);
  }

  /** @throws {RangeError} for a tile that is not on the canvas; the scene before stays */
  setScene(scene: Scene): void {
    if (this.#closed !== undefined) return;
    this.#composition.setScene(scene);
    this.#updateWanted();
  }

  /** One with the same id takes the place of the one before. */
  addOutput(output: VideoOutput): void {
    if (this.#closed !== undefined) return;
    this.removeOutput(output.outputId);
    const events = {
      onEncoded: (video: EncodedVideo): void => this.#events.onEncoded(video),
      onFault: (message: string): void => this.#events.onFault(`encoder ${output.outputId}`, undefined, message),
    };
    this.#outputs.set(output.outputId, new OutputEncoder({ output, canvas: this.#canvas, time: this.#time, events }));
    this.#updateWanted();
  }

  removeOutput(outputId: string): void {
    const output = this.#outputs.get(outputId);
    if (output === undefined) return;
    this.#outputs.delete(outputId);
    this.#track(output.close());
    this.#updateWanted();
  }

  requestKeyframe(outputId: string): void {
    this.#outputs.get(outputId)?.requestKeyframe();
  }

  /**
   * The canvas as PNG. Where nobody watches, inputs are decoded for it for up to 1.5 s; who has no picture by then is shown by his avatar.
   * @throws when the engine is closed before, or memory is short
   */
  snapshot(): Promise<Uint8Array> {
    const png = this.#snapshots.request(this.#time.nowUs());
    this.#updateWanted();
    return png;
  }

  get #watched(): boolean {
    return this.#outputs.size > 0 || this.#snapshots.wanted;
  }

  /** A source is decoded when the scene shows it live and somebody takes the canvas. */
  #updateWanted(): void {
    const wanted = new Set<VideoInput>();
    if (this.#watched) {
      for (const { spec } of this.#composition.tiles) {
        const input = spec.live ? this.#participants.get(spec.participantId)?.input(spec.source) : undefined;
        if (input !== undefined) wanted.add(input);
      }
    }
    for (const { inputs } of this.#participants.values()) for (const input of inputs.values()) input.setWanted(wanted.has(input));
  }

  /** @param tickIndex counts the canvas's periods */
  tick(tickUs: number, tickIndex: number): void {
    if (this.#closed !== undefined) return;
    this.#counters.ticks += 1;
    const align = tickIndex % Math.ceil(this.#canvas.fps * alignEverySeconds) === 0;
    for (const participant of this.#participants.values()) {
      participant.advance(tickUs);
      if (align) participant.alignSound();
    }
    if (!this.#watched) {
      this.#counters.ticksUnwatched += 1;
      if (this.#drawing === undefined) this.#pool.releaseUnread();
      return;
    }
    if (this.#drawing !== undefined) {
      this.#counters.ticksSkippedDrawing += 1;
      return;
    }
    this.#composition.decide(tickUs);
    this.#show(tickUs, tickIndex);
  }

  #show(tickUs: number, tickIndex: number): void {
    const { contentVersion } = this.#composition;
    const takers: OutputEncoder[] = [];
    for (const output of this.#outputs.values()) if (output.wants(contentVersion, tickUs, tickIndex)) takers.push(output);
    const snapshot = this.#snapshots.isDue(this.#isComplete(tickUs), tickUs);
    if (takers.length === 0 && !snapshot) {
      this.#counters.ticksNothingNew += 1;
      return;
    }
    const drawn = this.#pool.showing(contentVersion);
    const canvas = drawn ?? this.#pool.takeFree();
    if (canvas === undefined) {
      this.#counters.ticksSkippedNoCanvas += 1;
      return;
    }
    if (drawn !== undefined || this.#drawStretch(canvas)) this.#handOver(canvas, takers, snapshot, tickUs);
    else this.#drawing = this.#drawOn(canvas, takers, snapshot, tickUs);
  }

  /** Nothing more can be had by waiting: each live tile shows a picture or its sender is silent. */
  #isComplete(nowUs: number): boolean {
    return this.#composition.tiles.every(({ spec, showsPicture }) => {
      const input = this.#participants.get(spec.participantId)?.inputs.get(spec.source);
      return !spec.live || showsPicture || input?.isSending(nowUs) !== true;
    });
  }

  /** @returns whether the canvas is complete */
  #drawStretch(canvas: Canvas): boolean {
    const startUs = this.#time.nowUs();
    const complete = this.#composition.draw(canvas, () => this.#time.nowUs() - startUs < longestStretchUs);
    this.#drawTime.record(this.#time.nowUs() - startUs);
    if (complete) this.#counters.drawn += 1;
    return complete;
  }

  async #drawOn(canvas: Canvas, takers: readonly OutputEncoder[], snapshot: boolean, tickUs: number): Promise<void> {
    canvas.retain();
    try {
      do await nextTurn();
      while (this.#closed === undefined && !this.#drawStretch(canvas));
      if (this.#closed === undefined) this.#handOver(canvas, takers, snapshot, tickUs);
    } finally {
      canvas.release();
      this.#drawing = undefined;
    }
  }

  #handOver(canvas: Canvas, takers: readonly OutputEncoder[], snapshot: boolean, tickUs: number): void {
    for (const output of takers) output.offer(canvas, tickUs);
    if (!snapshot) return;
    this.#snapshots.take(canvas);
    this.#updateWanted();
  }

  #track(closing: Promise<void>): void {
    const tracked = closing
      .catch((error: unknown) => this.#events.onFault('closing', undefined, String(error)))
      .finally(() => this.#closing.delete(tracked));
    this.#closing.add(tracked);
  }

  stats(): Readonly<Record<string, unknown>> {
    return {
      canvas: { ...this.#canvas, ...this.#counters, canvases: this.#pool.size, snapshots: this.#snapshots.taken, drawUs: this.#drawTime.summary() },
      inputs: Array.from(this.#participants, ([participantId, { inputs }]) =>
        Array.from(inputs, ([source, input]) => ({
          participantId, source, wanted: input.wanted, delayUs: input.delayUs, ...input.counters, sinceCaptureUs: summaries(input.sinceCapture),
        })),
      ).flat(),
      outputs: Array.from(this.#outputs.values(), ({ output, counters, encodeTime, sinceTick }) => ({ ...output, ...counters, encodeUs: encodeTime.summary(), sinceTickUs: summaries(sinceTick) })),
    };
  }

  /** Resolves when nothing of it is left in native memory. */
  close(): Promise<void> {
    this.#closed ??= this.#free();
    return this.#closed;
  }

  async #free(): Promise<void> {
    await this.#drawing;
    for (const outputId of this.#outputs.keys()) this.removeOutput(outputId);
    for (const participantId of this.#participants.keys()) this.removeParticipant(participantId);
    await Promise.all([this.#snapshots.close(), ...this.#closing]);
    this.#composition.close();
    this.#pool.close();
  }
}

function summaries(gauges: Readonly<Record<string, DurationStatistics>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(gauges).map(([name, gauge]) => [name, gauge.summary()]));
}
