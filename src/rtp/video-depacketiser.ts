/**
 * What the frame assembler needs to know of a video codec: the place of a packet in its frame, told without allocating, and how the
 * packets of one whole frame become the bytes a decoder takes.
 */

/** A frame can begin with this packet even when the packet before it is missing. */
export const startsFrame = 1;
/** A frame begins with this packet even when the packet before it has the same timestamp. */
export const splitsFrames = 2;
/** The frame of this packet is a keyframe. Set on one of its packets at least, not on all. */
export const holdsKeyframe = 4;
/** The payload breaks its format: the frame it belongs to is lost. */
export const isDamaged = 8;

/** Numbers of pictures are compared modulo this, the fewest that a sender counts with (RFC 7741 4.2). */
export const pictureNumbers = 128;

export type VideoCodec = 'vp8' | 'h264';

/** Pixels as the picture is shown, before rotation. */
export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** One whole frame, ready for a decoder. */
export interface JoinedFrame {
  /** Alone in its ArrayBuffer, so that the buffer can be transferred to another thread. */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly keyframe: boolean;
  /** Pixels as the picture is shown, before rotation. Keyframes only. */
  readonly widthPx?: number;
  readonly heightPx?: number;
}

/** One per stream and payload type; may remember what a later frame needs, such as parameter sets. */
export interface VideoDepacketiser {
  readonly codec: VideoCodec;
  /** Answers the bits above for one payload of at least one byte, in any order of arrival. Never throws. */
  inspect(payload: Uint8Array): number;
  /** The number of the picture that begins with this payload, one more than that of the one before it, modulo {@link pictureNumbers}; undefined where the sender does not count. */
  pictureNumber(payload: Uint8Array): number | undefined;
  /**
   * Joins the payloads of one frame, all there and in order. Called frame by frame in stream order.
   *
   * @returns `damaged` when they do not make a frame that can be decoded, `no-picture` when nothing in them is to be shown (parameter sets sent alone).
   */
  join(payloads: readonly Uint8Array[]): JoinedFrame | 'damaged' | 'no-picture';
  /** Takes what is of use later from a packet whose frame was dropped. */
  salvage(payload: Uint8Array): void;
  /** As `salvage`; answers the picture size when the packet tells it. For streams that are listened to with half an ear. */
  overhear(payload: Uint8Array): PictureSize | undefined;
}

/** Copies the parts, once, into one array with its own ArrayBuffer. */
export function joinBytes(parts: readonly Uint8Array[], totalBytes: number): Uint8Array<ArrayBuffer> {
  // The "slow" kind is the one outside Node's shared pool; it is not zeroed first, every byte is written below.
  const whole = Buffer.allocUnsafeSlow(totalBytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
