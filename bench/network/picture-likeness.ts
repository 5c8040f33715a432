/** How like the picture that was sent the one that is seen looks. Pure. */
import type { LumaPicture } from '../latency/time-code.js';

/** Fractions of the picture that are compared: without the border round who speaks, and without his name at the bottom left. */
const area = { left: 0.05, right: 0.95, top: 0.05, bottom: 0.88 } as const;
/** Of the sent picture's columns and rows, every second: a quarter of the pixels gives the same figure within 0.1 dB. */
const stepPx = 2;
/** Of equal pictures; better than any coding. */
export const mostPsnrDb = 60;
const peak = 255;

/** Peak signal-to-noise ratio of the luma at the sent picture's size, as a viewer sees it: a smaller picture is scaled up, bilinearly. At most {@link mostPsnrDb}. */
export function lumaPsnrDb(seen: LumaPicture, sent: LumaPicture): number {
  const scaleX = seen.width / sent.width;
  const scaleY = seen.height / sent.height;
  let squares = 0;
  let count = 0;
  for (let y = Math.round(area.top * sent.height); y < area.bottom * sent.height; y += stepPx) {
    // Pixels are squares: the middle of one lies on the middle of what it was scaled from.
    const seenY = within((y + 0.5) * scaleY - 0.5, seen.height - 1);
    for (let x = Math.round(area.left * sent.width); x < area.right * sent.width; x += stepPx) {
      const seenX = within((x + 0.5) * scaleX - 0.5, seen.width - 1);
      const error = lumaAt(seen, seenX, seenY) - (sent.data[y * sent.width + x] ?? 0);
      squares += error * error;
      count += 1;
    }
  }
  return squares === 0 ? mostPsnrDb : Math.min(mostPsnrDb, 10 * Math.log10((peak * peak * count) / squares));
}

function within(place: number, last: number): number {
  return Math.max(0, Math.min(last, place));
}

/** Of the four pixels round a place, by how near they are. */
function lumaAt({ width, height, data }: LumaPicture, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = Math.min(left + 1, width - 1);
  const bottom = Math.min(top + 1, height - 1);
  const shareX = x - left;
  const shareY = y - top;
  const upper = (data[top * width + left] ?? 0) * (1 - shareX) + (data[top * width + right] ?? 0) * shareX;
  const lower = (data[bottom * width + left] ?? 0) * (1 - shareX) + (data[bottom * width + right] ?? 0) * shareX;
  return upper * (1 - shareY) + lower * shareY;
}
