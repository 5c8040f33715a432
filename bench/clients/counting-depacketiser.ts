/** Tells frames and keyframes without putting them together: a copy of each frame would be most of what a listener that decodes nothing costs. */
import { H264Depacketiser } from '../../src/rtp/h264-depacketiser.js';
import { holdsKeyframe, type JoinedFrame, type VideoDepacketiser } from '../../src/rtp/video-depacketiser.js';
import { Vp8Depacketiser } from '../../src/rtp/vp8-payload.js';
import type { PictureCodec } from './media-recipes.js';

const noBytes = new Uint8Array(0);

export class CountingDepacketiser implements VideoDepacketiser {
  readonly codec: PictureCodec;
  readonly #real: VideoDepacketiser;

  constructor(codec: PictureCodec) {
    this.codec = codec;
    this.#real = codec === 'vp8' ? new Vp8Depacketiser() : new H264Depacketiser();
  }

  inspect(payload: Uint8Array): number {
    return this.#real.inspect(payload);
  }

  pictureNumber(): undefined {
    return undefined;
  }

  join(payloads: readonly Uint8Array[]): JoinedFrame {
    return { data: noBytes, keyframe: payloads.some((payload) => (this.#real.inspect(payload) & holdsKeyframe) !== 0) };
  }

  overhear(): undefined {
    return undefined;
  }

  salvage(): void {
    // Parameter sets matter only to who decodes.
  }
}
