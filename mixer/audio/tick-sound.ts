import type { SoundBlock } from './sound-block.js';

/** Somebody who is heard in this tick. */
export interface Voice {
  readonly participantId: string;
  /** As it is mixed, ramps included. */
  readonly block: SoundBlock;
  readonly levelDbov: number;
}

/** A file that is heard in this tick. */
export interface PlayedSound {
  readonly soundId: string;
  readonly block: SoundBlock;
  /** Who hears it; undefined: all who hear the room. */
  readonly participantIds: ReadonlySet<string> | undefined;
}

/** All that there is to hear in one tick, at full gain. */
export interface TickSound {
  /** By participant, so that each can be left out for himself. */
  readonly voices: ReadonlyMap<string, Voice>;
  /** Of those who have left: they fade out. */
  readonly leaving: readonly Voice[];
  readonly sounds: readonly PlayedSound[];
}
