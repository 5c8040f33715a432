/** Every way in which a request can be refused: the one table of code, HTTP status and meaning; README's table is held against it by a test. */
export const errorTable = {
  bad_request: { status: 400, meaning: 'The request is no HTTP that this server can read.' },
  invalid_json: { status: 400, meaning: 'The body is no JSON.' },
  invalid_body: { status: 400, meaning: 'The JSON has a missing, unknown or wrong field; `details` names each.' },
  invalid_room_name: { status: 400, meaning: 'A room name has 1 to 64 of the characters A-Z, a-z, 0-9, `-`, `_` and `.`, and starts with a letter or digit.' },
  invalid_max_height: { status: 400, meaning: 'The most rows of the picture, `maxHeight`, are a whole number from 1 to 8192.' },
  invalid_participant_name: { status: 400, meaning: 'A display name has 1 to 64 visible characters, of any script; no control characters, no direction overrides, no markup.' },
  unknown_layout: { status: 400, meaning: 'No layout has this name; `details.layouts` lists those there are.' },
  body_too_large: { status: 413, meaning: 'The body is longer than this server reads.' },
  not_found: { status: 404, meaning: 'Nothing is served at this path.' },
  origin_not_allowed: { status: 403, meaning: 'Pages of this origin may not use this server; `http.allowedOrigins` lists those that may.' },
  host_not_known: { status: 403, meaning: 'This server does not know the name under which it is reached, which may be a stranger\'s; list its origin, e.g. `https://meet.example.org`, in `http.allowedOrigins`.' },
  room_not_found: { status: 404, meaning: 'No room has this name.' },
  room_exists: { status: 409, meaning: 'A room of this name is open already.' },
  participant_not_found: { status: 404, meaning: 'Nobody in the room has this id.' },
  session_not_found: { status: 404, meaning: 'This session has ended or never was.' },
  recording_not_found: { status: 404, meaning: 'The room has no recording with this id.' },
  recording_ended: { status: 409, meaning: 'The recording has ended already.' },
  file_not_found: { status: 404, meaning: 'There is no recorded file of this name.' },
  method_not_allowed: { status: 405, meaning: 'The path exists, but not for this method; see the `Allow` header.' },
  not_acceptable: { status: 406, meaning: 'The `Accept` header excludes the only type that this answer has.' },
  unsupported_media_type: { status: 415, meaning: 'The `Content-Type` is not the one this path takes.' },
  range_not_satisfiable: { status: 416, meaning: 'The `Range` header asks for bytes that the file does not have.' },
  request_timeout: { status: 408, meaning: 'The request did not arrive in time.' },
  headers_too_large: { status: 431, meaning: 'The headers are longer than this server reads.' },
  precondition_required: { status: 428, meaning: 'A PATCH of a session needs an `If-Match` header: the `ETag` that its POST answered, or `*`.' },
  precondition_failed: { status: 412, meaning: '`If-Match` does not name the current ICE session.' },
  ice_restart_unsupported: { status: 422, meaning: 'This session cannot restart ICE; make a new one.' },
  invalid_candidate: { status: 400, meaning: 'The ICE candidate or SDP fragment cannot be read.' },
  sdp_empty: { status: 400, meaning: 'The SDP is empty.' },
  sdp_too_large: { status: 413, meaning: 'The SDP is longer, or has more media sections, than this server reads.' },
  sdp_invalid: { status: 400, meaning: 'The SDP cannot be read, lacks ICE credentials, a fingerprint or rtcp-mux, or has one payload type for retransmissions and for something else.' },
  sdp_without_media: { status: 422, meaning: 'The SDP has neither an audio nor a video section that can be used here.' },
  sdp_without_audio: { status: 422, meaning: 'This server takes only publishers who send sound (`whip.required`), and the SDP has none.' },
  sdp_without_video: { status: 422, meaning: 'This server takes only publishers who send a picture (`whip.required`), and the SDP has none.' },
  no_common_codec: { status: 406, meaning: 'None of the offered codecs is known here: audio is Opus, video VP8 or H.264.' },
  invalid_message: { status: 400, meaning: 'A WebSocket message is no JSON object of a known type; `details` names what is wrong.' },
  message_too_large: { status: 413, meaning: 'A WebSocket message is longer than this server reads.' },
  too_many_messages: { status: 429, meaning: 'The WebSocket sends faster than this server reads; it is closed.' },
  not_joined: { status: 409, meaning: 'This message makes sense only after `join`.' },
  wrong_secret: { status: 403, meaning: 'The secret is not that of this participant.' },
  resume_outdated: { status: 409, meaning: 'The client has resumed over a later WebSocket already.' },
  answer_outdated: { status: 409, meaning: 'The answer belongs to an offer whose place another one has taken.' },
  already_joined: { status: 409, meaning: 'This WebSocket has joined a room already.' },
  starting: { status: 503, meaning: 'The server cannot make rooms yet, or not at the moment.' },
  server_closing: { status: 503, meaning: 'The server is shutting down.' },
  too_many_sockets: { status: 503, meaning: 'The server has as many WebSockets as it may have.' },
  no_media_port: { status: 503, meaning: 'The room has no port for its media: all of `udp.portMin` to `udp.portMax` are taken, or the machine has no longer the address of `udp.host`; `message` says which.' },
  room_full: { status: 503, meaning: 'The room has as many participants or viewers as it may have.' },
  too_many_rooms: { status: 503, meaning: 'The server has as many rooms as it may have.' },
  too_many_recordings: { status: 409, meaning: 'The room is being recorded already, as often as it may be.' },
  room_closed: { status: 410, meaning: 'The room was closed.' },
  room_failed: { status: 502, meaning: 'The process of this room ended unexpectedly; the room can be joined again at once.' },
  room_timeout: { status: 504, meaning: 'The process of this room did not answer in time.' },
  recording_failed: { status: 500, meaning: 'The recording could not be started; `message` says why.' },
  unknown_participants: { status: 400, meaning: '`hears.sources` or `participantIds` names somebody who is not in the room, or the participant himself; `details.participantIds` lists them.' },
  invalid_sound_name: { status: 400, meaning: 'A sound file is named without its folder, does not begin with a dot, and ends with .wav, .mp3, .ogg, .opus, .flac or .m4a.' },
  sound_not_found: { status: 404, meaning: 'The folder of sounds (`sounds.folder`) has no file of this name.' },
  sound_too_large: { status: 422, meaning: 'The sound file is larger than 256 MB.' },
  sound_unreadable: { status: 422, meaning: 'The file cannot be read as sound; the log says why. The `error` of a sound that has failed.' },
  sound_too_long: { status: 422, meaning: 'The sound lasts longer than 10 minutes. The `error` of a sound that has failed.' },
  sound_too_short: { status: 422, meaning: 'A sound that is looped lasts less than half a second. The `error` of a sound that has failed.' },
  sound_not_playing: { status: 404, meaning: 'The room plays no sound with this id.' },
  too_many_sounds: { status: 409, meaning: 'The room plays 8 sounds already, or 8 to people on hold.' },
  too_many_hearing_groups: { status: 409, meaning: 'The participants of the room would hear it in more different ways, by their rows and by the sounds that are played to some of them, than there may be (`audio.maxHearingGroups`); nothing is changed.' },
  too_many_hearing_entries: { status: 409, meaning: 'The rows of the room\'s participants would have more than 5,000 entries in all (`hears.sources`); `rest` says the same of many. Nothing is changed.' },
  too_many_requests: { status: 429, meaning: 'This room is controlled over HTTP faster than it may be, 100 times at once and 20 times a second; nothing is changed, `Retry-After` says when to come back.' },
  control_not_allowed: { status: 403, meaning: 'Others are controlled over HTTP only here (`rooms.control`); over the WebSocket everybody may set his own noise suppression.' },
  internal: { status: 500, meaning: 'A bug: the log has the details under the request id.' },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof errorTable;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}

/** The user's mistake or misfortune, as told to him: crosses process borders as `toJSON()`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string = errorTable[code].meaning, details?: unknown) {
    super(message);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  toJSON(): { code: ErrorCode; message: string; details?: unknown } {
    return { code: this.code, message: this.message, ...(this.details === undefined ? {} : { details: this.details }) };
  }
}
