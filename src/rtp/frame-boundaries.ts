/**
 * Where video frames begin and end among the packets that a gap holds back. Pure questions to a {@link PacketWindow}; packets that hold
 * nothing (`isFiller`) are passed over in all of them.
 */
import { holdsKeyframe, isDamaged, pictureNumbers, splitsFrames, startsFrame } from './video-depacketiser.js';
import type { HeldPacket, PacketWindow } from './packet-window.js';

/** Trait of a packet that takes a sequence number and holds nothing for us; beside the bits of `video-depacketiser.ts`. */
export const isFiller = 0x100;

/** Whether a frame ends between two packets that follow each other. */
export function isBoundary(before: HeldPacket, after: HeldPacket): boolean {
  return before.timestamp !== after.timestamp || before.payloadType !== after.payloadType || (after.traits & splitsFrames) !== 0;
}

/** The first place behind the missing packet `gap` where a frame is known to begin; the window's end when there is none. */
export function findFrameStart(window: PacketWindow, gap: number): number {
  let before: HeldPacket | undefined;
  for (let index = gap + 1; index < window.end; index++) {
    const packet = window.at(index);
    if (packet === undefined) {
      before = undefined;
    } else if ((packet.traits & isFiller) === 0) {
      if ((packet.traits & startsFrame) !== 0 || (before !== undefined && isBoundary(before, packet))) return index;
      before = packet;
    }
  }
  return window.end;
}

/** Protection of a keyframe takes no more places in a row, and no 128 pictures fit in so many: then their numbers tell how many were lost. */
const mostEmptyPlaces = 64;

/**
 * The place of the packet that begins the frame behind the missing packet `gap`, if by its number it follows on the frame that ended before it: then the places between
 * held none of a picture, but padding or protection. Undefined where that cannot be told.
 */
export function findNextFrame(window: PacketWindow, gap: number, pictureNumber: number, numberOf: (packet: HeldPacket) => number | undefined): number | undefined {
  const end = Math.min(window.end, gap + mostEmptyPlaces);
  for (let index = gap + 1; index < end; index++) {
    const packet = window.at(index);
    if (packet === undefined || (packet.traits & isFiller) !== 0) continue;
    const isNext = (packet.traits & (startsFrame | isDamaged)) === startsFrame && numberOf(packet) === (pictureNumber + 1) % pictureNumbers;
    return isNext ? index : undefined;
  }
  return undefined;
}

/**
 * The first index of the frame round `index`, if it is a keyframe, undamaged, all there, and known to begin and to end where it does.
 *
 * @param areMarkersTrue whether a marker bit ends a frame.
 */
export function findWholeKeyframe(window: PacketWindow, index: number, areMarkersTrue: boolean): number | undefined {
  let start = index;
  let first: HeldPacket | undefined;
  let before = window.at(index);
  while (before !== undefined) {
    if ((before.traits & isFiller) === 0) {
      if (first !== undefined && isBoundary(before, first)) break;
      first = before;
    }
    start = before.index;
    before = window.at(start - 1);
  }
  // Without a packet before it, only the codec can tell that this is the beginning.
  if (first === undefined || (before === undefined && (first.traits & startsFrame) === 0)) return undefined;
  let traits = 0;
  for (let at = start; ; at++) {
    const packet = window.at(at);
    if (packet === undefined) return undefined;
    if ((packet.traits & isFiller) !== 0) continue;
    if (packet !== first && isBoundary(first, packet)) break;
    traits |= packet.traits;
    if (packet.marker && areMarkersTrue) break;
  }
  return (traits & (holdsKeyframe | isDamaged)) === holdsKeyframe ? start : undefined;
}

export interface WaitLimit {
  readonly waitUs: number;
  readonly waitTicks: number;
}

/**
 * Whether the packets behind the missing packet `gap` have been held back long enough: one of them has been here for `waitUs`, or they span
 * `waitTicks` of media. Answers at the first proof, so that giving up a thousand gaps one after the other stays cheap.
 */
export function hasWaitedEnough(window: PacketWindow, gap: number, nowUs: number, { waitUs, waitTicks }: WaitLimit): boolean {
  let oldest = Number.POSITIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  for (let index = gap + 1; index < window.end; index++) {
    const packet = window.at(index);
    if (packet === undefined) continue;
    if (packet.timestamp < oldest) oldest = packet.timestamp;
    if (packet.timestamp > newest) newest = packet.timestamp;
    if (nowUs - packet.arrivalUs >= waitUs || newest - oldest >= waitTicks) return true;
  }
  return false;
}
