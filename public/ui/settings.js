/**
 * What the pages remember. In localStorage: the name, the last room, the chosen devices. In sessionStorage (this tab only): that the
 * person has asked to join a room, so that a reload, or the way here from the start page, does not ask again. A link cannot set that:
 * nobody's camera goes on because he followed one.
 *
 * @typedef {{ name: string, room: string, microphoneId: string, cameraId: string }} Remembered
 * @typedef {{ room: string, microphone: boolean, camera: boolean }} Admission
 */

const prefix = 'tessera.';

/** @param {keyof Remembered} key @returns {string} empty when unknown */
export function recall(key) {
  return read(() => localStorage, key) ?? '';
}

/** @param {keyof Remembered} key @param {string} value */
export function remember(key, value) {
  write(() => localStorage, key, value);
}

/** The person asked to join this room. @param {Admission} admission */
export function admit(admission) {
  write(() => sessionStorage, 'admission', JSON.stringify(admission));
}

/** @param {string} room @returns {Admission | null} */
export function admissionTo(room) {
  try {
    const admission = JSON.parse(read(() => sessionStorage, 'admission') ?? 'null');
    return admission?.room === room ? { room, microphone: admission.microphone === true, camera: admission.camera === true } : null;
  } catch {
    return null;
  }
}

export function dismiss() {
  write(() => sessionStorage, 'admission', 'null');
}

// Storage throws where cookies are forbidden, as in some frames: then nothing is remembered, and everything else works.

/** @param {() => Storage} storage @param {string} key @returns {string | null} */
function read(storage, key) {
  try {
    return storage().getItem(prefix + key);
  } catch {
    return null;
  }
}

/** @param {() => Storage} storage @param {string} key @param {string} value */
function write(storage, key, value) {
  try {
    storage().setItem(prefix + key, value);
  } catch {
    return;
  }
}
