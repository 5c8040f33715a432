/** The JSON of the HTTP face, both ways: requests are checked against it, `/openapi.json` is made from it, tests hold answers against it. */
import { z } from 'zod';
import { canvasRanges } from '../config.js';
import { participantChanges, soundWishes } from '../rooms/control-schemas.js';
import type { ParticipantDescription, RecordingDescription, RoomDescription, SoundDescription } from '../rooms/protocol.js';
import type { SoundFileDescription } from '../rooms/sound-folder.js';

function ranged({ min, max, multipleOf }: { min: number; max: number; multipleOf?: number }): z.ZodNumber {
  const number = z.int().min(min).max(max);
  return multipleOf === undefined ? number : number.multipleOf(multipleOf);
}

const recordingFormat = z.enum(['mp4', 'webm']);
const audioMode = z.enum(['voice', 'music']);
const layoutName = z.string().max(200);

/** Names are judged by `src/names.ts`, so that a bad one has the same code everywhere. */
export const newRoomSchema = z.strictObject({
  name: z.string(),
  layout: layoutName.optional(),
  video: z.strictObject({ width: ranged(canvasRanges.width).optional(), height: ranged(canvasRanges.height).optional(), fps: ranged(canvasRanges.fps).optional() }).optional(),
  audio: z.strictObject({ mode: audioMode.optional() }).optional(),
});

export const roomChangeSchema = z.strictObject({ layout: layoutName.optional() });

export const newRecordingSchema = z.strictObject({ format: recordingFormat.optional() });

export const participantChangeSchema = z.strictObject(participantChanges);
export const newSoundSchema = z.strictObject(soundWishes);

const gainDb = z.number().min(-60).max(20);

export const participantSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['browser', 'whip']),
  audio: z.boolean(),
  video: z.boolean(),
  screen: z.boolean(),
  speaking: z.boolean(),
  connection: z.enum(['connecting', 'connected', 'disconnected']),
  csrc: z.int().min(0).max(2 ** 32 - 1),
  joinedAt: z.iso.datetime(),
  muted: z.boolean(),
  gainDb,
  deaf: z.boolean(),
  hears: z.strictObject({ rest: gainDb.nullable(), sources: z.record(z.string(), gainDb.nullable()) }),
  onHold: z.boolean(),
  holdSound: z.string().nullable(),
  noiseSuppression: z.boolean(),
  levelling: z.boolean(),
}) satisfies z.ZodType<ParticipantDescription>;

export const recordingSchema = z.strictObject({
  id: z.string(),
  room: z.string(),
  format: recordingFormat,
  status: z.enum(['starting', 'active', 'complete', 'failed']),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  durationMs: z.number().min(0),
  bytes: z.int().min(0),
  url: z.string(),
  error: z.string().nullable(),
}) satisfies z.ZodType<RecordingDescription>;

export const soundSchema = z.strictObject({
  id: z.string(),
  file: z.string(),
  loop: z.boolean(),
  gainDb,
  participantIds: z.array(z.string()).nullable(),
  status: z.enum(['playing', 'ended', 'stopped', 'failed']),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  error: z.enum(['sound_unreadable', 'sound_too_long', 'sound_too_short']).nullable(),
}) satisfies z.ZodType<SoundDescription>;

export const roomSchema = z.strictObject({
  name: z.string(),
  createdAt: z.iso.datetime(),
  layout: z.string(),
  video: z.strictObject({ width: z.int(), height: z.int(), fps: z.int() }),
  audio: z.strictObject({ mode: audioMode }),
  participants: z.array(participantSchema),
  viewers: z.int().min(0),
  recordings: z.array(recordingSchema),
  sounds: z.array(soundSchema),
}) satisfies z.ZodType<RoomDescription>;

export const roomsSchema = z.strictObject({ rooms: z.array(roomSchema) });
export const recordingsSchema = z.strictObject({ recordings: z.array(recordingSchema) });
export const soundsSchema = z.strictObject({ sounds: z.array(soundSchema) });
export const soundFilesSchema = z.strictObject({ sounds: z.array(z.strictObject({ file: z.string(), bytes: z.int().min(0) }) satisfies z.ZodType<SoundFileDescription>) });
export const layoutsSchema = z.strictObject({ layouts: z.array(z.string()) });
export const healthSchema = z.strictObject({ status: z.literal('ok') });
export const errorSchema = z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string(), details: z.unknown().optional() }) });
