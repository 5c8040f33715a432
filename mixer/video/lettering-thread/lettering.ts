import type { AvatarOptions, NameLabel, NameLabelOptions, Picture } from '../lettering/index.js';

/**
 * Names and avatars as bitmaps, rendered somewhere else: opening the fonts of a script takes up to 300 ms, and the thread that mixes has to be back within 20.
 * The answer comes later or at once; where rendering fails, never.
 */
export interface Lettering {
  renderLabel(options: NameLabelOptions, onRendered: (label: NameLabel) => void): void;
  renderAvatar(options: AvatarOptions, onRendered: (avatar: Picture) => void): void;
  close(): Promise<void>;
}

export type LetteringRequest = { readonly id: number } & ({ readonly label: NameLabelOptions } | { readonly avatar: AvatarOptions });

export type LetteringAnswer = { readonly id: number } & ({ readonly label: NameLabel } | { readonly avatar: Picture } | { readonly error: string });
