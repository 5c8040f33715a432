/** One listener's picture: which of the room's encodes it comes from, and the change from one to another, which is a keyframe. */
import type { EncodedVideo } from '../../mixer/index.js';
import type { VideoDownlink } from './video-downlink.js';
import type { VideoFanout, VideoTaker } from './video-fanout.js';

export class ListenerVideo implements VideoTaker {
  readonly #downlink: VideoDownlink;
  readonly #onReleased: (fanout: VideoFanout) => void;
  #current: VideoFanout | undefined;
  /** Becomes the current one with its next keyframe: a decoder that begins elsewhere shows grey. */
  #next: VideoFanout | undefined;

  /** @param onReleased for each fanout of which this listener no longer is a taker */
  constructor({ downlink, onReleased }: { readonly downlink: VideoDownlink; readonly onReleased: (fanout: VideoFanout) => void }) {
    this.#downlink = downlink;
    this.#onReleased = onReleased;
  }

  /**
   * @param fanout undefined for no picture any more
   * @param isAtOnce nothing more of the current encode passes; otherwise it goes on until the next one begins
   */
  switchTo(fanout: VideoFanout | undefined, isAtOnce: boolean): void {
    if (fanout === this.#current && this.#next === undefined) return;
    const before = this.#next;
    this.#next = fanout === this.#current ? undefined : fanout;
    this.#next?.add(this);
    if (before !== undefined && before !== this.#next) this.#release(before);
    if (fanout !== undefined && (!isAtOnce || fanout === this.#current)) return;
    this.#downlink.drop();
    this.#leaveCurrent();
  }

  takeVideo(video: EncodedVideo, payloads: () => readonly Uint8Array[], fanout: VideoFanout): void {
    if (fanout === this.#next && video.keyframe) {
      this.#leaveCurrent();
      this.#current = fanout;
      this.#next = undefined;
    }
    if (fanout === this.#current) this.#downlink.sendFrame(payloads(), video.ptsUs, video.keyframe);
  }

  requestKeyframe(): void {
    (this.#next ?? this.#current)?.requestKeyframe();
  }

  close(): void {
    this.switchTo(undefined, true);
  }

  #leaveCurrent(): void {
    const before = this.#current;
    if (before === undefined || before === this.#next) return;
    this.#current = undefined;
    this.#release(before);
  }

  #release(fanout: VideoFanout): void {
    fanout.remove(this);
    this.#onReleased(fanout);
  }
}
