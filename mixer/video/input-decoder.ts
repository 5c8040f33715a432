import type { DecodedPicture } from '../ffmpeg/decoded-picture.js';
import { VideoDecoder, type VideoDecoderOptions } from '../ffmpeg/video-decoder.js';
import type { VideoFrame } from '../protocol.js';
import { ParameterSetMemory } from './parameter-set-memory.js';
import type { VideoInputCounters } from './video-input-counters.js';

export type Decoder = Pick<VideoDecoder, 'codec' | 'decode' | 'close'>;

export interface InputDecoderOptions {
  readonly maxPixels: number;
  /** Asked once a decoder is open: meanwhile nobody may want the input any more. */
  readonly isWanted: () => boolean;
  readonly counters: Pick<VideoInputCounters, 'droppedDamaged'>;
  /** Tests hand in decoders that they steer. */
  readonly open?: ((options: VideoDecoderOptions) => Promise<Decoder>) | undefined;
}

export interface DecodedFrame {
  /** The caller's. */
  readonly pictures: readonly DecodedPicture[];
  /** The decoder was not closed meanwhile: they are what comes next. */
  readonly isCurrent: boolean;
}

/**
 * The decoder of one input: a keyframe of another codec opens a new one, and the first after `close()` does. One call at a time; `close()` may come during one,
 * and may be followed by further frames.
 */
export class InputDecoder {
  readonly #maxPixels: number;
  readonly #isWanted: () => boolean;
  readonly #counters: Pick<VideoInputCounters, 'droppedDamaged'>;
  readonly #openDecoder: (options: VideoDecoderOptions) => Promise<Decoder>;
  readonly #parameterSets = new ParameterSetMemory();
  #open: Decoder | undefined;

  constructor({ maxPixels, isWanted, counters, open = (options) => VideoDecoder.open(options) }: InputDecoderOptions) {
    this.#maxPixels = maxPixels;
    this.#isWanted = isWanted;
    this.#counters = counters;
    this.#openDecoder = open;
  }

  /** For every frame that comes in, decoded or not. */
  note(frame: VideoFrame): void {
    this.#parameterSets.note(frame);
  }

  /**
   * @returns undefined when the frame cannot be used: no decoder is open and it is no keyframe, or nobody wants the input any more
   * @throws {MediaError} when it cannot be decoded, or no decoder be opened; then `close()`, and the next keyframe starts afresh
   */
  async decode(frame: VideoFrame): Promise<DecodedFrame | undefined> {
    const open = this.#open?.codec === frame.codec ? this.#open : undefined;
    const decoder = open ?? (await this.#openFor(frame));
    if (decoder === undefined) return undefined;
    const pictures = await decoder.decode(open === undefined ? this.#parameterSets.complete(frame) : frame);
    return { pictures, isCurrent: this.#open === decoder };
  }

  async #openFor(frame: VideoFrame): Promise<Decoder | undefined> {
    this.close();
    if (!frame.keyframe) {
      this.#counters.droppedDamaged += 1;
      return undefined;
    }
    const opened = await this.#openDecoder({ codec: frame.codec, maxPixels: this.#maxPixels });
    if (!this.#isWanted()) {
      opened.close();
      return undefined;
    }
    this.#open = opened;
    return opened;
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
  }
}
