/** A room whose picture holds two people beside each other, so small and slow that a machine keeps up with it whatever else it does. */
import type { PicturePart } from './picture-part.js';

export const twoTilesRoom = { layout: 'grid', video: { width: 640, height: 360, fps: 15 } } as const;
/** 320x180 each, in the order in which they came. */
export const twoTiles = [{ left: 0, top: 0.25, width: 0.5, height: 0.5 }, { left: 0.5, top: 0.25, width: 0.5, height: 0.5 }] as const satisfies readonly PicturePart[];
