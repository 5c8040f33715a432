/** @import { Quality } from '../client/quality.js' */

// Sizes are whole and even: a canvas with odd proportions comes a row short.
const wholeShare = 0.95;

/**
 * What a slow line has made of the picture; empty when it is whole.
 * @param {Quality} quality
 * @param {{ heightPx: number, isShown: boolean } | null} wanted the picture that would come over a good line, and whether the room shows any; null: not known yet
 * @returns {string}
 */
export function reducedPicture({ widthPx, heightPx, inBps, pictureComes }, wanted) {
  if (wanted === null || !wanted.isShown || inBps === 0) return '';
  if (!pictureComes) return 'Sound only';
  return heightPx !== null && heightPx < wanted.heightPx * wholeShare ? `${widthPx}×${heightPx}` : '';
}
