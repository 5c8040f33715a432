import { NativePicture } from '../ffmpeg/native-picture.js';
import type { Tile } from './tile.js';

/**
 * One copy of the room's picture. While anybody reads it (an encoder, a snapshot), nobody draws on it.
 * It remembers what is on it, so that only what changed since is drawn.
 */
export class Canvas {
  readonly picture: NativePicture;
  /** Of each tile, the version that is drawn here. */
  readonly drawn = new Map<Tile, number>();
  /** The composition's, when this was last drawn whole. */
  placesVersion = -1;
  contentVersion = -1;
  #readers = 0;

  constructor(widthPx: number, heightPx: number) {
    this.picture = new NativePicture(widthPx, heightPx);
  }

  get isRead(): boolean {
    return this.#readers > 0;
  }

  retain(): void {
    this.#readers += 1;
  }

  release(): void {
    if (this.#readers === 0) throw new Error('A canvas was released more often than taken.');
    this.#readers -= 1;
  }

  close(): void {
    this.drawn.clear();
    this.picture.close();
  }
}
