/** What became of a sender's packets. */
export interface PlayoutCounters {
  packets: number;
  duplicates: number;
  late: number;
  malformed: number;
  /** Dropped because more than the bound was waiting. */
  overflowed: number;
  /** Dropped in one step after a burst. */
  skipped: number;
  /** Taken by time without being decoded: nobody listens, or silent. */
  unheard: number;
  decoded: number;
  undecodable: number;
  recoveredByFec: number;
  concealedMs: number;
  /** Made up while the sender rested (DTX): no loss. */
  comfortMs: number;
  /** Late packets joined to what had been made up in their place. */
  merged: number;
  shortened: number;
  lengthened: number;
  restarts: number;
}

export function newPlayoutCounters(): PlayoutCounters {
  return {
    ...{ packets: 0, duplicates: 0, late: 0, malformed: 0, overflowed: 0, skipped: 0, unheard: 0, decoded: 0, undecodable: 0 },
    ...{ recoveredByFec: 0, concealedMs: 0, comfortMs: 0, merged: 0, shortened: 0, lengthened: 0, restarts: 0 },
  };
}
