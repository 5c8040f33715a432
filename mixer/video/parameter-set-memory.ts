import type { VideoFrame } from '../protocol.js';
import { findParameterSets } from './h264-headers.js';

/** Both parameter sets together are below 100 bytes; a stranger may not make us keep more than this. */
const largestParameterSets = 1024;

/** Some senders send H.264's parameter sets once, and not with the keyframe that a decoder opened later begins with: they are kept for it. */
export class ParameterSetMemory {
  #last: Uint8Array | undefined;

  /** For every frame that comes in, wanted or not. */
  note({ keyframe, codec, data }: VideoFrame): void {
    if (!keyframe || codec !== 'h264') return;
    const found = findParameterSets(data);
    if (found !== undefined && found.bytes.length <= largestParameterSets) this.#last = found.bytes;
  }

  /** The frame as a new decoder needs it. */
  complete(frame: VideoFrame): VideoFrame {
    if (frame.codec !== 'h264' || this.#last === undefined || findParameterSets(frame.data) !== undefined) return frame;
    return { ...frame, data: Buffer.concat([this.#last, frame.data]) };
  }
}
