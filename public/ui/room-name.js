// As the server's `invalid_room_name` says it.
const roomNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const qualities = ['quiet', 'bright', 'amber', 'gentle', 'early', 'silver', 'lively', 'mellow', 'clear', 'golden', 'swift', 'open'];
const places = ['harbour', 'meadow', 'atrium', 'garden', 'lantern', 'terrace', 'orchard', 'studio', 'summit', 'gallery', 'cove', 'arcade'];

/** @param {string} name */
export function isRoomName(name) {
  return roomNamePattern.test(name);
}

/** What someone typed, made a room name where it can be: "Team call!" becomes "Team-call". @param {string} typed @returns {string} may be empty */
export function toRoomName(typed) {
  return typed
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 64);
}

/** A name nobody else is likely to have. */
export function inventRoomName() {
  const [first, second, third] = crypto.getRandomValues(new Uint32Array(3));
  return `${qualities[first % qualities.length]}-${places[second % places.length]}-${100 + (third % 900)}`;
}

/** @param {string} pathname `/r/<room>` or `/v/<room>` @returns {string} */
export function roomOfPath(pathname) {
  try {
    return decodeURIComponent(pathname.split('/')[2] ?? '');
  } catch {
    return '';
  }
}
