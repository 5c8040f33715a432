/** The sounds that one room plays and has played: whoever began one can ask how it ended. */
import { AppError } from '../errors.js';
import type { SoundDescription } from './protocol.js';

/** The oldest is forgotten first; at most 8 play, so none of these. */
const maxSounds = 50;

export class SoundBook {
  readonly #sounds = new Map<string, SoundDescription>();

  put(sound: SoundDescription): void {
    this.#sounds.delete(sound.id);
    this.#sounds.set(sound.id, sound);
    if (this.#sounds.size <= maxSounds) return;
    const [oldest] = [...this.#sounds.values()].filter(({ status }) => status !== 'playing');
    if (oldest !== undefined) this.#sounds.delete(oldest.id);
  }

  /** In the order in which they changed. */
  list(): readonly SoundDescription[] {
    return [...this.#sounds.values()];
  }

  /** @throws {AppError} `sound_not_playing` */
  get(id: string): SoundDescription {
    const sound = this.#sounds.get(id);
    if (sound === undefined) throw new AppError('sound_not_playing');
    return sound;
  }
}
