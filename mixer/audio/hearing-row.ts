import type { Hearing } from '../protocol.js';
import { dbToGain } from './audio-format.js';

/** Linear; 0: not heard. */
function gainOf(db: number | null): number {
  return db === null ? 0 : dbToGain(db);
}

/** What one participant hears, in linear gains. Rows with the same key say the same of everyone, so who has them can share a mix. */
export class HearingRow {
  /** Of those who are not named, and of sounds that are played for everyone; 0: not heard. */
  readonly restGain: number;
  readonly key: string;
  readonly #gains = new Map<string, number>();

  /** @param ownId whose row it is: nobody hears himself, whatever his row says of it */
  constructor({ restDb, sources }: Hearing, ownId?: string) {
    this.restGain = gainOf(restDb);
    const named = Object.entries(sources).filter(([id, db]) => id !== ownId && db !== restDb);
    for (const [id, db] of named) this.#gains.set(id, gainOf(db));
    named.sort(([a], [b]) => (a < b ? -1 : 1));
    this.key = JSON.stringify([restDb, named]);
  }

  /** Linear; 0: not heard. */
  gainOf(participantId: string): number {
    return this.#gains.get(participantId) ?? this.restGain;
  }
}

/** Everyone as he is: of who has no row of his own, of listeners who are no participants, and of recordings. */
export const defaultHearing = new HearingRow({ restDb: 0, sources: {} });
