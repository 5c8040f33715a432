/** Rows of who hears whom as the room keeps and tells them: nothing in them that says nothing, and no digit that nobody hears. Pure. */
import type { HearingDescription } from '../rooms/protocol.js';

/** A tenth of a dB is less than anybody hears (about 1 dB); what is finer only makes longer messages for everybody in the room. */
const stepsPerDb = 10;

export function roundDb(db: number): number {
  // Without the addition -0.04 would be -0, which is another number than 0 to whoever compares.
  return Math.round(db * stepsPerDb) / stepsPerDb + 0;
}

/** Who is named as everyone else is heard need not be named: such rows are the same row, and a room that is full of them is told to everybody in full. */
export function tidyHearing({ rest, sources }: HearingDescription): HearingDescription {
  const tidyRest = rest === null ? null : roundDb(rest);
  const entries = Object.entries(sources).map(([id, db]) => [id, db === null ? null : roundDb(db)] as const);
  return { rest: tidyRest, sources: Object.fromEntries(entries.filter(([, db]) => db !== tidyRest)) };
}

export function countEntries({ sources }: HearingDescription): number {
  return Object.keys(sources).length;
}
