/**
 * Why a device could not be had:
 * - `denied`: the person or the system refused
 * - `missing`: there is none
 * - `busy`: another program holds it
 * - `insecure`: browsers hand devices only to HTTPS pages and to localhost
 * - `failed`: anything else
 * @typedef {'denied' | 'missing' | 'busy' | 'insecure' | 'failed'} DeviceProblem
 *
 * @typedef {'microphone' | 'camera'} DeviceKind
 *
 * @typedef {object} LocalMedia
 * @property {MediaStreamTrack | null} microphone
 * @property {MediaStreamTrack | null} camera
 * @property {{ microphone?: DeviceProblem, camera?: DeviceProblem }} problems of those asked for and not got
 */

/** @type {readonly DeviceKind[]} */
const kinds = ['microphone', 'camera'];

/**
 * Opens microphone and camera with one question to the person; when that fails, whichever of the two can be had.
 * @param {{ microphone: boolean, camera: boolean, microphoneId?: string | undefined, cameraId?: string | undefined }} wanted the ids are wishes: a device that is gone is replaced by the default
 * @returns {Promise<LocalMedia>} never rejects
 */
export async function openDevices(wanted) {
  /** @type {LocalMedia} */
  const media = { microphone: null, camera: null, problems: {} };
  if (navigator.mediaDevices === undefined) {
    for (const kind of kinds) if (wanted[kind]) media.problems[kind] = 'insecure';
    return media;
  }
  const permissions = { microphone: await permissionOf('microphone'), camera: await permissionOf('camera') };
  // A device that is refused for good would take the other one down with it.
  const asked = kinds.filter((kind) => wanted[kind] && permissions[kind] !== 'denied');
  for (const kind of kinds) if (wanted[kind] && !asked.includes(kind)) media.problems[kind] = 'denied';
  if (asked.length === 0) return media;
  const problem = await open(media, asked, wanted);
  if (problem === null) return media;
  for (const kind of asked) media.problems[kind] = problem;
  if (asked.length === 1) return media;
  for (const kind of asked) {
    // Whoever just said no is not asked a second time.
    if (problem === 'denied' && (await permissionOf(kind)) !== 'granted') continue;
    const ownProblem = await open(media, [kind], wanted);
    if (ownProblem === null) delete media.problems[kind];
    else media.problems[kind] = ownProblem;
  }
  return media;
}

/**
 * Asks which screen, window or tab to share.
 * @returns {Promise<MediaStreamTrack | null>} null when the person thought better of it
 * @throws {DOMException} when sharing failed for another reason
 */
export async function openScreen() {
  try {
    const video = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { ideal: 15, max: 15 } };
    const stream = await navigator.mediaDevices.getDisplayMedia({ video, audio: false });
    return stream.getVideoTracks()[0] ?? null;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotAllowedError') return null;
    throw error;
  }
}

/** Phones share no screen. */
export function canShareScreen() {
  return typeof globalThis.navigator?.mediaDevices?.getDisplayMedia === 'function';
}

/** @returns {Promise<{ microphone: MediaDeviceInfo[], camera: MediaDeviceInfo[] }>} those that have a name: without permission browsers hide it */
export async function listDevices() {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  const named = devices.filter(({ label }) => label !== '');
  return { microphone: named.filter(({ kind }) => kind === 'audioinput'), camera: named.filter(({ kind }) => kind === 'videoinput') };
}

/**
 * @param {LocalMedia} media filled with what was opened
 * @param {readonly DeviceKind[]} asked
 * @param {{ microphoneId?: string | undefined, cameraId?: string | undefined }} ids
 * @returns {Promise<DeviceProblem | null>}
 */
async function open(media, asked, ids) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: asked.includes('microphone') && { ...wish(ids.microphoneId), echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      video: asked.includes('camera') && { ...wish(ids.cameraId), width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
    });
    media.microphone = stream.getAudioTracks()[0] ?? media.microphone;
    media.camera = stream.getVideoTracks()[0] ?? media.camera;
    return null;
  } catch (error) {
    const problem = problemOf(error);
    const isWishful = ids.microphoneId !== undefined || ids.cameraId !== undefined;
    return problem === 'missing' && isWishful ? open(media, asked, {}) : problem;
  }
}

/** Exactly: as a mere ideal it would weigh no more than the size of the picture. @param {string | undefined} id */
function wish(id) {
  return id === undefined ? {} : { deviceId: { exact: id } };
}

/** @param {unknown} error @returns {DeviceProblem} */
function problemOf(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'failed';
}

/** @param {DeviceKind} kind @returns {Promise<PermissionState | 'unknown'>} */
async function permissionOf(kind) {
  try {
    return (await navigator.permissions.query({ name: /** @type {PermissionName} */ (kind) })).state;
  } catch {
    return 'unknown'; // Older browsers know no permission of this name.
  }
}
