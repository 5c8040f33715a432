/**
 * One recording of the mix: the room's own encoded frames, as a live Matroska stream into an FFmpeg process that writes the file.
 * Video is never encoded again. The file is playable at any moment: fragments (MP4) or clusters (WebM) of one second.
 * Times are the room's microseconds; the file's zero is its first keyframe, sound before it is left out, and from there on it has no holes (`recording-sound.ts`).
 * A slow disk makes the process slow, and the stream towards it grows: beyond a bound the recording fails, alone.
 */
import { accessSync, constants } from 'node:fs';
import { PassThrough } from 'node:stream';
import ffmpeg from 'fluent-ffmpeg';
import type { EncodedVideo, VideoCodec, VideoFormat } from '../protocol.js';
import type { Timers } from '../clock/timers.js';
import { avcDecoderConfiguration, toAvc } from './avc.js';
import { audioTrack, matroskaBlock, matroskaHeader, opusLookAheadUs, videoTrack, type MatroskaTrackNumber } from './matroska-writer.js';
import { RecordingSound } from './recording-sound.js';

export type RecordingFormat = 'mp4' | 'webm';

export interface RecordingOptions {
  readonly format: RecordingFormat;
  /** Absolute path of the file to write; its folder exists. */
  readonly path: string;
  readonly canvas: VideoFormat;
  /** Of the mix: stereo in rooms for music. */
  readonly audioChannels: 1 | 2;
  readonly ffmpegPath: string;
  readonly timers: Timers;
  readonly events: RecordingEvents;
}

export interface RecordingEvents {
  /** The first frame is on its way to the file, whose zero is this moment of the room: a while ago, since the frame had to be encoded. */
  onActive(zeroUs: number): void;
  /** Once: `undefined` when the file was finished as asked, else why not. */
  onEnded(failure: string | undefined): void;
}

/** The codec that a format stores without encoding again. MP4 takes H.264: VP8 in MP4 plays almost nowhere. */
export const recordingCodec: Readonly<Record<RecordingFormat, VideoCodec>> = { mp4: 'h264', webm: 'vp8' };

/** At 1.5 Mbps about 40 s of media: longer than any healthy disk stalls, short enough for the room's memory. */
const maxBacklogBytes = 8 * 1024 * 1024;
/** Finishing means writing at most one fragment; a process that does not end by then never will. Shorter than a room's own time to close (7 s). */
const stopTimeoutMs = 5_000;
/** From SIGKILL to the end of a process, also of one that was never started. */
const killTimeoutMs = 500;

/** The stream describes itself in its first bytes: FFmpeg is not to wait for more before it starts. */
const inputOptions = ['-probesize 32', '-analyzeduration 1', '-fpsprobesize 0'];
/**
 * FFmpeg's own Opus decoder of 2018, that of the bundled build, fails at the speech half of hybrid packets: holes of 100 ms in every word. libopus is in all usual builds.
 */
const decoderOptions = ['-c:a libopus'];
const outputOptions: Readonly<Record<RecordingFormat, readonly string[]>> = {
  // AAC: Opus in MP4 is not played by Safari before 17 nor by most desktop players.
  mp4: ['-c:v copy', '-c:a aac', '-b:a 96k', '-movflags +frag_keyframe+empty_moov+default_base_moof', '-frag_duration 1000000', '-flush_packets 1', '-f mp4'],
  webm: ['-c copy', '-cluster_time_limit 1000', '-flush_packets 1', '-f webm'],
};

export class Recording {
  readonly format: RecordingFormat;
  readonly #options: RecordingOptions;
  readonly #stream = new PassThrough();
  readonly #sound: RecordingSound;
  readonly #command: ffmpeg.FfmpegCommand;
  #zeroUs: number | undefined;
  #lastPtsUs = 0;
  #state: 'running' | 'stopping' | 'ended' = 'running';
  #failure: string | undefined;
  readonly #ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;

  /** @throws {Error} when the program is not there or may not be run. */
  constructor(options: RecordingOptions) {
    // fluent-ffmpeg's own handling of a missing program throws past its 'error' event (processor.js endCB): do not let it come to that.
    accessSync(options.ffmpegPath, constants.X_OK);
    this.format = options.format;
    this.#options = options;
    this.#sound = new RecordingSound({ channels: options.audioChannels, onPacket: (ptsUs, data) => this.#write(audioTrack, ptsUs, true, data) });
    this.#ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    // A process that is gone closes its end; that is told by its exit, not here.
    this.#stream.on('error', () => undefined);
    this.#command = ffmpeg({ logger: undefined })
      .setFfmpegPath(options.ffmpegPath)
      .input(this.#stream)
      .inputFormat('matroska')
      .inputOptions([...inputOptions, ...(options.format === 'mp4' ? decoderOptions : [])])
      .outputOptions([...outputOptions[options.format]])
      .output(options.path)
      .on('end', () => this.#end(this.#failure ?? this.#emptiness()))
      .on('error', (error: Error, _out: string | null, stderr: string | null) =>
        this.#end(this.#failure ?? this.#emptiness() ?? (wasAskedToEnd(stderr) ? undefined : describeFailure(error, stderr))),
      );
    this.#command.run();
  }

  get durationMs(): number {
    return this.#zeroUs === undefined ? 0 : Math.max(0, Math.round((this.#lastPtsUs - this.#zeroUs) / 1000));
  }

  /** Of the FFmpeg process; undefined before it runs and after it ended. */
  get processId(): number | undefined {
    // Not in its published types, but in its documentation of kill().
    return (this.#command as unknown as { ffmpegProc?: { pid?: number } }).ffmpegProc?.pid;
  }

  pushVideo(video: EncodedVideo): void {
    if (this.#state !== 'running') return;
    const { canvas } = this.#options;
    let { data } = video;
    if (recordingCodec[this.format] === 'h264') {
      const unit = toAvc(data);
      data = unit.data;
      if (this.#zeroUs === undefined && video.keyframe && unit.sps !== undefined && unit.pps !== undefined) {
        this.#begin(video.ptsUs, { codec: 'h264', widthPx: canvas.widthPx, heightPx: canvas.heightPx, codecPrivate: avcDecoderConfiguration(unit.sps, unit.pps) });
      }
    } else if (this.#zeroUs === undefined && video.keyframe) {
      this.#begin(video.ptsUs, { codec: 'vp8', widthPx: canvas.widthPx, heightPx: canvas.heightPx, codecPrivate: undefined });
    }
    this.#write(videoTrack, video.ptsUs, video.keyframe, data);
  }

  pushAudio(ptsUs: number, data: Uint8Array): void {
    if (this.#state === 'running') this.#sound.push(ptsUs, data);
  }

  /** Finishes the file; resolves when the process has ended, whatever came of it (see `onEnded`). Idempotent. */
  async stop(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'stopping';
      this.#stream.end();
      const cancel = this.#options.timers.after(stopTimeoutMs, () => this.#fail('FFmpeg did not end in time'));
      await this.#ended;
      cancel();
    }
    await this.#ended;
  }

  #begin(zeroUs: number, video: Parameters<typeof matroskaHeader>[0]['video']): void {
    this.#zeroUs = zeroUs;
    this.#stream.write(matroskaHeader({ video, audio: { channels: this.#options.audioChannels } }));
    this.#sound.begin(zeroUs);
    this.#options.events.onActive(zeroUs);
  }

  #write(track: MatroskaTrackNumber, ptsUs: number, keyframe: boolean, data: Uint8Array): void {
    if (this.#zeroUs === undefined || ptsUs < this.#zeroUs) return;
    this.#lastPtsUs = Math.max(this.#lastPtsUs, ptsUs);
    this.#stream.write(matroskaBlock(track, ptsUs - this.#zeroUs + (track === videoTrack ? opusLookAheadUs : 0), keyframe, data));
    if (this.#stream.writableLength + this.#stream.readableLength > maxBacklogBytes) this.#fail('the disk is too slow: FFmpeg does not take the stream');
  }

  /** A stop before the first keyframe: FFmpeg's own words about its empty input would tell nobody anything. */
  #emptiness(): string | undefined {
    return this.#zeroUs === undefined && this.#state === 'stopping' ? 'it was stopped before the first picture' : undefined;
  }

  #fail(reason: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'stopping';
    this.#failure ??= reason;
    this.#command.kill('SIGKILL');
    this.#options.timers.after(killTimeoutMs, () => this.#end(this.#failure));
  }

  #end(failure: string | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#stream.destroy();
    this.#resolveEnded();
    this.#options.events.onEnded(failure);
  }
}

/** Ctrl-C in a terminal reaches FFmpeg too, before us: it finishes its file, says so, and answers with an error's exit code. */
function wasAskedToEnd(stderr: string | null): boolean {
  return /Exiting normally, received signal (2|15)\b/.test(stderr ?? '');
}

/** The last line that FFmpeg itself said tells more than its exit code. */
function describeFailure(error: Error, stderr: string | null): string {
  const lines = (stderr ?? '').split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => /no space|error|invalid|denied|no such|too large/i.test(line));
  const cause = telling.find((line) => /no space|too large/i.test(line)) ?? telling.at(-1);
  return cause === undefined ? error.message : `${error.message}: ${cause}`;
}
