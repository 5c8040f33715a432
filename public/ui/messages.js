/** @import { DeviceProblem } from '../client/local-media.js' */
/** @import { TesseraError } from '../client/errors.js' */

/** What to tell a person, by the error's code; codes that are not here speak for themselves. @type {Record<string, string>} */
export const errorTexts = {
  invalid_room_name: 'This room name cannot be used: take 1 to 64 letters, digits, “-”, “_” or “.”, starting with a letter or digit.',
  unknown_layout: 'This layout is not there any more.',
  room_not_found: 'There is no room of this name.',
  room_full: 'The room is full. Try again when someone has left, or just watch.',
  no_media_port: 'The server has no free port for sound and picture right now. Try again in a while, or tell whoever runs it.',
  too_many_rooms: 'The server has no place for another room right now. Try again in a while.',
  too_many_recordings: 'The room is being recorded already.',
  recording_ended: 'This recording has ended already.',
  participant_not_found: 'This person is not in the room any more.',
  control_not_allowed: 'This server does not let people control each other.',
  recording_not_found: 'This recording is not there any more.',
  too_many_sockets: 'The server has no place for more people right now.',
  server_closing: 'The server is being restarted. Trying again…',
  room_closed: 'The room was closed.',
  room_failed: 'The room had to be restarted.',
  room_timeout: 'The server is busy and did not answer in time.',
  unreachable: 'The server cannot be reached. Trying again…',
  not_connected: 'Not connected right now. Try again when the connection is back.',
  media_failed: 'Sound and picture do not come through: a firewall may be blocking UDP. Trying again…',
  internal: 'Something went wrong on the server.',
};

/** @param {TesseraError} error */
export function errorText(error) {
  const text = errorTexts[error.code] ?? error.message;
  return error.code === 'recording_failed' ? `Recording failed: ${error.message}` : text;
}

/** Why one is out of the room. @type {Record<string, string>} */
const closedTexts = {
  left: 'You left the room.',
  room_closed: 'The room was closed.',
  closed_by_peer: 'The connection was closed.',
  removed: 'You were removed from the room.',
  join_timeout: 'Joining took too long.',
  too_many_mistakes: 'The server did not understand this page. Load it again.',
};

/** @param {string} reason @param {TesseraError | null} error */
export function closedText(reason, error) {
  return error === null ? (closedTexts[reason] ?? `You are out of the room (${reason}).`) : errorText(error);
}

/**
 * @param {{ microphone?: DeviceProblem, camera?: DeviceProblem }} problems
 * @returns {string[]} one kind sentence for each thing to know
 */
export function problemTexts({ microphone, camera }) {
  if (microphone !== undefined && microphone === camera) return [problemText('camera and microphone', microphone, true)];
  return [
    ...(microphone === undefined ? [] : [problemText('microphone', microphone, false)]),
    ...(camera === undefined ? [] : [problemText('camera', camera, false)]),
  ];
}

/** @param {string} what @param {DeviceProblem} problem @param {boolean} both @returns {string} */
function problemText(what, problem, both) {
  const are = both ? 'are' : 'is';
  const them = both ? 'them' : 'it';
  const without = both ? 'You can see and hear everyone without.' : what === 'camera' ? 'The others can hear you without.' : 'You can listen without.';
  if (problem === 'denied') return `Your ${what} ${are} blocked. ${without} To use ${them}, allow ${them} in the address bar and press the button again.`;
  if (problem === 'missing') return both ? 'No camera or microphone found. You can see and hear everyone without.' : `No ${what} found. ${without}`;
  if (problem === 'busy') return `Your ${what} ${are} in use by another program. Close it and press the button again.`;
  if (problem === 'insecure') return `Browsers hand out ${what} only over HTTPS or on this machine. ${without}`;
  return `Your ${what} could not be started. ${without}`;
}
