// What passes between a Lettering and its thread.
import type { AvatarOptions } from './avatar.js';
import type { NameLabel, NameLabelOptions } from './name-label.js';
import type { Picture } from './pictures.js';

export type LetteringRequest =
  | { readonly id: number; readonly type: 'nameLabel'; readonly options: NameLabelOptions }
  | { readonly id: number; readonly type: 'avatar'; readonly options: AvatarOptions };

export type LetteringAnswer =
  | { readonly id: number; readonly type: 'nameLabel'; readonly label: NameLabel }
  | { readonly id: number; readonly type: 'avatar'; readonly picture: Picture }
  | { readonly id: number; readonly type: 'failed'; readonly message: string };
