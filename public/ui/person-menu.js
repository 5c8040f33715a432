/** @import { Participant } from '../client/types.js' */
/** @import { TesseraRoom } from '../client/tessera-room.js' */
import { element } from './dom.js';
import { icon } from './icons.js';

/** What a slider can say; the server takes -60 to 20. */
const lowestGainDb = -30;
const highestGainDb = 12;
/** Time enough to read the question and to mean the answer; who comes back later has forgotten it. */
const removalAskedMs = 5_000;

/**
 * What can be done with one person, below his row: one panel for the whole list, which the row's button opens and closes. It follows what others do
 * meanwhile, closes on Escape, and with the row.
 */
export class PersonMenu {
  #room;
  #id = '';
  /** @type {HTMLElement | null} */
  #button = null;
  #mute = toggle('microphone-off', 'Muted for everyone', () => this.#flip('muted'));
  #hold = toggle('hold', 'On hold', () => this.#flip('onHold'));
  #deafen = toggle('sound-off', 'Hears nobody', () => this.#flip('deaf'));
  #gain = element('input', { attributes: { type: 'range', min: String(lowestGainDb), max: String(highestGainDb), step: '1' } });
  #gainText = element('output');
  #removeText = element('span');
  #remove = element('button', { class: 'person-action is-danger', attributes: { type: 'button' } }, icon('leave'), this.#removeText);
  /** While it runs the next click removes him: one click alone could be meant for the item above. @type {ReturnType<typeof setTimeout> | undefined} */
  #removalTimer;
  #panel;

  /** @param {TesseraRoom} room */
  constructor(room) {
    this.#room = room;
    const volume = element('label', { class: 'person-volume' }, element('span', { text: 'Volume' }), this.#gain, this.#gainText);
    this.#panel = element('div', { class: 'person-panel', attributes: { role: 'group', id: 'person-panel' } }, this.#mute, volume, this.#hold, this.#deafen, this.#remove);
    this.#gain.addEventListener('input', () => this.#showGain(Number(this.#gain.value)));
    // Once it is let go: a drag is a hundred positions.
    this.#gain.addEventListener('change', () => this.#room.changeParticipant(this.#id, { gainDb: Number(this.#gain.value) }));
    this.#remove.addEventListener('click', (event) => {
      // The second half of a double click answers no question.
      if (event.detail > 1) return;
      if (this.#removalTimer === undefined) {
        this.#askRemoval(true);
        return;
      }
      const id = this.#id;
      this.close();
      this.#room.removeParticipant(id);
    });
    // Nor does a key that is held.
    this.#remove.addEventListener('keydown', (event) => {
      if (event.repeat) event.preventDefault();
    });
    this.#remove.addEventListener('blur', () => this.#askRemoval(false));
    // Where a click gives no focus (Safari), none is lost by the next one either.
    this.#panel.addEventListener('click', (event) => {
      if (event.target instanceof Node && !this.#remove.contains(event.target)) this.#askRemoval(false);
    });
    this.#panel.addEventListener('keydown', this.#closeOnEscape);
  }

  /** On the button as well: that is where the focus is when the panel has just been opened. */
  #closeOnEscape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || this.#id === '') return;
    this.#button?.focus();
    this.close();
  };

  /** The button of a row, for its end. @param {HTMLElement} item the row @param {Participant} participant */
  makeButton(item, { id, name }) {
    const button = element('button', { class: 'person-more', attributes: { type: 'button', 'aria-expanded': 'false', 'aria-controls': 'person-panel', 'aria-label': `Control ${name}` } }, icon('more'));
    button.addEventListener('click', () => (this.#id === id ? this.close() : this.#open(item, button, id)));
    button.addEventListener('keydown', this.#closeOnEscape);
    return button;
  }

  /** What is so now, of everyone. @param {readonly Participant[]} participants */
  show(participants) {
    if (this.#id === '') return;
    const participant = participants.find(({ id }) => id === this.#id);
    if (participant === undefined) this.close();
    else this.#update(participant);
  }

  close() {
    this.#button?.setAttribute('aria-expanded', 'false');
    this.#askRemoval(false);
    this.#panel.remove();
    this.#button = null;
    this.#id = '';
  }

  /** @param {HTMLElement} item @param {HTMLElement} button @param {string} id */
  #open(item, button, id) {
    this.close();
    this.#id = id;
    this.#button = button;
    button.setAttribute('aria-expanded', 'true');
    item.append(this.#panel);
    this.show(this.#room.room?.participants ?? []);
    this.#panel.scrollIntoView({ block: 'nearest' });
  }

  /** @param {Participant} participant */
  #update({ id, name, muted, onHold, deaf, gainDb }) {
    this.#panel.setAttribute('aria-label', `Control ${name}`);
    this.#mute.setAttribute('aria-pressed', String(muted));
    this.#hold.setAttribute('aria-pressed', String(onHold));
    this.#deafen.setAttribute('aria-pressed', String(deaf));
    this.#remove.hidden = id === this.#room.participantId;
    if (document.activeElement !== this.#gain) this.#gain.value = String(gainDb);
    this.#showGain(gainDb);
  }

  /** @param {number} gainDb */
  #showGain(gainDb) {
    this.#gainText.textContent = `${gainDb > 0 ? '+' : ''}${Math.round(gainDb)} dB`;
  }

  /** @param {boolean} isAsked */
  #askRemoval(isAsked) {
    clearTimeout(this.#removalTimer);
    this.#removalTimer = isAsked ? setTimeout(() => this.#askRemoval(false), removalAskedMs) : undefined;
    const name = this.#room.room?.participants.find(({ id }) => id === this.#id)?.name ?? '';
    this.#removeText.textContent = isAsked ? `Remove ${name} now?` : 'Remove from the room';
  }

  /** @param {'muted' | 'onHold' | 'deaf'} what */
  #flip(what) {
    const participant = this.#room.room?.participants.find(({ id }) => id === this.#id);
    if (participant !== undefined) this.#room.changeParticipant(this.#id, { [what]: !participant[what] });
  }
}

/** @param {string} iconName @param {string} text @param {() => void} act */
function toggle(iconName, text, act) {
  return element('button', { class: 'person-action', attributes: { type: 'button' }, on: { click: act } }, icon(iconName), element('span', { text }), icon('check'));
}
