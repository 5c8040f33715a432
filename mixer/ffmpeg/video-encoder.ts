import { AV_PICTURE_TYPE_I, AV_PICTURE_TYPE_NONE, AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG, AVCOL_SPC_SMPTE170M, AVERROR_EAGAIN, FF_ENCODER_LIBVPX_VP8, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from 'node-av/lib';
import type { VideoCodec, VideoFormat } from '../protocol.js';
import { CallSlot } from './call-slot.js';
import { EncoderCadence } from './encoder-cadence.js';
import { check, MediaError } from './library.js';
import { countFreed, countOpened } from './native-ledger.js';
import type { NativePicture } from './native-picture.js';

export interface VideoEncoderOptions {
  readonly codec: VideoCodec;
  readonly format: VideoFormat;
  readonly bitrateBps: number;
}

export interface EncodedPicture {
  readonly ptsUs: number;
  readonly keyframe: boolean;
  readonly data: Uint8Array;
}

/** Nobody waits for these: who joins or loses something asks. They bound how far a recording's player must seek back. */
const keyframeIntervalSeconds = 10;

/**
 * How much may leave ahead of the steady rate, in seconds: it bounds the largest frame, and with it the delay that frame adds on a link
 * of just this rate. Halved, moving pictures visibly pump.
 */
const rateBufferSeconds = 0.5;

/**
 * Measured at 1280x720, 1.5 Mbps, four moving pictures (CPU per frame, PSNR):
 *   VP8, cpu-used +8 10.3 ms 39.3 dB (a positive value lets libvpx spend what time it finds) · -4 11.4, 39.3 · -5 6.0, 39.1 · -6 5.7, 39.0 · -8 4.8, 38.9 · -12 4.6, 38.1.
 *   Two threads: 14 ms, and 25 ms where another process takes the second core (libvpx spins). error-resilient 1 costs 0.4 dB and helps
 *   only receivers that decode past a gap, which none may.
 *   max-intra-rate bounds keyframes: without it one takes 59 to 101 kB, 0.3 to 0.5 s of the rate; 1500 26 kB (38 to 42 dB at once), 900 13 to 16 kB (36 to 38 dB).
 *   H.264, libx264 ultrafast 4.1 ms 36.3 dB · superfast 5.7, 36.9 · veryfast 8.6, 37.2.
 */
const vp8Options = { deadline: 'realtime', 'cpu-used': '-6', 'lag-in-frames': '0', 'error-resilient': '0', 'max-intra-rate': '1500' };
const h264Options = { preset: 'superfast', tune: 'zerolatency', profile: 'baseline', 'forced-idr': '1' };

/** Level 3.1 holds 1280x720 at 30 (H.264 table A-1); what needs more says so by itself. */
const level31MacroblocksPerSecond = 108_000;

/** 4 lets libvpx spend bits on still pictures without end; 56 is where its pictures fall to pieces, dropping frames is better then. */
const vp8QuantiserRange = [2, 56] as const;

const microseconds = new Rational(1, 1_000_000);

/** One encoder with fixed size and bitrate. One call at a time; `close()` may come during a call and takes effect at its end. */
export class VideoEncoder {
  readonly #context: CodecContext;
  readonly #input = new Frame();
  readonly #packet = new Packet();
  readonly #slot = new CallSlot('An encoder', () => this.#free());
  readonly #cadence: EncoderCadence;
  /** When the pictures in the encoder are shown, by the time that it was told. */
  readonly #ptsUs = new Map<number, number>();

  private constructor(context: CodecContext, fps: number) {
    this.#context = context;
    this.#cadence = new EncoderCadence(fps);
    this.#input.alloc();
    this.#packet.alloc();
    countOpened('encoder');
    countOpened('frame');
    countOpened('packet');
  }

  /** @throws {MediaError} */
  static async open({ codec, format, bitrateBps }: VideoEncoderOptions): Promise<VideoEncoder> {
    const implementation = Codec.findEncoderByName(codec === 'vp8' ? FF_ENCODER_LIBVPX_VP8 : FF_ENCODER_LIBX264);
    const context = new CodecContext();
    context.allocContext3(implementation);
    context.width = format.widthPx;
    context.height = format.heightPx;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.colorRange = AVCOL_RANGE_MPEG;
    context.colorSpace = AVCOL_SPC_SMPTE170M;
    context.timeBase = microseconds;
    context.framerate = new Rational(format.fps, 1);
    context.bitRate = BigInt(bitrateBps);
    context.rcMaxRate = BigInt(bitrateBps);
    context.rcBufferSize = Math.round(bitrateBps * rateBufferSeconds);
    context.gopSize = keyframeIntervalSeconds * format.fps;
    context.maxBFrames = 0;
    context.threadCount = 1;
    if (codec === 'vp8') [context.qMin, context.qMax] = vp8QuantiserRange;
    const macroblocksPerSecond = Math.ceil(format.widthPx / 16) * Math.ceil(format.heightPx / 16) * format.fps;
    const options = codec === 'vp8' ? vp8Options : macroblocksPerSecond <= level31MacroblocksPerSecond ? { ...h264Options, level: '3.1' } : h264Options;
    try {
      check(await context.open2(implementation, Dictionary.fromObject(options)), `opening the ${codec} encoder`);
    } catch (error) {
      context.freeContext();
      throw error;
    }
    return new VideoEncoder(context, format.fps);
  }

  /**
   * Encodes on libuv's pool. Until it resolves, nobody may write to the picture.
   * @param ptsUs grows from call to call
   * @throws {MediaError}
   */
  async encode(picture: NativePicture, ptsUs: number, forceKeyframe: boolean): Promise<EncodedPicture[]> {
    this.#slot.enter();
    try {
      // A frame of our own on the same pixels: type and time belong to this encoder, the picture may serve others at the same time.
      check(this.#input.ref(picture.frame), 'taking a picture to encode');
      const startUs = this.#cadence.next(ptsUs);
      this.#ptsUs.set(startUs, ptsUs);
      this.#input.pts = BigInt(startUs);
      this.#input.pictType = forceKeyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      // avcodec_send_frame encodes; avcodec_receive_packet only hands the result over.
      check(await this.#context.sendFrame(this.#input), 'encoding');
      return this.#takePackets();
    } finally {
      this.#input.unref();
      this.#slot.leave();
    }
  }

  #takePackets(): EncodedPicture[] {
    const encoded: EncodedPicture[] = [];
    for (;;) {
      const code = this.#context.receivePacketSync(this.#packet);
      if (code === AVERROR_EAGAIN) return encoded;
      check(code, 'encoding');
      try {
        // The getter copies: the bytes are ours, in an ArrayBuffer of their own that can be transferred.
        const data = this.#packet.data;
        const startUs = Number(this.#packet.pts);
        const ptsUs = this.#ptsUs.get(startUs);
        if (data === null || ptsUs === undefined) throw new MediaError(`The encoder gave a picture that it was not given, ${startUs} us.`);
        encoded.push({ ptsUs, keyframe: this.#packet.isKeyframe, data });
        // With those that it has left out: pictures come in their order.
        for (const known of this.#ptsUs.keys()) if (known <= startUs) this.#ptsUs.delete(known);
      } finally {
        this.#packet.unref();
      }
    }
  }

  close(): void {
    this.#slot.close();
  }

  #free(): void {
    this.#context.freeContext();
    this.#input.free();
    this.#packet.free();
    countFreed('encoder');
    countFreed('frame');
    countFreed('packet');
  }
}
