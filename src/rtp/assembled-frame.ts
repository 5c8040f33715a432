/** What goes into the frame assembler and what comes out of it. */
import type { VideoCodec } from './video-depacketiser.js';

export type RotationDegrees = 0 | 90 | 180 | 270;

/** The fields of one received packet. The object may be used again by the caller; the payload's bytes may not until their frame has left. */
export interface InboundVideoPacket {
  /** Unwrapped sequence number. */
  readonly index: number;
  /** Unwrapped RTP timestamp. */
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payloadType: number;
  /** Without padding; empty in a packet that is padding only. */
  readonly payload: Uint8Array;
  readonly arrivalUs: number;
  /** From the video orientation extension, when the packet carries it. */
  readonly rotationDegrees?: RotationDegrees | undefined;
}

export interface AssembledFrame {
  readonly codec: VideoCodec;
  readonly payloadType: number;
  /** Alone in its ArrayBuffer, so that the buffer can be transferred to another thread. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Unwrapped RTP ticks. */
  readonly timestamp: number;
  /** When the packet that came last of this frame came. */
  readonly arrivalUs: number;
  readonly keyframe: boolean;
  /** Something between the frame given before and this one was lost: until a keyframe, pictures decoded from here on are wrong. */
  readonly gapBefore: boolean;
  /** Clockwise turn that makes the picture upright. Senders say it when it changes and with keyframes, so the last word holds. */
  readonly rotationDegrees: RotationDegrees;
  /** Keyframes only, and then only when the codec's head could be read. */
  readonly widthPx?: number;
  readonly heightPx?: number;
}

/** Counts since the start. */
export interface FrameAssemblerCounters {
  frames: number;
  keyframes: number;
  /** Frames seen in part, or whole but behind a gap that was jumped over or before the keyframe that was waited for. */
  droppedFrames: number;
  /** Packets given up. */
  lostPackets: number;
  /** Packets that came after they were given up or used. */
  latePackets: number;
  duplicatePackets: number;
  /** Frames complete in number but broken in format. */
  damagedFrames: number;
  /** Times the limits of memory were reached. */
  overflows: number;
  /** Times the sequence numbers went on somewhere far behind. */
  restarts: number;
  unknownPayloadTypes: number;
}
