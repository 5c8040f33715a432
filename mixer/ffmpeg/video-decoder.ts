import { AV_CODEC_FLAG_LOW_DELAY, AV_CODEC_ID_H264, AV_CODEC_ID_VP8, AVERROR_EAGAIN } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, Frame, Packet } from 'node-av/lib';
import type { RotationDegrees, VideoCodec, VideoFrame } from '../protocol.js';
import { CallSlot } from './call-slot.js';
import { DecodedPicture } from './decoded-picture.js';
import { check } from './library.js';
import { countFreed, countOpened } from './native-ledger.js';

export interface VideoDecoderOptions {
  readonly codec: VideoCodec;
  /** The decoder refuses larger pictures before it takes memory for them. */
  readonly maxPixels: number;
}

export type FrameToDecode = Pick<VideoFrame, 'data' | 'ptsUs' | 'rotationDegrees'>;

/** FFmpeg counts rows padded to 64 bytes and whole macroblocks, the limit is of what is shown: it may count so much more, and who takes the picture looks again. */
const countedPixels = (shownPixels: number): number => Math.ceil(shownPixels * 1.25) + 65_536;

/**
 * One stream's decoder. One call at a time; `close()` may come during a call and takes effect at its end.
 * One thread each: there are many streams, and frame threads would hold every picture back.
 */
export class VideoDecoder {
  readonly codec: VideoCodec;
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly #slot = new CallSlot('A decoder', () => this.#free());

  private constructor(codec: VideoCodec, context: CodecContext) {
    this.codec = codec;
    this.#context = context;
    this.#packet.alloc();
    countOpened('decoder');
    countOpened('packet');
  }

  /** @throws {MediaError} */
  static async open({ codec, maxPixels }: VideoDecoderOptions): Promise<VideoDecoder> {
    const implementation = Codec.findDecoder(codec === 'vp8' ? AV_CODEC_ID_VP8 : AV_CODEC_ID_H264);
    const context = new CodecContext();
    context.allocContext3(implementation);
    context.threadCount = 1;
    context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
    try {
      check(await context.open2(implementation, Dictionary.fromObject({ max_pixels: String(countedPixels(maxPixels)) })), `opening the ${codec} decoder`);
    } catch (error) {
      context.freeContext();
      throw error;
    }
    return new VideoDecoder(codec, context);
  }

  /**
   * Decodes one frame on libuv's pool; most often gives one picture. The caller owns the pictures.
   * @throws {MediaError} when the frame cannot be decoded; the decoder stays usable from the next keyframe on
   */
  async decode({ data, ptsUs, rotationDegrees }: FrameToDecode): Promise<DecodedPicture[]> {
    this.#slot.enter();
    const pictures: DecodedPicture[] = [];
    try {
      this.#packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      this.#packet.pts = BigInt(ptsUs);
      // avcodec_send_packet decodes; avcodec_receive_frame only hands the picture over, so it needs no thread of the pool.
      check(await this.#context.sendPacket(this.#packet), `decoding ${this.codec}`);
      this.#takePictures(pictures, rotationDegrees);
      return pictures;
    } catch (error) {
      for (const picture of pictures) picture.close();
      throw error;
    } finally {
      this.#packet.unref();
      this.#slot.leave();
    }
  }

  #takePictures(pictures: DecodedPicture[], rotationDegrees: RotationDegrees): void {
    for (;;) {
      const frame = new Frame();
      frame.alloc();
      const code = this.#context.receiveFrameSync(frame);
      if (code < 0) {
        frame.free();
        if (code !== AVERROR_EAGAIN) check(code, `decoding ${this.codec}`);
        return;
      }
      pictures.push(new DecodedPicture(frame, rotationDegrees));
    }
  }

  close(): void {
    this.#slot.close();
  }

  #free(): void {
    this.#context.freeContext();
    this.#packet.free();
    countFreed('decoder');
    countFreed('packet');
  }
}
