import { element } from './dom.js';

const hues = 12;

/** Up to two letters: of the first and the last word. @param {string} name */
export function initialsOf(name) {
  const words = name.trim().split(/\s+/u).filter((word) => word !== '');
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  // The first letter or digit, in any script; a name without any starts with whatever it starts with.
  return picked.map((word) => (/[\p{L}\p{N}]/u.exec(word)?.[0] ?? [...word][0] ?? '').toLocaleUpperCase()).join('');
}

/** The same name has the same colour everywhere. @param {string} name @returns {number} 0 to 11 */
export function hueOf(name) {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return hash % hues;
}

/** @param {string} name @returns {HTMLElement} */
export function avatar(name) {
  return element('span', { class: 'avatar', text: initialsOf(name), attributes: { 'data-hue': String(hueOf(name)), 'aria-hidden': 'true' } });
}
