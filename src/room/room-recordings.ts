/** The recordings of a room: each takes the mix like a listener, and lives and fails alone. */
import { stat } from 'node:fs/promises';
import { findFfmpeg, Recording, recordingCodec, type EncodedVideo, type RoomClock, type Timers, type VideoFormat } from '../../mixer/index.js';
import { AppError } from '../errors.js';
import type { RecordingDescription, RecordingFormat, RecordingStatus } from '../rooms/protocol.js';
import type { AudioTaker, RoomOutputs } from './room-outputs.js';
import type { VideoTaker } from './video-fanout.js';

export interface RoomRecordingsOptions {
  readonly room: string;
  readonly canvas: VideoFormat;
  readonly audioChannels: 1 | 2;
  /** Empty: looked for on `environmentPath`, else the bundled one. */
  readonly ffmpegPath: string;
  readonly environmentPath: string | undefined;
  readonly maxActive: number;
  readonly clock: RoomClock;
  readonly timers: Timers;
  readonly outputs: RoomOutputs;
  readonly onChanged: (recording: RecordingDescription) => void;
  /** It goes on: duration and size once a second. */
  readonly onMeasured: (recording: RecordingDescription) => void;
}

export interface RecordingRequest {
  readonly recordingId: string;
  readonly format: RecordingFormat;
  readonly path: string;
  readonly url: string;
}

/** Whoever seeks in the file lands on a keyframe: 4 s is what players and HLS packagers expect, and costs about 3 % of the bits. */
const keyframeIntervalMs = 4_000;
const measureIntervalMs = 1_000;

class RoomRecording implements VideoTaker, AudioTaker {
  readonly request: RecordingRequest;
  recording: Recording | undefined;
  /** Its end, up to the moment when everyone was told. */
  ending: Promise<void> | undefined;
  status: RecordingStatus = 'starting';
  startedAt: string | null = null;
  endedAt: string | null = null;
  bytes = 0;
  error: string | null = null;

  constructor(request: RecordingRequest) {
    this.request = request;
  }

  get isRunning(): boolean {
    return this.status === 'starting' || this.status === 'active';
  }

  takeVideo(video: EncodedVideo): void {
    this.recording?.pushVideo(video);
  }

  takeAudio(ptsUs: number, data: Uint8Array): void {
    this.recording?.pushAudio(ptsUs, data);
  }

  async stop(): Promise<void> {
    await this.recording?.stop();
    await this.ending;
  }

  /** The file grows under another process's hands; one that is not there yet has no bytes. */
  async measure(): Promise<void> {
    this.bytes = await stat(this.request.path).then(
      ({ size }) => size,
      () => this.bytes,
    );
  }

  describe(room: string): RecordingDescription {
    const { recordingId: id, format, url } = this.request;
    const { status, startedAt, endedAt, bytes, error } = this;
    return { id, room, format, status, startedAt, endedAt, durationMs: this.recording?.durationMs ?? 0, bytes, url, error };
  }
}

export class RoomRecordings {
  readonly #options: RoomRecordingsOptions;
  readonly #recordings = new Map<string, RoomRecording>();
  readonly #cancelTimers: readonly (() => void)[];

  constructor(options: RoomRecordingsOptions) {
    this.#options = options;
    this.#cancelTimers = [
      options.timers.every(keyframeIntervalMs, () => this.#requestKeyframes()),
      options.timers.every(measureIntervalMs, () => this.#measureRunning()),
    ];
  }

  /** Those that run; what has ended was told by `onChanged`. */
  describe(): readonly RecordingDescription[] {
    return [...this.#recordings.values()].map((recording) => recording.describe(this.#options.room));
  }

  /** @throws {AppError} `too_many_recordings`, `recording_failed` */
  start(request: RecordingRequest): RecordingDescription {
    const { canvas, audioChannels, timers, outputs, room, maxActive } = this.#options;
    const ffmpegPath = findFfmpeg(this.#options.ffmpegPath, this.#options.environmentPath);
    if ([...this.#recordings.values()].filter(({ isRunning }) => isRunning).length >= maxActive) throw new AppError('too_many_recordings');
    const entry = new RoomRecording(request);
    const events = {
      onActive: (zeroUs: number) => this.#activate(entry, zeroUs),
      onEnded: (failure: string | undefined) => {
        entry.ending = this.#end(entry, failure);
      },
    };
    try {
      entry.recording = new Recording({ format: request.format, path: request.path, canvas, audioChannels, ffmpegPath, timers, events });
    } catch (error) {
      throw new AppError('recording_failed', `FFmpeg could not be started: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#recordings.set(request.recordingId, entry);
    outputs.addVideoTaker(recordingCodec[request.format], entry);
    outputs.addAudioTaker(entry);
    return entry.describe(room);
  }

  /** Resolves when the file is finished. @throws {AppError} `recording_not_found`, `recording_ended` */
  async stop(recordingId: string): Promise<RecordingDescription> {
    const entry = this.#recordings.get(recordingId);
    if (entry === undefined) throw new AppError('recording_not_found');
    if (!entry.isRunning) throw new AppError('recording_ended');
    await entry.stop();
    return entry.describe(this.#options.room);
  }

  /** Resolves when each has ended and `onChanged` has told so. */
  async close(): Promise<void> {
    for (const cancel of this.#cancelTimers) cancel();
    await Promise.all([...this.#recordings.values()].map((entry) => entry.stop()));
  }

  #activate(entry: RoomRecording, zeroUs: number): void {
    entry.status = 'active';
    entry.startedAt = this.#isoAt(zeroUs);
    this.#options.onChanged(entry.describe(this.#options.room));
  }

  async #end(entry: RoomRecording, failure: string | undefined): Promise<void> {
    const { outputs, room, onChanged } = this.#options;
    outputs.removeVideoTaker(entry);
    outputs.removeAudioTaker(entry);
    entry.status = failure === undefined ? 'complete' : 'failed';
    entry.endedAt = this.#isoAt(this.#options.clock.nowUs());
    entry.error = failure ?? null;
    await entry.measure();
    // From here on the server's book has it.
    this.#recordings.delete(entry.request.recordingId);
    onChanged(entry.describe(room));
  }

  #requestKeyframes(): void {
    for (const { isRunning, request } of this.#recordings.values()) if (isRunning) this.#options.outputs.requestTakersKeyframe(recordingCodec[request.format]);
  }

  #measureRunning(): void {
    for (const entry of this.#recordings.values()) if (entry.isRunning) void this.#measure(entry);
  }

  async #measure(entry: RoomRecording): Promise<void> {
    await entry.measure();
    // Its end, which may have come meanwhile, has been told already.
    if (entry.isRunning) this.#options.onMeasured(entry.describe(this.#options.room));
  }

  #isoAt(roomUs: number): string {
    return new Date((this.#options.clock.wallClockZeroUs() + roomUs) / 1000).toISOString();
  }
}
