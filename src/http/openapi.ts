/** The HTTP face as OpenAPI 3.1, served at /openapi.json; a test holds its paths and methods against the routes. */
import { z } from 'zod';
import { errorTable, type ErrorCode } from '../errors.js';
import * as schemas from './schemas.js';

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly Json[];
  readonly requestBody?: Json;
  readonly responses: Readonly<Record<string, Json>>;
}

function schemaOf(schema: z.ZodType): Json {
  // Each would repeat the dialect that OpenAPI 3.1 has anyway.
  return Object.fromEntries(Object.entries(z.toJSONSchema(schema, { io: 'input' })).filter(([key]) => key !== '$schema'));
}

const componentSchemas: Json = Object.fromEntries(
  Object.entries({ Room: schemas.roomSchema, Rooms: schemas.roomsSchema, Recording: schemas.recordingSchema, Recordings: schemas.recordingsSchema, Participant: schemas.participantSchema, Sound: schemas.soundSchema, Sounds: schemas.soundsSchema, SoundFiles: schemas.soundFilesSchema, Layouts: schemas.layoutsSchema, Health: schemas.healthSchema, Error: schemas.errorSchema }).map(
    ([name, schema]) => [name, schemaOf(schema)],
  ),
);

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function json(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } };
}

/** One answer for each status that these codes have, naming the codes. */
function errors(...codes: readonly ErrorCode[]): Readonly<Record<string, Json>> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(errorTable[code].status, [...(byStatus.get(errorTable[code].status) ?? []), code]);
  return Object.fromEntries([...byStatus].map(([status, ofStatus]) => [String(status), json(ofStatus.map((code) => `\`${code}\`: ${errorTable[code].meaning}`).join(' '), reference('Error'))]));
}

function body(schema: z.ZodType, required: boolean): Json {
  return { required, content: { 'application/json': { schema: schemaOf(schema) } } };
}

function sdp(description: string, extra: Json = {}): Json {
  return { description, content: { 'application/sdp': { schema: { type: 'string' } } }, ...extra };
}

function pathParameter(name: string, description: string): Json {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

function queryParameter(name: string, description: string): Json {
  return { name, in: 'query', required: false, description, schema: { type: 'string' } };
}

const roomParameter = pathParameter('room', errorTable.invalid_room_name.meaning);
const recordingParameter = pathParameter('id', 'The `id` of a recording.');
const participantParameter = pathParameter('id', 'The `id` of a participant.');
const soundParameter = pathParameter('id', 'The `id` of a sound that the room plays or has played.');
const secretParameter = pathParameter('secret', 'From the `Location` that the POST answered.');
const ifMatchParameter: Json = { name: 'If-Match', in: 'header', required: true, description: 'The `ETag` that the POST answered, or `*`.', schema: { type: 'string' } };
const jsonErrors: readonly ErrorCode[] = ['invalid_json', 'invalid_body', 'unsupported_media_type', 'body_too_large'];
const roomErrors: readonly ErrorCode[] = ['invalid_room_name', 'room_not_found'];
const processErrors: readonly ErrorCode[] = ['room_failed', 'room_timeout', 'room_closed'];
const openingErrors: readonly ErrorCode[] = ['too_many_rooms', 'starting', 'server_closing'];
const sdpErrors: readonly ErrorCode[] = ['not_acceptable', 'unsupported_media_type', 'sdp_empty', 'sdp_too_large', 'sdp_invalid', 'sdp_without_media', 'sdp_without_audio', 'sdp_without_video', 'no_common_codec'];

const sessionHeaders: Json = {
  Location: { description: 'The session\'s own URL: unguessable, whoever knows it may end the session.', schema: { type: 'string' } },
  ETag: { description: 'Of the ICE session, for `If-Match`.', schema: { type: 'string' } },
  Link: { description: 'STUN servers, `rel="ice-server"`.', schema: { type: 'string' } },
};
const participantHeader: Json = { 'Tessera-Participant': { description: 'The participant\'s id, as in the room\'s list and for `?as=`.', schema: { type: 'string' } } };

function page(summary: string, ...parameters: readonly Json[]): { get: Operation } {
  return { get: { summary, parameters, responses: { 200: { description: 'The file.' }, 304: { description: 'The client has it.' }, ...errors('not_found', ...(parameters.includes(roomParameter) ? (['invalid_room_name'] as const) : [])) } } };
}

const withoutContent: Operation = { summary: 'Nothing, with success (RFC 9725 4.1).', responses: { 204: { description: 'No content.' } } };

function sessionOperations(): Readonly<Record<string, Operation>> {
  return {
    get: { ...withoutContent, parameters: [secretParameter] },
    options: { summary: 'What may be patched.', parameters: [secretParameter], responses: { 200: { description: '`Allow`, `Accept-Patch` and CORS headers.' } } },
    patch: {
      summary: 'Trickles ICE candidates.',
      parameters: [secretParameter, ifMatchParameter],
      requestBody: { required: true, content: { 'application/trickle-ice-sdpfrag': { schema: { type: 'string' } } } },
      responses: { 204: { description: 'Taken.' }, ...errors('invalid_candidate', 'session_not_found', 'unsupported_media_type', 'body_too_large', 'precondition_required', 'precondition_failed', 'ice_restart_unsupported') },
    },
    delete: { summary: 'Ends the session.', parameters: [secretParameter], responses: { 200: { description: 'Ended.' }, ...errors('session_not_found') } },
  };
}

function endpointOptions(): Operation {
  return { summary: 'What may be posted.', parameters: [roomParameter], responses: { 200: { description: '`Allow`, `Accept-Post` and CORS headers.' } } };
}

const paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/healthz': { get: { summary: 'Whether rooms can be made.', responses: { 200: json('They can.', reference('Health')), ...errors('starting') } } },
  '/openapi.json': { get: { summary: 'This document.', responses: { 200: json('OpenAPI 3.1.', { type: 'object' }) } } },
  '/api/rooms': {
    get: { summary: 'All open rooms, the oldest first.', responses: { 200: json('The rooms.', reference('Rooms')) } },
    post: { summary: 'Makes a room.', requestBody: body(schemas.newRoomSchema, true), responses: { 201: json('The room.', reference('Room')), ...errors(...jsonErrors, 'invalid_room_name', 'unknown_layout', 'room_exists', ...openingErrors, 'room_failed', 'room_timeout') } },
  },
  '/api/rooms/{room}': {
    get: { summary: 'A room.', parameters: [roomParameter], responses: { 200: json('The room.', reference('Room')), ...errors(...roomErrors) } },
    patch: { summary: 'Changes the layout.', parameters: [roomParameter], requestBody: body(schemas.roomChangeSchema, true), responses: { 200: json('The room.', reference('Room')), ...errors(...jsonErrors, ...roomErrors, 'unknown_layout', 'too_many_requests', ...processErrors) } },
    delete: { summary: 'Closes a room: everyone is told why and disconnected, recordings are finished.', parameters: [roomParameter], responses: { 204: { description: 'Closed.' }, ...errors(...roomErrors) } },
  },
  '/api/rooms/{room}/snapshot.png': { get: { summary: 'The canvas as it is now.', parameters: [roomParameter], responses: { 200: { description: 'The picture.', content: { 'image/png': {} } }, ...errors(...roomErrors, ...processErrors) } } },
  '/api/rooms/{room}/stats': { get: { summary: 'Counters of each stage, participant and output.', parameters: [roomParameter], responses: { 200: json('The counters.', { type: 'object' }), ...errors(...roomErrors, ...processErrors) } } },
  '/api/rooms/{room}/recordings': {
    get: { summary: 'All recordings of rooms of this name, also of closed ones.', parameters: [roomParameter], responses: { 200: json('The recordings.', reference('Recordings')), ...errors(...roomErrors) } },
    post: { summary: 'Starts a recording; without a body it is an mp4.', parameters: [roomParameter], requestBody: body(schemas.newRecordingSchema, false), responses: { 201: json('The recording.', reference('Recording')), ...errors(...jsonErrors, ...roomErrors, 'too_many_recordings', 'recording_failed', ...processErrors) } },
  },
  '/api/rooms/{room}/recordings/{id}': { get: { summary: 'A recording.', parameters: [roomParameter, recordingParameter], responses: { 200: json('The recording.', reference('Recording')), ...errors('invalid_room_name', 'recording_not_found') } } },
  '/api/rooms/{room}/recordings/{id}/stop': {
    post: { summary: 'Stops a recording.', parameters: [roomParameter, recordingParameter], responses: { 200: json('The recording.', reference('Recording')), ...errors('invalid_room_name', 'recording_not_found', 'recording_ended', ...processErrors) } },
  },
  '/api/rooms/{room}/participants/{id}': {
    get: { summary: 'A participant.', parameters: [roomParameter, participantParameter], responses: { 200: json('The participant.', reference('Participant')), ...errors(...roomErrors, 'participant_not_found') } },
    patch: {
      summary: 'Mutes, sets the gain, deafens, says whom he hears, puts on hold; what is missing stays as it is.',
      parameters: [roomParameter, participantParameter],
      requestBody: body(schemas.participantChangeSchema, true),
      responses: { 200: json('The participant.', reference('Participant')), ...errors(...jsonErrors, ...roomErrors, 'participant_not_found', 'unknown_participants', 'too_many_hearing_groups', 'too_many_hearing_entries', 'too_many_sounds', 'invalid_sound_name', 'sound_not_found', 'sound_too_large', 'too_many_requests', ...processErrors) },
    },
    delete: { summary: 'Takes him out of the room; he is told `removed` and may join again.', parameters: [roomParameter, participantParameter], responses: { 204: { description: 'He is gone.' }, ...errors(...roomErrors, 'participant_not_found', 'too_many_requests', ...processErrors) } },
  },
  '/api/rooms/{room}/sounds': {
    get: { summary: 'The sounds that the room plays, and the last that it has played.', parameters: [roomParameter], responses: { 200: json('The sounds.', reference('Sounds')), ...errors(...roomErrors) } },
    post: {
      summary: 'Plays a file into the room, or to some of it.',
      parameters: [roomParameter],
      requestBody: body(schemas.newSoundSchema, true),
      responses: { 201: json('The sound. What is wrong inside the file is told by its `status` and `error` a moment later.', reference('Sound')), ...errors(...jsonErrors, ...roomErrors, 'unknown_participants', 'invalid_sound_name', 'sound_not_found', 'sound_too_large', 'too_many_sounds', 'too_many_hearing_groups', 'too_many_requests', ...processErrors) },
    },
  },
  '/api/rooms/{room}/sounds/{id}': {
    get: { summary: 'A sound.', parameters: [roomParameter, soundParameter], responses: { 200: json('The sound.', reference('Sound')), ...errors(...roomErrors, 'sound_not_playing') } },
    delete: { summary: 'Stops a sound.', parameters: [roomParameter, soundParameter], responses: { 204: { description: 'It stops, or has ended before.' }, ...errors(...roomErrors, 'sound_not_playing', 'too_many_requests', ...processErrors) } },
  },
  '/api/sounds': { get: { summary: 'The sound files there are (`sounds.folder`).', responses: { 200: json('Their names and sizes.', reference('SoundFiles')) } } },
  '/api/layouts': { get: { summary: 'The layouts there are.', responses: { 200: json('Their names.', reference('Layouts')) } } },
  '/recordings/{file}': {
    get: {
      summary: 'A recorded file.',
      parameters: [pathParameter('file', 'The last part of a recording\'s `url`.'), { name: 'Range', in: 'header', required: false, description: 'One range of bytes.', schema: { type: 'string' } }],
      responses: { 200: { description: 'The file.' }, 206: { description: 'The range.' }, 304: { description: 'The client has it.' }, ...errors('file_not_found', 'range_not_satisfiable') },
    },
  },
  '/whip/{room}': {
    get: { ...withoutContent, parameters: [roomParameter] },
    options: endpointOptions(),
    post: {
      summary: 'Publishes to a room (WHIP, RFC 9725); the first one makes it.',
      parameters: [roomParameter, queryParameter('name', `Shown in the picture. ${errorTable.invalid_participant_name.meaning} \`Guest\` when there is none.`)],
      requestBody: sdp('The offer.'),
      responses: { 201: sdp('The answer.', { headers: { ...sessionHeaders, ...participantHeader } }), ...errors(...roomErrors, 'invalid_participant_name', ...sdpErrors, 'room_full', ...openingErrors, ...processErrors) },
    },
  },
  '/whip/sessions/{secret}': sessionOperations(),
  '/whep/{room}': {
    get: { ...withoutContent, parameters: [roomParameter] },
    options: endpointOptions(),
    post: {
      summary: 'Watches a room (WHEP): the mix that all listeners get.',
      parameters: [roomParameter, queryParameter('as', 'A participant\'s id: gives that participant\'s own mix, without his own voice.'), queryParameter('maxHeight', `The best of the room\'s encodes with at most so many rows; for devices that cannot take more. ${errorTable.invalid_max_height.meaning}`)],
      requestBody: sdp('The offer.'),
      responses: { 201: sdp('The answer.', { headers: sessionHeaders }), ...errors(...roomErrors, 'participant_not_found', 'invalid_max_height', ...sdpErrors, 'room_full', ...processErrors) },
    },
  },
  '/whep/sessions/{secret}': sessionOperations(),
  '/': page('The start page.'),
  '/r/{room}': page('The page that joins a room.', roomParameter),
  '/v/{room}': page('The viewer page, to be embedded anywhere.', roomParameter),
  '/favicon.ico': page('The icon of the pages, as SVG.'),
  '/static/{path}': page('What the pages load.', pathParameter('path', 'A file of the pages.')),
};

export const openApiDocument: Json = {
  openapi: '3.1.0',
  info: { title: 'Tessera', version: '0.1.0', description: 'A mixing server for WebRTC. Each error is `{"error":{"code","message","details"?}}`; the WebSocket at `/ws` is described in docs/signalling.md.', license: { name: 'MIT', identifier: 'MIT' } },
  paths,
  components: { schemas: componentSchemas },
};
