/** A publisher whose own network is good, and one who sees him in the mix: which of the pictures that his camera took never came there. */
import type { RoomTime } from '../../mixer/clock/room-clock.js';
import type { RoomViewer } from '../latency/paths.js';
import type { TimedSender } from '../latency/timed-sender.js';
import { MediaWatch } from './media-watch.js';
import type { PicturePart } from './picture-part.js';
import { standstillIn } from './standstill.js';

export interface SeenTileOptions {
  readonly sender: TimedSender;
  /** In whose picture he is looked for, and where. */
  readonly viewer: RoomViewer;
  readonly part: PicturePart;
  readonly time: RoomTime;
}

/** From a camera to a viewer's screen at most; what was taken later may still be under way. */
export const mostDelayMs = 500;

export class SeenTile {
  readonly #sender: TimedSender;
  readonly #watch: MediaWatch;

  constructor({ sender, viewer, part, time }: SeenTileOptions) {
    this.#sender = sender;
    this.#watch = new MediaWatch({ video: viewer.video, audio: viewer.audio, time, part });
  }

  get isSeen(): boolean {
    return this.#watch.newCodes.some((code) => this.#sender.pictureSentUs(code) !== undefined);
  }

  /** Of the pictures that were taken in that time, which ended {@link mostDelayMs} ago, those that were never seen. */
  missed(fromUs: number, toUs: number): number {
    const seen = new Set(this.#watch.newCodes);
    return this.#sender.codesSentIn(fromUs, toUs).filter((code) => !seen.has(code)).length;
  }

  /** Between two new pictures of his in that time. */
  longestPauseMs(fromUs: number, toUs: number): number {
    return standstillIn(this.#watch.newPicturesUs, fromUs, toUs, 0).longestMs;
  }

  close(): void {
    this.#watch.close();
  }
}
