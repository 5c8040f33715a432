/** @import { Participant } from '../client/types.js' */
/** @import { TesseraRoom } from '../client/tessera-room.js' */
import { on } from '../client/events.js';
import { byId, element, setText } from './dom.js';
import { icon } from './icons.js';

/**
 * What the room does with one's own voice: says so on the stage while others have muted him, put him on hold or made him deaf, and switches the noise
 * suppression, which he keeps when he comes back.
 */
export class OwnVoice {
  #room;
  #notice = byId('own-notice', HTMLElement);
  #text = byId('own-notice-text', HTMLElement);
  #undo = byId('own-notice-undo', HTMLButtonElement);
  /** @type {boolean | null} asked for in this tab; null: as the room has it */
  #noiseWish = null;

  /** @param {TesseraRoom} room */
  constructor(room) {
    this.#room = room;
    this.#undo.addEventListener('click', () => this.#change({ muted: false, onHold: false, deaf: false }));
    on(room, 'room', () => this.#draw());
    on(room, 'state', ({ state }) => {
      if (state === 'joined' && this.#noiseWish !== null) this.#change({ noiseSuppression: this.#noiseWish });
    });
  }

  /** A switch for the menu of the microphone; none while he is not in the room. @returns {HTMLElement[]} */
  makeNoiseItem() {
    const own = this.#own;
    if (own === undefined) return [];
    const item = element('button', { attributes: { type: 'button', role: 'menuitemcheckbox', 'aria-checked': String(own.noiseSuppression) } }, icon('noise'), 'Noise suppression', icon('check'));
    item.addEventListener('click', () => {
      this.#noiseWish = item.getAttribute('aria-checked') !== 'true';
      item.setAttribute('aria-checked', String(this.#noiseWish));
      this.#change({ noiseSuppression: this.#noiseWish });
    });
    return [item];
  }

  /** @returns {Participant | undefined} */
  get #own() {
    return this.#room.room?.participants.find(({ id }) => id === this.#room.participantId);
  }

  /** @param {import('../client/types.js').ParticipantChanges} changes */
  #change(changes) {
    if (this.#room.participantId !== null) this.#room.changeParticipant(this.#room.participantId, changes);
  }

  #draw() {
    const own = this.#own;
    const text = own === undefined ? '' : noticeText(own);
    this.#notice.hidden = text === '';
    this.#undo.hidden = !this.#room.mayControl;
    setText(this.#text, text);
  }
}

/** @param {Participant} own */
function noticeText({ muted, onHold, deaf }) {
  if (onHold) return 'You are on hold. The others cannot hear you.';
  if (muted && deaf) return 'You were muted and cannot hear the others.';
  if (muted) return 'You were muted. The others cannot hear you.';
  return deaf ? 'Your sound was turned off. You cannot hear the others.' : '';
}
