// The door of this folder for the thread that renders names and avatars. It brings the canvas library and its fonts along: whoever only blends takes blend-overlay.ts.
export { renderAvatar } from './avatar.js';
export type { AvatarOptions } from './avatar.js';
export { renderNameLabel } from './name-label.js';
export type { NameLabel, NameLabelOptions } from './name-label.js';
export type { Overlay, Picture } from './pictures.js';
