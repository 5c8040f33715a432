/** One tile out of a mixed picture. Pure. */
import type { LumaPicture } from '../latency/time-code.js';

/** Fractions of the picture. */
export interface PicturePart {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Its luma, copied; whole pixels, as many as a tile of the room has. */
export function partOf(picture: LumaPicture, part: PicturePart): LumaPicture {
  const left = Math.round(part.left * picture.width);
  const top = Math.round(part.top * picture.height);
  const width = Math.round((part.left + part.width) * picture.width) - left;
  const height = Math.round((part.top + part.height) * picture.height) - top;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const from = (top + y) * picture.width + left;
    data.set(picture.data.subarray(from, from + width), y * width);
  }
  return { width, height, data };
}
