// The door of this folder: names and avatars as bitmaps, rendered once, blended in each frame.
export { blendOverlay } from './blend-overlay.js';
export type { BlendTarget } from './blend-overlay.js';
export { renderAvatar } from './avatar.js';
export type { AvatarOptions } from './avatar.js';
export { normaliseDisplayName } from './display-name.js';
export { Lettering } from './lettering.js';
export { renderNameLabel } from './name-label.js';
export type { NameLabel, NameLabelOptions } from './name-label.js';
export type { Overlay, Picture } from './pictures.js';
