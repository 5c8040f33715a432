/** FFmpeg's own WHIP muxer (libavformat 8, inside node-av) as a publisher of H.264 and Opus: a client that nobody here wrote. */
import { AV_CODEC_ID_H264, AV_CODEC_ID_OPUS, AV_PIX_FMT_YUV420P, AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FFmpegError, FormatContext, Packet, Rational } from 'node-av/lib';
import { systemTimers, type CancelTimer } from '../../mixer/clock/timers.js';
import { encodeH264, encodeTone, opusPacketUs } from './encoded-media.js';

export interface FfmpegWhipOptions {
  readonly url: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly color: string;
  readonly toneHz: number;
}

const fps = 25;
const loopSeconds = 4;
const microseconds = new Rational(1, 1_000_000);

export class FfmpegWhipPublisher {
  readonly #context: FormatContext;
  readonly #cancelTimer: CancelTimer;
  #writing: Promise<void> = Promise.resolve();

  private constructor(context: FormatContext, writeDue: () => Promise<void>) {
    this.#context = context;
    this.#cancelTimer = systemTimers.every(10, () => {
      this.#writing = this.#writing.then(writeDue);
    });
  }

  /** Resolves when the session stands. @throws {FFmpegError} when FFmpeg refuses or is refused */
  static async start({ url, widthPx, heightPx, color, toneHz }: FfmpegWhipOptions): Promise<FfmpegWhipPublisher> {
    const pictures = await encodeH264({ widthPx, heightPx, fps, frames: fps * loopSeconds, color, keyframeInterval: fps });
    const sound = await encodeTone(toneHz, (loopSeconds * 1_000_000) / opusPacketUs);
    const context = new FormatContext();
    FFmpegError.throwIfError(context.allocOutputContext2(null, 'whip', url), 'whip');
    const video = context.newStream();
    Object.assign(video.codecpar, { codecType: AVMEDIA_TYPE_VIDEO, codecId: AV_CODEC_ID_H264, width: widthPx, height: heightPx, format: AV_PIX_FMT_YUV420P });
    video.codecpar.extradata = Buffer.from(parameterSets(pictures[0]?.data ?? new Uint8Array()));
    video.timeBase = microseconds;
    const audio = context.newStream();
    // The muxer takes Opus only as WebRTC announces it, in stereo; what a packet holds, it says itself.
    Object.assign(audio.codecpar, { codecType: AVMEDIA_TYPE_AUDIO, codecId: AV_CODEC_ID_OPUS, sampleRate: 48_000, channelLayout: { order: 1, nbChannels: 2, mask: 3n } });
    audio.timeBase = microseconds;
    FFmpegError.throwIfError(await context.writeHeader(), 'WHIP handshake');

    const startMs = performance.now();
    let nextVideo = 0;
    let nextAudio = 0;
    const packet = new Packet();
    packet.alloc();
    const write = async (streamIndex: number, data: Uint8Array, ptsUs: number, timeBase: Rational, keyframe: boolean): Promise<void> => {
      packet.unref();
      packet.data = Buffer.from(data);
      packet.streamIndex = streamIndex;
      packet.pts = BigInt(ptsUs);
      packet.dts = packet.pts;
      packet.isKeyframe = keyframe;
      // The muxer chooses its own time base.
      packet.rescaleTs(microseconds, timeBase);
      FFmpegError.throwIfError(await context.writeFrame(packet), 'writing');
    };
    const writeDue = async (): Promise<void> => {
      const nowUs = (performance.now() - startMs) * 1000;
      for (; nextVideo * (1_000_000 / fps) <= nowUs; nextVideo += 1) {
        const picture = pictures[nextVideo % pictures.length];
        if (picture !== undefined) await write(video.index, picture.data, nextVideo * (1_000_000 / fps), video.timeBase, picture.keyframe);
      }
      for (; nextAudio * opusPacketUs <= nowUs; nextAudio += 1) {
        const data = sound[nextAudio % sound.length];
        if (data !== undefined) await write(audio.index, data, nextAudio * opusPacketUs, audio.timeBase, true);
      }
    };
    return new FfmpegWhipPublisher(context, writeDue);
  }

  async stop(): Promise<void> {
    this.#cancelTimer();
    await this.#writing;
    // Sends WHIP's DELETE.
    await this.#context.writeTrailer();
    this.#context.freeContext();
  }
}

/** SPS and PPS with their start codes, as they stand before the first slice. */
function parameterSets(accessUnit: Uint8Array): Uint8Array {
  const bytes = Buffer.from(accessUnit);
  const sps = bytes.indexOf(Buffer.from([0, 0, 0, 1, 0x67]));
  const slice = bytes.indexOf(Buffer.from([0, 0, 1, 0x65]));
  const sei = bytes.indexOf(Buffer.from([0, 0, 1, 0x06]));
  const end = sei > sps && sei < slice ? sei : slice;
  return bytes.subarray(sps, end);
}
