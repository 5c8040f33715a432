import { on } from './client/events.js';
import { TesseraViewer } from './tessera-client.js';
import { ConnectionNotice } from './ui/connection-notice.js';
import { byId } from './ui/dom.js';
import { drawIcons } from './ui/icons.js';
import { PictureWatch } from './ui/picture-watch.js';
import { roomOfPath } from './ui/room-name.js';
import { readMaxHeight } from './ui/max-height.js';
import { Toasts } from './ui/toasts.js';
import { readViewerOptions } from './ui/viewer-options.js';

// With `controls=0` the buttons show while somebody moves a pointer or touches, and leave the picture alone otherwise.
const buttonsStayMs = 3000;

const room = roomOfPath(location.pathname);
const options = readViewerOptions(location.search);
const maxHeight = readMaxHeight(location.search);
const viewer = new TesseraViewer();
const video = byId('mix', HTMLVideoElement);
const wait = byId('wait', HTMLElement);
const waitText = byId('wait-text', HTMLElement);
const still = byId('still', HTMLElement);
const play = byId('play', HTMLButtonElement);
const notice = new ConnectionNotice(byId('connection-notice', HTMLElement));
const unmute = byId('unmute', HTMLButtonElement);
const toasts = new Toasts(byId('toasts', HTMLElement));

let playing = false;
let moving = true;
/** Sound was wanted from the start, and the browser wants a click for it. */
let soundBlocked = false;
let someoneThere = false;
/** Why the server does not let this page watch; what may pass by itself is not said. */
let refusal = '';
/** @type {ReturnType<typeof setTimeout> | undefined} */
let buttonsTimer;

document.title = `${room} · Tessera`;
drawIcons(document);
video.muted = options.muted;
video.defaultMuted = options.muted;
video.autoplay = options.autoplay;
video.playsInline = options.playsInline;
video.disablePictureInPicture = options.disablePictureInPicture;

on(viewer, 'stream', ({ stream }) => void show(stream));
on(viewer, 'state', () => {
  notice.show(false);
  draw();
});
on(viewer, 'error', (/** @type {import('./client/errors.js').TesseraError} */ error) => {
  refusal = error.isPassing ? '' : error.message;
  draw();
});
on(viewer, 'connection', (/** @type {{ isLost: boolean }} */ { isLost }) => notice.show(isLost));
on(new PictureWatch(viewer), 'change', (/** @type {{ moving: boolean }} */ change) => {
  moving = change.moving;
  draw();
});
video.addEventListener('playing', () => setPlaying(true));
video.addEventListener('emptied', () => setPlaying(false));
video.addEventListener('volumechange', draw);
// The first picture, which may come after the first sound.
video.addEventListener('resize', draw);
play.addEventListener('click', start);
unmute.addEventListener('click', () => {
  soundBlocked = false;
  video.muted = false;
  void video.play().catch(() => undefined);
  draw();
});
for (const type of ['pointermove', 'pointerdown', 'keydown']) addEventListener(type, noticeSomeone);
// The server is told at once, so that it does not go on sending to nobody.
addEventListener('pagehide', () => viewer.close());
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

if (options.autoplay) start();
draw();

function start() {
  if (maxHeight.mistake !== '') toasts.show({ kind: 'error', text: maxHeight.mistake });
  viewer.watch({ room, maxHeight: maxHeight.rows });
  draw();
}

/** @param {MediaStream} stream */
async function show(stream) {
  video.srcObject = stream;
  try {
    await video.play();
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || video.muted) return;
    soundBlocked = true;
    video.muted = true;
    void video.play().catch(() => undefined);
    draw();
  }
}

/** @param {boolean} isPlaying */
function setPlaying(isPlaying) {
  playing = isPlaying;
  draw();
}

function noticeSomeone() {
  clearTimeout(buttonsTimer);
  buttonsTimer = setTimeout(() => {
    someoneThere = false;
    draw();
  }, buttonsStayMs);
  if (someoneThere) return;
  someoneThere = true;
  draw();
}

function draw() {
  const { state } = viewer;
  const isThere = playing && (video.videoWidth > 0 || !moving);
  const texts = { idle: '', closed: '', live: isThere ? '' : 'Connecting…', connecting: refusal || 'Connecting…', waiting: `Waiting for the room “${room}”`, reconnecting: refusal || 'Coming back…' };
  waitText.textContent = texts[state];
  wait.hidden = texts[state] === '';
  still.hidden = state !== 'live' || !playing || moving;
  play.hidden = state !== 'idle';
  unmute.hidden = state !== 'live' || !playing || !video.muted || !(options.controls || soundBlocked || someoneThere);
  // The browser's controls can do nothing while there is nothing to control.
  video.controls = options.controls && state === 'live' && playing;
  document.body.dataset['state'] = state;
}
