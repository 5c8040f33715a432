/**
 * What the microphones of a conversation sent as RFC 6464 levels, and who was the speaker when: the recorded input on which rules for the dominant speaker
 * are compared. Levels are of people who do not exist, of voices made by espeak-ng.
 */

/** One level each 20 ms, as clients send them. */
export const frameMs = 20;
/** In place of a level: no packet came, as from a client with DTX. */
export const noPacket = 255;

/** Somebody's word. What he says meanwhile as a listener ("mm-hm") is none. */
export interface Turn {
  readonly person: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface LevelTrace {
  readonly name: string;
  /** For each person one byte a frame: the level's magnitude, 0 to 127, or {@link noPacket}. */
  readonly levels: readonly Uint8Array[];
  /** In the order of their beginnings. */
  readonly turns: readonly Turn[];
}

/** As it is kept in a file: the levels in base64. */
export interface StoredTrace {
  readonly name: string;
  readonly levels: readonly string[];
  readonly turns: readonly Turn[];
}

export function storeTrace({ name, levels, turns }: LevelTrace): StoredTrace {
  return { name, levels: levels.map((bytes) => Buffer.from(bytes).toString('base64')), turns };
}

export function restoreTrace({ name, levels, turns }: StoredTrace): LevelTrace {
  return { name, levels: levels.map((text) => new Uint8Array(Buffer.from(text, 'base64'))), turns };
}

export function durationMs({ levels }: LevelTrace): number {
  return (levels[0]?.length ?? 0) * frameMs;
}
