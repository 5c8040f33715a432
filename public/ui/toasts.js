import { element } from './dom.js';
import { icon } from './icons.js';

const shortMs = 6000;
// A mistake takes longer to read, and to do something about.
const longMs = 12_000;
const maxToasts = 3;

/**
 * @typedef {object} Toast
 * @property {string} text
 * @property {'info' | 'good' | 'error'} [kind]
 * @property {{ label: string, href: string }} [link]
 */

/** Short messages over the page, the newest last; they go by themselves unless pointed at. */
export class Toasts {
  #list;
  /** @type {Map<HTMLElement, ReturnType<typeof setTimeout>>} */
  #timers = new Map();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /** Says it once: the same text does not stand there twice. @param {Toast} toast */
  show({ text, kind = 'info', link }) {
    this.withdraw(text);
    const close = element('button', { class: 'toast-close', attributes: { type: 'button', 'aria-label': 'Dismiss' }, on: { click: () => this.#remove(toast) } }, icon('close'));
    const body = element('p', { text });
    if (link !== undefined) body.append(' ', element('a', { text: link.label, attributes: { href: link.href, target: '_blank', rel: 'noopener' } }));
    const iconName = kind === 'error' ? 'warning' : kind === 'good' ? 'check' : 'info';
    const toast = element('div', { class: `toast toast-${kind}`, attributes: { role: kind === 'error' ? 'alert' : 'status', 'data-text': text } }, icon(iconName), body, close);
    this.#list.append(toast);
    const delayMs = kind === 'error' || link !== undefined ? longMs : shortMs;
    const restart = () => this.#timers.set(toast, setTimeout(() => this.#remove(toast), delayMs));
    toast.addEventListener('pointerenter', () => clearTimeout(this.#timers.get(toast)));
    toast.addEventListener('pointerleave', restart);
    restart();
    const [oldest] = this.#timers.keys();
    if (this.#timers.size > maxToasts && oldest !== undefined) this.#remove(oldest);
  }

  /** It is not so any more. @param {string} text */
  withdraw(text) {
    for (const shown of this.#timers.keys()) if (shown.dataset['text'] === text) this.#remove(shown);
  }

  /** What they say is of a page that is not there any more. */
  clear() {
    for (const toast of this.#timers.keys()) this.#remove(toast);
  }

  /** @param {HTMLElement} toast */
  #remove(toast) {
    clearTimeout(this.#timers.get(toast));
    this.#timers.delete(toast);
    toast.remove();
  }
}
