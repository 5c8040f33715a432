import type { VideoFrame } from '../protocol.js';

/**
 * Frames that wait for the decoder, in the order of decoding. Bounded in media time and in number; when full it drops what lies before the last
 * keyframe that it holds, or everything when it holds none: what remains can always be decoded in one go.
 */
export class EncodedQueue {
  readonly #frames: VideoFrame[] = [];

  get length(): number {
    return this.#frames.length;
  }

  /** @returns how many frames were dropped; when they are all that was held, the next keyframe must be waited for */
  push(frame: VideoFrame): number {
    this.#frames.push(frame);
    const first = this.#frames[0];
    // The magnitude: a sender may set his clock back, and then nothing else would bound the queue but the number.
    const full = first !== undefined && (Math.abs(frame.ptsUs - first.ptsUs) > longestSpanUs || this.#frames.length > mostFrames);
    return full ? this.dropToKeyframe(1) : 0;
  }

  take(): VideoFrame | undefined {
    return this.#frames.shift();
  }

  /** Drops what lies before the last keyframe at or after the index; everything when there is none. */
  dropToKeyframe(fromIndex: number): number {
    let keyframe = this.#frames.length - 1;
    while (keyframe >= fromIndex && this.#frames[keyframe]?.keyframe !== true) keyframe -= 1;
    const dropped = keyframe >= fromIndex ? keyframe : this.#frames.length;
    this.#frames.splice(0, dropped);
    return dropped;
  }

  clear(): number {
    const dropped = this.#frames.length;
    this.#frames.length = 0;
    return dropped;
  }
}

/**
 * Frames wait here for two reasons: the decoder is behind (then half a second is lost anyway), or sound is delayed by more than the
 * decoded pictures hold. Shorter than the longest delay of sound, pictures would be dropped that are in time.
 */
const longestSpanUs = 600_000;

/** Senders at 60 pictures a second fill 36; more means that their times are worthless. */
const mostFrames = 64;
