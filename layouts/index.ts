// The door of this folder.
export { fitRectangle, placeTiles } from './geometry.js';
export type { FittedPicture, PlacedTile, Rectangle, Seat, Size } from './geometry.js';
export { loadLayouts } from './load-layouts.js';
export type { Layouts } from './load-layouts.js';
export { LayoutError, parseTemplate } from './schema.js';
export type { Fit, LayoutTemplate } from './schema.js';
