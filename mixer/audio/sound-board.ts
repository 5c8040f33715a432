import type { SoundOrder } from '../protocol.js';
import { SoundBlock } from './sound-block.js';
import { SoundPlayer } from './sound-player.js';
import type { PlayedSound } from './tick-sound.js';

export interface SoundBoardOptions {
  /** Once for each sound that was played, while the board is open. */
  readonly onEnded: (soundId: string, error: string | undefined) => void;
  readonly onFault: (message: string) => void;
}

interface Slot extends PlayedSound {
  readonly player: SoundPlayer;
  isHeard: boolean;
  hasBegun: boolean;
  hasEnded: boolean;
}

/** All files that are played into the room. Each begins within half a second, in step with the ticks. */
export class SoundBoard {
  readonly #options: SoundBoardOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #playing: Slot[] = [];
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;

  constructor(options: SoundBoardOptions) {
    this.#options = options;
  }

  /** @throws {Error} when one of this name is being played */
  play({ soundId, path, loop, gainDb, participantIds }: SoundOrder): void {
    if (this.#isClosed) return;
    if (this.#slots.has(soundId)) throw new Error(`The sound ${soundId} is played already.`);
    const player = new SoundPlayer({ sound: { path, loop, gainDb }, onEnded: (error) => this.#end(soundId, error), onFault: (message) => this.#options.onFault(message) });
    const hearers = participantIds === undefined ? undefined : new Set(participantIds);
    this.#slots.set(soundId, { soundId, player, block: new SoundBlock(), participantIds: hearers, isHeard: false, hasBegun: false, hasEnded: false });
  }

  /** It goes on for those who stay; nothing happens once it has ended. */
  setListeners(soundId: string, participantIds: readonly string[]): void {
    const slot = this.#slots.get(soundId);
    if (slot !== undefined) this.#slots.set(soundId, { ...slot, participantIds: new Set(participantIds) });
  }

  stop(soundId: string): void {
    this.#slots.get(soundId)?.player.stop();
    this.#removeEnded();
  }

  #end(soundId: string, error: string | undefined): void {
    const slot = this.#slots.get(soundId);
    if (slot === undefined) return;
    slot.hasEnded = true;
    this.#options.onEnded(soundId, error);
  }

  /**
   * To be called each tick, whether anybody listens or not. @returns what is played in it, valid until the next call. What has run dry is played on as silence: its
   * listeners would else be moved to another mix and back.
   */
  tick(): readonly PlayedSound[] {
    this.#playing.length = 0;
    if (this.#slots.size === 0) return this.#playing;
    for (const slot of this.#slots.values()) {
      slot.isHeard = slot.player.read(slot.block);
      slot.hasBegun ||= slot.isHeard;
      if (!slot.isHeard) slot.block.clear();
      if (slot.isHeard || (slot.hasBegun && !slot.hasEnded)) this.#playing.push(slot);
    }
    this.#removeEnded();
    return this.#playing;
  }

  #removeEnded(): void {
    for (const [soundId, { player, hasEnded }] of this.#slots) {
      if (!hasEnded) continue;
      this.#slots.delete(soundId);
      this.#close(player);
    }
  }

  #close(player: SoundPlayer): void {
    const closing = player.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** By their names: whether each was heard in the last tick, and how often it had nothing to play. */
  stats(): Record<string, unknown> {
    return Object.fromEntries([...this.#slots].map(([soundId, { player, isHeard }]) => [soundId, { heard: isHeard, ranDry: player.ranDry }]));
  }

  /** Resolves when nothing native is left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { player } of this.#slots.values()) this.#close(player);
    this.#slots.clear();
    await Promise.all(this.#closing);
  }
}
