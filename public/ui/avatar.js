import { element } from './dom.js';

const hues = 12;

/** Up to two letters: of the first and the last word. @param {string} name */
export function initialsOf(name) {
  const words = name.trim().split(/\s+/u).filter((word) => word !== '');
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  // The first letter or digit, in any script; a name without any starts with whatever it starts with.
  return picked.map((word) => (/[\p{L}\p{N}]/u.exec(word)?.[0] ?? [...word][0] ?? '').toLocaleUpperCase()).join('');
}

/** Somebody has one colour here and in the picture, where the server draws him: the same hash (FNV-1a, 32 bits), and styles/base.css has the same hues. @param {string} id @returns {number} 0 to 11 */
export function hueOf(id) {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % hues;
}

/** @param {{ id: string, name: string }} participant @returns {HTMLElement} */
export function avatar({ id, name }) {
  return element('span', { class: 'avatar', text: initialsOf(name), attributes: { 'data-hue': String(hueOf(id)), 'aria-hidden': 'true' } });
}
