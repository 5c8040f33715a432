/** @import { DeviceProblem } from './client/local-media.js' */
/** @import { RoomDescription } from './client/types.js' */
import { on } from './client/events.js';
import { QualityMeter, TesseraRoom } from './tessera-client.js';
import { ConnectionNotice } from './ui/connection-notice.js';
import { DeviceButtons } from './ui/device-buttons.js';
import { DevicePanel } from './ui/device-panel.js';
import { byId, setText } from './ui/dom.js';
import { drawIcons } from './ui/icons.js';
import { InviteMenu } from './ui/invite-menu.js';
import { LayoutMenu } from './ui/layout-menu.js';
import { readMaxHeight } from './ui/max-height.js';
import { closedText, errorText, problemTexts } from './ui/messages.js';
import { OwnDevices } from './ui/own-devices.js';
import { OwnVoice } from './ui/own-voice.js';
import { PeopleList } from './ui/people-list.js';
import { PersonMenu } from './ui/person-menu.js';
import { QualityBadge } from './ui/quality-badge.js';
import { Recordings } from './ui/recordings.js';
import { roomOfPath } from './ui/room-name.js';
import { admissionTo, admit, dismiss, recall, remember } from './ui/settings.js';
import { listenForShortcuts } from './ui/shortcuts.js';
import { Stage } from './ui/stage.js';
import { Toasts } from './ui/toasts.js';
import { WakeLock } from './ui/wake-lock.js';

const roomName = roomOfPath(location.pathname);
const maxHeight = readMaxHeight(location.search);
const room = new TesseraRoom();
const devices = new OwnDevices();
const toasts = new Toasts(byId('toasts', HTMLElement));
const stage = new Stage();
const wakeLock = new WakeLock();
const ownVoice = new OwnVoice(room);
/** What was on at the end, for the one who comes back. */
let lastWanted = devices.wanted;
let pageIsGoing = false;

document.title = `${roomName} · Tessera`;
drawIcons(document);
for (const holder of document.querySelectorAll('.room-name')) holder.textContent = roomName;
for (const id of ['prejoin-watch', 'farewell-watch']) byId(id, HTMLAnchorElement).href = `/v/${encodeURIComponent(roomName)}`;
remember('room', roomName);

wireMedia();
wireRoom();
wireControls();
wireLeaving();
void start();

async function start() {
  const panel = new DevicePanel(devices);
  const admission = admissionTo(roomName);
  const name = recall('name');
  if (admission !== null && name !== '') {
    const kinds = /** @type {const} */ (['microphone', 'camera']);
    // Not waited for: a question to the person may stand for minutes, and he can listen meanwhile.
    void devices.switchOn(kinds.filter((kind) => admission[kind]));
    panel.close();
    return join(name);
  }
  const chosen = await panel.ask();
  panel.close();
  remember('name', chosen);
  return join(chosen);
}

/** @param {string} name */
async function join(name) {
  byId('call', HTMLElement).hidden = false;
  rememberAdmission();
  wakeLock.hold();
  if (maxHeight.mistake !== '') toasts.show({ kind: 'error', text: maxHeight.mistake });
  await room.join({ room: roomName, name, maxHeight: maxHeight.rows }).catch(() => undefined); // `closed` says why.
}

function rememberAdmission() {
  if (room.state !== 'closed') admit({ room: roomName, ...devices.wanted });
}

function wireMedia() {
  const setters = { microphone: room.setMicrophone, camera: room.setCamera, screen: room.setScreen };
  on(devices, 'track', (/** @type {{ slot: keyof typeof setters, track: MediaStreamTrack | null }} */ { slot, track }) => void setters[slot].call(room, track));
  on(devices, 'muted', ({ muted }) => room.muteMicrophone(muted));
  on(devices, 'problems', (/** @type {{ microphone?: DeviceProblem, camera?: DeviceProblem }} */ problems) => {
    if (room.state !== 'idle') for (const text of problemTexts(problems)) toasts.show({ kind: 'error', text });
  });
  on(devices, 'screenfailed', () => toasts.show({ kind: 'error', text: 'The screen could not be shared.' }));
  devices.addEventListener('change', () => {
    if (room.state !== 'idle') rememberAdmission();
  });
}

function wireRoom() {
  const people = new PeopleList({ list: byId('people', HTMLElement), count: byId('people-count', HTMLElement), announcer: byId('announcer', HTMLElement), menu: new PersonMenu(room) });
  const badge = new QualityBadge({ button: byId('quality', HTMLElement), label: byId('quality-label', HTMLElement), table: byId('quality-table', HTMLElement), reduced: byId('quality-reduced', HTMLElement) });
  const notice = new ConnectionNotice(byId('connection-notice', HTMLElement));
  const meter = new QualityMeter(room);
  on(meter, 'quality', (quality) => badge.show(quality, wantedPicture()));
  on(room, 'connection', ({ isLost }) => notice.show(isLost));
  on(room, 'stream', ({ stream }) => {
    meter.reset();
    void stage.show(stream);
  });
  on(room, 'room', (/** @type {RoomDescription} */ description) => {
    byId('people', HTMLElement).classList.toggle('has-control', room.mayControl);
    people.show(description.participants, room.participantId);
    stage.setShape(description.video);
    stage.showPeople(description.participants);
    byId('viewers', HTMLElement).hidden = description.viewers === 0;
    setText(byId('viewer-count', HTMLElement), String(description.viewers));
  });
  on(room, 'speaking', ({ participantIds }) => {
    people.showSpeaking(participantIds);
    stage.showSpeaking(participantIds);
  });
  on(room, 'levels', ({ participants }) => people.showLevels(participants));
  on(room, 'state', ({ state }) => {
    document.body.dataset['state'] = state;
    notice.show(false);
    if (state === 'joining') stage.waitFor('Joining…');
    else if (state === 'joined') stage.waitFor(null);
    else if (state === 'rejoining') {
      badge.showUnknown();
      stage.freeze();
      stage.waitFor('Coming back…');
    }
  });
  on(room, 'error', (error) => {
    // While it comes back by itself the stage says so; a first join that drags on deserves a reason.
    const isOwnAffair = room.state === 'rejoining' || (room.state === 'joined' && error.isPassing);
    if (!isOwnAffair || error.code === 'not_connected') toasts.show({ kind: 'error', text: errorText(error) });
  });
  on(room, 'closed', ({ reason, error }) => farewell(closedText(reason, error), error?.code === 'invalid_participant_name'));
}

/** What comes over a good line. */
function wantedPicture() {
  if (room.room === null) return null;
  const { video, participants } = room.room;
  return { heightPx: Math.min(video.height, maxHeight.rows ?? Infinity), isShown: participants.some((one) => one.video || one.screen) };
}

function wireControls() {
  const buttons = new DeviceButtons(devices, () => ownVoice.makeNoiseItem());
  new LayoutMenu(room);
  new InviteMenu({ room: roomName, toasts });
  new Recordings({
    room,
    toasts,
    elements: {
      button: byId('record', HTMLButtonElement),
      badge: byId('record-badge', HTMLElement),
      clock: byId('record-clock', HTMLElement),
      section: byId('files-section', HTMLElement),
      list: byId('files', HTMLElement),
    },
  });
  byId('leave', HTMLElement).addEventListener('click', () => room.leave());
  byId('rejoin', HTMLElement).addEventListener('click', () => {
    admit({ room: roomName, ...lastWanted });
    location.reload();
  });
  // Without an admission the page asks for the name again.
  byId('rename', HTMLElement).addEventListener('click', () => location.reload());
  const toggle = byId('people-toggle', HTMLElement);
  toggle.addEventListener('click', () => {
    const isHidden = byId('call', HTMLElement).classList.toggle('without-side');
    toggle.setAttribute('aria-pressed', String(!isHidden));
  });
  /** @param {() => void} action */
  const inCall = (action) => () => {
    if (room.state !== 'idle' && room.state !== 'closed') action();
  };
  listenForShortcuts({
    m: inCall(() => buttons.toggle('microphone')),
    v: inCall(() => buttons.toggle('camera')),
    s: inCall(() => buttons.toggleScreen()),
    f: inCall(() => stage.toggleFullscreen()),
  });
}

/** @param {string} text @param {boolean} isNameAtFault joining again under the same name would only end here again */
function farewell(text, isNameAtFault) {
  if (pageIsGoing) return;
  lastWanted = devices.wanted;
  dismiss();
  devices.close();
  stage.clear();
  toasts.clear();
  wakeLock.release();
  const files = byId('farewell-files', HTMLElement);
  files.hidden = byId('files-section', HTMLElement).hidden;
  files.append(byId('files', HTMLElement));
  byId('call', HTMLElement).hidden = true;
  byId('farewell-text', HTMLElement).textContent = text;
  byId('farewell', HTMLElement).hidden = false;
  byId('rejoin', HTMLElement).hidden = isNameAtFault;
  byId('rename', HTMLElement).hidden = !isNameAtFault;
  byId(isNameAtFault ? 'rename' : 'rejoin', HTMLElement).focus();
}

function wireLeaving() {
  addEventListener('pagehide', () => {
    pageIsGoing = true;
    room.leave();
  });
  // Kept by the browser and shown again (back button): it starts anew.
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}
