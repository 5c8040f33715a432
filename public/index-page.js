import { byId } from './ui/dom.js';
import { displayNameMistake } from './ui/display-name.js';
import { drawIcons } from './ui/icons.js';
import { inventRoomName, isRoomName, toRoomName } from './ui/room-name.js';
import { admit, recall, remember } from './ui/settings.js';

const room = byId('room', HTMLInputElement);
const name = byId('name', HTMLInputElement);
const watch = byId('watch', HTMLAnchorElement);
const problem = byId('problem', HTMLElement);

/** @param {HTMLInputElement} field @param {string} text */
function complain(field, text) {
  problem.textContent = text;
  problem.hidden = false;
  field.setAttribute('aria-invalid', 'true');
  field.focus();
}

function clearComplaint() {
  problem.hidden = true;
  room.removeAttribute('aria-invalid');
  name.removeAttribute('aria-invalid');
}

/** The room that was typed, mended; empty when it cannot be. */
function roomName() {
  const mended = toRoomName(room.value);
  return isRoomName(mended) ? mended : '';
}

function drawWatchLink() {
  watch.href = `/v/${encodeURIComponent(roomName())}`;
}

drawIcons(document);
room.value = recall('room') || inventRoomName();
name.value = recall('name');
drawWatchLink();
(name.value === '' ? name : byId('join', HTMLElement)).focus();

room.addEventListener('input', () => {
  clearComplaint();
  drawWatchLink();
});
// Shown as soon as one is done typing, so that nobody is surprised by the address.
room.addEventListener('change', () => {
  if (roomName() !== '') room.value = roomName();
});
name.addEventListener('input', clearComplaint);

watch.addEventListener('click', (event) => {
  if (roomName() !== '') return remember('room', roomName());
  event.preventDefault();
  complain(room, 'Which room? A name has letters, digits, “-”, “_” or “.”.');
});

byId('start', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const displayName = name.value.trim();
  if (roomName() === '') return complain(room, 'Which room? A name has letters, digits, “-”, “_” or “.”.');
  if (displayName === '') return complain(name, 'What is your name? The others see it on your picture.');
  const mistake = displayNameMistake(displayName);
  if (mistake !== '') return complain(name, mistake);
  remember('room', roomName());
  remember('name', displayName);
  admit({ room: roomName(), microphone: true, camera: true });
  location.assign(`/r/${encodeURIComponent(roomName())}`);
});
