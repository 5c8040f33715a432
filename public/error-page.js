import { byId } from './ui/dom.js';
import { isRoomName, roomOfPath, toRoomName } from './ui/room-name.js';

const [, kind = '', , ...rest] = location.pathname.split('/');
const name = roomOfPath(location.pathname);
if ((kind === 'r' || kind === 'v') && rest.length === 0 && name !== '' && !isRoomName(name)) showMended();

/** What the start page would have made of the name. */
function showMended() {
  const mended = toRoomName(name);
  byId('title', HTMLElement).textContent = `No room can be called “${name}”.`;
  byId('hint', HTMLElement).textContent = 'A name has letters, digits, “-”, “_” or “.”, 64 at most.';
  if (!isRoomName(mended)) return;
  const link = byId('mended', HTMLAnchorElement);
  link.href = `/${kind}/${mended}${location.search}`;
  link.textContent = kind === 'r' ? `Join ${mended}` : `Watch ${mended}`;
  link.hidden = false;
}
