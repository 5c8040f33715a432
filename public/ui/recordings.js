/** @import { Recording } from '../client/types.js' */
/** @import { TesseraRoom } from '../client/tessera-room.js' */
/** @import { Toasts } from './toasts.js' */
import { on } from '../client/events.js';
import { element } from './dom.js';
import { bytesText, clockText } from './format.js';
import { icon, setIcon } from './icons.js';

const tickMs = 500;
const beingRecorded = 'This room is being recorded.';

/**
 * @typedef {object} RecordingElements
 * @property {HTMLButtonElement} button
 * @property {HTMLElement} badge
 * @property {HTMLElement} clock
 * @property {HTMLElement} section
 * @property {HTMLElement} list
 */

/** The record button, the red badge with the time, and the files that came of it. */
export class Recordings {
  #room;
  #toasts;
  #elements;
  /** @type {Map<string, Recording>} */
  #recordings = new Map();
  /** When each recording's `durationMs` was told, on the own clock: the server's may differ. @type {Map<string, number>} */
  #toldAtMs = new Map();
  /** Asked for, and nothing heard of it yet: no second click. */
  #pending = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticker;

  /** @param {{ room: TesseraRoom, toasts: Toasts, elements: RecordingElements }} options */
  constructor({ room, toasts, elements }) {
    this.#room = room;
    this.#toasts = toasts;
    this.#elements = elements;
    elements.button.addEventListener('click', () => this.toggle());
    on(room, 'recording', (/** @type {Recording} */ recording) => this.#take(recording));
    on(room, 'room', ({ recordings }) => {
      this.#forgetLost(recordings);
      for (const recording of recordings) this.#take(recording);
    });
    on(room, 'error', () => this.#settle());
    on(room, 'state', () => this.#settle());
    this.#draw();
  }

  toggle() {
    if (this.#pending || this.#room.state !== 'joined') return;
    const active = this.#active;
    this.#pending = true;
    if (active === undefined) this.#room.startRecording();
    else this.#room.stopRecording(active.id);
    this.#draw();
  }

  /** The one that goes on, as far as is known: who is away cannot tell. */
  get #active() {
    if (this.#room.state !== 'joined') return undefined;
    return [...this.#recordings.values()].find(({ status }) => status === 'starting' || status === 'active');
  }

  /** What ran when the connection was lost, in a room that is another one now. @param {readonly Recording[]} known */
  #forgetLost(known) {
    for (const { id, status } of this.#recordings.values()) {
      if ((status !== 'starting' && status !== 'active') || known.some((recording) => recording.id === id)) continue;
      this.#recordings.delete(id);
      this.#draw();
    }
  }

  #settle() {
    this.#pending = false;
    this.#draw();
  }

  /** @param {Recording} recording */
  #take(recording) {
    const before = this.#recordings.get(recording.id);
    this.#recordings.set(recording.id, recording);
    if (before === undefined || before.status !== recording.status || before.durationMs !== recording.durationMs) this.#toldAtMs.set(recording.id, performance.now());
    if (before?.status === recording.status) return this.#drawFiles();
    const isOver = recording.status === 'complete' || recording.status === 'failed';
    if (isOver) this.#toasts.withdraw(beingRecorded);
    if (before !== undefined && recording.status === 'complete') {
      this.#toasts.show({ kind: 'good', text: 'The recording is ready.', link: { label: 'Open it', href: recording.url } });
    } else if (before !== undefined && recording.status === 'failed') {
      this.#toasts.show({ kind: 'error', text: `The recording failed: ${recording.error ?? 'no reason was given'}` });
    } else if (before !== undefined && recording.status === 'active') {
      this.#toasts.show({ text: beingRecorded });
    }
    if (before === undefined || isOver || recording.status === 'active') this.#settle();
  }

  #draw() {
    const active = this.#active;
    const { button, badge } = this.#elements;
    const label = active === undefined ? 'Start recording' : 'Stop recording';
    button.setAttribute('aria-label', label);
    button.dataset['tip'] = label;
    button.classList.toggle('is-recording', active !== undefined);
    button.classList.toggle('is-busy', this.#pending || active?.status === 'starting');
    setIcon(button, active === undefined ? 'record' : 'record-stop');
    badge.hidden = active === undefined;
    clearInterval(this.#ticker);
    if (active !== undefined) this.#ticker = setInterval(() => this.#drawClock(), tickMs);
    this.#drawClock();
    this.#drawFiles();
  }

  #drawClock() {
    const active = this.#active;
    if (active === undefined) return;
    const sinceMs = active.status === 'active' ? performance.now() - (this.#toldAtMs.get(active.id) ?? 0) : 0;
    this.#elements.clock.textContent = clockText(active.durationMs + sinceMs);
  }

  #drawFiles() {
    const files = [...this.#recordings.values()].filter(({ status }) => status === 'complete' || status === 'failed');
    this.#elements.section.hidden = files.length === 0;
    this.#elements.list.replaceChildren(...files.reverse().map((recording) => fileItem(recording)));
  }
}

/** @param {Recording} recording */
function fileItem({ status, url, durationMs, bytes, format, error }) {
  if (status === 'failed') {
    // What was written up to then can be played.
    const what = bytes > 0 ? element('a', { text: 'Failed: open what there is', attributes: { href: url, target: '_blank', rel: 'noopener' } }) : element('span', { text: 'Failed' });
    return element('li', { class: 'file is-failed' }, icon('warning'), what, element('small', { text: error ?? '' }));
  }
  const link = element('a', { attributes: { href: url, target: '_blank', rel: 'noopener' } }, icon('download'), element('span', { text: clockText(durationMs) }), element('small', { text: `${bytesText(bytes)} ${format}` }));
  return element('li', { class: 'file' }, link);
}
