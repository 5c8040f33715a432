/** What HTTP and the WebSocket take to control people and sounds: the same fields, each under its own roof. */
import { z } from 'zod';
import { participantsRange } from '../config.js';

/** Below -60 dB nothing is heard; above 20 a quiet microphone is only noise. */
const gainDb = z.number().min(-60).max(20);
/** Our ids have 16 characters; what is much longer is none. */
const participantId = z.string().min(1).max(64);
/** The names themselves are judged by `sound-folder.ts`, so that a bad one has its own code. */
const file = z.string().max(400);

/** As many as there can be in a room; the list is told to everybody, once with the sound and with each description of the room while it lasts. */
export const mostHearers = participantsRange.max;

const hears = z.strictObject({
  /** Of everyone who is not in `sources`; null: not heard. */
  rest: gainDb.nullable().default(0),
  sources: z.record(participantId, gainDb.nullable()).default({}),
});

/** What may be changed of a participant; what is missing stays as it is. */
export const participantChanges = {
  muted: z.boolean().optional(),
  gainDb: gainDb.optional(),
  deaf: z.boolean().optional(),
  /** Replaces the whole row. */
  hears: hears.optional(),
  /** True: with the file of `sounds.hold`. */
  onHold: z.union([z.boolean(), z.strictObject({ sound: file })]).optional(),
  noiseSuppression: z.boolean().optional(),
  levelling: z.boolean().optional(),
} as const;

/** A file to play into the room. */
export const soundWishes = {
  file,
  loop: z.boolean().optional(),
  gainDb: gainDb.optional(),
  /** Who hears it; without it everyone does. */
  participantIds: z.array(participantId).min(1).max(mostHearers).refine((ids) => new Set(ids).size === ids.length, 'names somebody twice').optional(),
} as const;

export type ParticipantChanges = z.infer<z.ZodObject<typeof participantChanges>>;
export type SoundWishes = z.infer<z.ZodObject<typeof soundWishes>>;
