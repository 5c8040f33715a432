/**
 * What the server knows of the room, kept up to date: it answers questions about the room from the description that it was told last.
 * Told at most once a turn of the event loop, however much changed in it, and never the same twice.
 */
import { nextTurn } from '../../mixer/clock/next-turn.js';
import type { RoomDescription } from '../rooms/protocol.js';

export interface RoomBulletinOptions {
  readonly describe: () => RoomDescription;
  readonly onChanged: (room: RoomDescription) => void;
}

export class RoomBulletin {
  readonly #options: RoomBulletinOptions;
  #told = '';
  #telling: Promise<void> | undefined;

  constructor(options: RoomBulletinOptions) {
    this.#options = options;
  }

  /** Something may have changed. */
  update(): void {
    this.#telling ??= nextTurn().then(() => this.#tell());
  }

  /** Resolves when the server has been told everything up to now; whoever answers a request waits for it, so that the answer's reader finds what he did. */
  async settled(): Promise<void> {
    await this.#telling;
  }

  #tell(): void {
    this.#telling = undefined;
    const room = this.#options.describe();
    const told = JSON.stringify(room);
    if (told === this.#told) return;
    this.#told = told;
    this.#options.onChanged(room);
  }
}
