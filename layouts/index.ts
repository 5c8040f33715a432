// The door of this folder for whoever places people; load-layouts.ts is the one for whoever reads the templates.
export { fitRectangle, placeTiles } from './geometry.js';
export type { FittedPicture, PlacedTile, Rectangle, Seat, Size } from './geometry.js';
export { indexLayouts } from './layouts.js';
export type { Layouts } from './layouts.js';
export type { Fit, LayoutTemplate } from './schema.js';
