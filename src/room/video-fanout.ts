/** One encode of the canvas and everyone who takes it: packetised once, however many listen. */
import type { EncodedVideo, Mixer, VideoOutput } from '../../mixer/index.js';
import { packetiseH264 } from '../rtp/h264-payload.js';
import { packetiseVp8 } from '../rtp/vp8-payload.js';

export interface VideoTaker {
  /** `payloads()` packetises at the first call of a frame; who writes files never calls it. */
  takeVideo(video: EncodedVideo, payloads: () => readonly Uint8Array[], from: VideoFanout): void;
}

export interface VideoFanoutOptions {
  readonly mixer: Pick<Mixer, 'send'>;
  readonly output: VideoOutput;
}

/** An RTP payload that with all headers stays below the smallest MTU met on the internet's access networks (IPv6 minimum 1280). */
const maxPayloadBytes = 1180;

export class VideoFanout {
  readonly #mixer: Pick<Mixer, 'send'>;
  readonly #output: VideoOutput;
  readonly #takers = new Set<VideoTaker>();

  constructor({ mixer, output }: VideoFanoutOptions) {
    this.#mixer = mixer;
    this.#output = output;
    mixer.send({ type: 'addVideoOutput', output });
  }

  get outputId(): string {
    return this.#output.outputId;
  }

  get takerCount(): number {
    return this.#takers.size;
  }

  add(taker: VideoTaker): void {
    this.#takers.add(taker);
    this.requestKeyframe();
  }

  remove(taker: VideoTaker): void {
    this.#takers.delete(taker);
  }

  /** Wishes of many takers become one keyframe: the mixer throttles. */
  requestKeyframe(): void {
    this.#mixer.send({ type: 'requestKeyframe', outputId: this.#output.outputId });
  }

  take(video: EncodedVideo): void {
    let packetised: readonly Uint8Array[] | undefined;
    const payloads = (): readonly Uint8Array[] => (packetised ??= this.#packetise(video.data));
    for (const taker of this.#takers) taker.takeVideo(video, payloads, this);
  }

  close(): void {
    this.#takers.clear();
    this.#mixer.send({ type: 'removeVideoOutput', outputId: this.#output.outputId });
  }

  #packetise(frame: Uint8Array): readonly Uint8Array[] {
    // Without picture ids: a listener that goes from one encode to another would see them jump, and libwebrtc then waits for pictures that never come.
    if (this.#output.codec === 'vp8') return packetiseVp8(frame, { maxPayloadBytes });
    return packetiseH264(frame, { maxPayloadBytes, mode: 1 });
  }
}
