/** @import { Participant } from '../client/types.js' */
/** @import { TesseraRoom } from '../client/tessera-room.js' */
import { on } from '../client/events.js';
import { byId, element, setText } from './dom.js';
import { icon } from './icons.js';

/**
 * What the room does with one's own voice: says so below the stage while others have muted him, put him on hold or made him deaf, and switches the noise
 * suppression.
 */
export class OwnVoice {
  #room;
  #notice = byId('own-notice', HTMLElement);
  #text = byId('own-notice-text', HTMLElement);
  #undo = byId('own-notice-undo', HTMLButtonElement);

  /** @param {TesseraRoom} room */
  constructor(room) {
    this.#room = room;
    this.#undo.addEventListener('click', () => {
      if (room.participantId !== null) room.changeParticipant(room.participantId, { muted: false, onHold: false, deaf: false });
    });
    on(room, 'room', () => this.#draw());
  }

  /** A switch for the menu of the microphone; none while he is not in the room. @returns {HTMLElement[]} */
  makeNoiseItem() {
    const own = this.#own;
    if (own === undefined) return [];
    const item = element('button', { attributes: { type: 'button', role: 'menuitemcheckbox', 'aria-checked': String(own.noiseSuppression) } }, icon('noise'), 'Noise suppression', icon('check'));
    item.addEventListener('click', () => {
      const isOn = item.getAttribute('aria-checked') !== 'true';
      item.setAttribute('aria-checked', String(isOn));
      this.#room.setNoiseSuppression(isOn);
    });
    return [item];
  }

  /** @returns {Participant | undefined} */
  get #own() {
    return this.#room.room?.participants.find(({ id }) => id === this.#room.participantId);
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
  if (onHold) return 'You are on hold: nobody hears you, and you hear only the hold sound.';
  if (muted && deaf) return 'You were muted and cannot hear the others.';
  if (muted) return 'You were muted. The others cannot hear you.';
  return deaf ? 'Your sound was turned off. You cannot hear the others.' : '';
}
