/**
 * A room whose picture holds two people: the one whose network is bad as large as he sends himself, as if he were alone, so that his figures are those of one
 * who is; the other, who must not suffer from it, small beside him. The layout "speaker" does it as long as the second one is never loud enough to speak.
 */
import type { PicturePart } from './picture-part.js';

/** Four fifths of it are 640x360. */
export const twoTilesRoom = { layout: 'speaker', video: { width: 800, height: 360 } } as const;
export const firstTile: PicturePart = { left: 0, top: 0, width: 0.8, height: 1 };
/** 160x90; the rows of a tile are even. */
export const secondTile: PicturePart = { left: 0.8, top: 134 / 360, width: 0.2, height: 0.25 };
