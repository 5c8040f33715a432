/** @import { Participant } from '../client/types.js' */
/** @import { PersonMenu } from './person-menu.js' */
import { avatar } from './avatar.js';
import { element, setText } from './dom.js';
import { icon } from './icons.js';

/**
 * @typedef {object} Row
 * @property {HTMLLIElement} item
 * @property {HTMLElement} name
 * @property {string} shownName
 */

/** From silence to full scale: a voice stands between -40 and -10. */
const barSpanDb = 50;

/** The list of people: oneself first, then as they came. Rows are kept and changed, not made anew, so that nothing flickers. */
export class PeopleList {
  #list;
  #count;
  #announcer;
  #menu;
  /** @type {Map<string, Row>} */
  #rows = new Map();

  /** @param {{ list: HTMLElement, count: HTMLElement, announcer: HTMLElement, menu: PersonMenu }} options `announcer` tells screen readers who came and went */
  constructor({ list, count, announcer, menu }) {
    this.#menu = menu;
    this.#list = list;
    this.#count = count;
    this.#announcer = announcer;
  }

  /** @param {readonly Participant[]} participants @param {string | null} ownId */
  show(participants, ownId) {
    const ordered = [...participants].sort((a, b) => Number(b.id === ownId) - Number(a.id === ownId) || a.joinedAt.localeCompare(b.joinedAt));
    for (const [id, { item, shownName }] of this.#rows) {
      if (participants.some((participant) => participant.id === id)) continue;
      item.remove();
      this.#rows.delete(id);
      if (id !== ownId) this.#announcer.textContent = `${shownName} left`;
    }
    const isFirst = this.#rows.size === 0;
    for (const [index, participant] of ordered.entries()) {
      const known = this.#rows.get(participant.id);
      const row = known ?? makeRow(participant, this.#menu);
      if (known === undefined && !isFirst) this.#announcer.textContent = `${participant.name} joined`;
      this.#rows.set(participant.id, row);
      update(row, participant, participant.id === ownId);
      if (this.#list.children[index] !== row.item) this.#list.insertBefore(row.item, this.#list.children[index] ?? null);
    }
    this.#menu.show(participants);
    setText(this.#count, String(participants.length));
  }

  /** @param {readonly string[]} participantIds */
  showSpeaking(participantIds) {
    for (const [id, { item }] of this.#rows) item.classList.toggle('is-speaking', participantIds.includes(id));
  }

  /** How tall the bars of who is heard are. @param {Readonly<Record<string, number | null>>} levels dBov by id; null and missing: not known */
  showLevels(levels) {
    for (const [id, { item }] of this.#rows) {
      const levelDbov = levels[id] ?? null;
      if (levelDbov === null) item.style.removeProperty('--level');
      else item.style.setProperty('--level', Math.max(0, Math.min(1, 1 + levelDbov / barSpanDb)).toFixed(2));
    }
  }
}

/** @param {Participant} participant @param {PersonMenu} menu @returns {Row} */
function makeRow(participant, menu) {
  const name = element('span', { class: 'person-name', attributes: { dir: 'auto' } });
  const item = element('li', { class: 'person', attributes: { 'data-id': participant.id } });
  const line = element(
    'div',
    { class: 'person-line' },
    avatar(participant),
    name,
    element('span', { class: 'person-you', text: 'you' }),
    element('span', { class: 'voice', attributes: { 'aria-hidden': 'true' } }, element('i'), element('i'), element('i')),
    element('span', { class: 'person-lost', text: 'connection lost' }),
    flag('broadcast', 'person-whip', 'Publishes with WHIP'),
    flag('screen', 'person-screen', 'Shares a screen'),
    flag('camera-off', 'person-camera-off', 'Camera off'),
    flag('microphone-off', 'person-muted', 'Muted'),
    flag('microphone-off', 'person-silenced', 'Muted for everyone'),
    flag('sound-off', 'person-deaf', 'Hears nobody'),
    flag('hold', 'person-hold', 'On hold'),
    menu.makeButton(item, participant),
  );
  item.append(line);
  return { item, name, shownName: participant.name };
}

/** @param {string} iconName @param {string} className @param {string} text */
function flag(iconName, className, text) {
  return element('span', { class: `flag ${className}`, attributes: { title: text } }, icon(iconName), element('span', { class: 'visually-hidden', text }));
}

/** @param {Row} row @param {Participant} participant @param {boolean} isOwn */
function update({ item, name }, participant, isOwn) {
  setText(name, participant.name);
  name.title = participant.name;
  item.classList.toggle('is-own', isOwn);
  item.classList.toggle('is-speaking', participant.speaking);
  item.classList.toggle('is-muted', !participant.audio && !participant.muted);
  item.classList.toggle('is-silenced', participant.muted);
  item.classList.toggle('is-deaf', participant.deaf);
  item.classList.toggle('is-on-hold', participant.onHold);
  item.classList.toggle('is-camera-off', !participant.video);
  item.classList.toggle('is-sharing', participant.screen);
  item.classList.toggle('is-lost', participant.connection === 'disconnected');
  item.classList.toggle('is-whip', participant.kind === 'whip');
}
