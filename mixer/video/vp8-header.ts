// RFC 6386 section 9.1: the first ten bytes of a keyframe.
//
//   0..2   frame tag, little endian: bit 0 is 0 for a keyframe
//   3..5   start code 9d 01 2a
//   6..7   14 bits of width, 2 of scaling hint, little endian
//   8..9   the same for the height

export interface CodedSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

const headerBytes = 10;
const fourteenBits = 0x3fff;

/** The size that a VP8 keyframe asks memory for; undefined for other frames and for what is no VP8. */
export function readVp8Size(frame: Uint8Array): CodedSize | undefined {
  if (frame.length < headerBytes) return undefined;
  const at = (index: number): number => frame[index] ?? 0;
  if ((at(0) & 1) !== 0 || at(3) !== 0x9d || at(4) !== 0x01 || at(5) !== 0x2a) return undefined;
  return { widthPx: (at(6) | (at(7) << 8)) & fourteenBits, heightPx: (at(8) | (at(9) << 8)) & fourteenBits };
}
