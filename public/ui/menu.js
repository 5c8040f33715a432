/**
 * A button that opens a panel: closes on Escape, on a click elsewhere, and when the focus leaves it. Inside, the arrow keys go from
 * item to item (`role` starting with `menuitem`).
 */
export class Menu {
  #button;
  #panel;
  #onOpen;

  /** @param {{ button: HTMLElement, panel: HTMLElement, onOpen?: () => void | Promise<void> }} options `onOpen` fills the panel */
  constructor({ button, panel, onOpen = () => undefined }) {
    this.#button = button;
    this.#panel = panel;
    this.#onOpen = onOpen;
    panel.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    button.setAttribute('aria-haspopup', panel.getAttribute('role') === 'menu' ? 'menu' : 'dialog');
    button.addEventListener('click', () => (panel.hidden ? void this.open() : this.close()));
    panel.addEventListener('keydown', (event) => this.#handleKey(event));
    document.addEventListener('pointerdown', (event) => this.#handleElsewhere(event.target));
    document.addEventListener('focusin', (event) => this.#handleElsewhere(event.target));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !panel.hidden) {
        this.close();
        button.focus();
      }
    });
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  async open() {
    this.#panel.hidden = false;
    this.#button.setAttribute('aria-expanded', 'true');
    await this.#onOpen();
    const first = this.#panel.querySelector('[aria-checked="true"]') ?? this.#items()[0] ?? this.#panel.querySelector('[data-first]');
    if (first instanceof HTMLElement) first.focus();
  }

  close() {
    this.#panel.hidden = true;
    this.#button.setAttribute('aria-expanded', 'false');
  }

  /** @returns {HTMLElement[]} */
  #items() {
    return [...this.#panel.querySelectorAll('[role^="menuitem"]')].filter((item) => item instanceof HTMLElement);
  }

  /** @param {KeyboardEvent} event */
  #handleKey(event) {
    const items = this.#items();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || items.length === 0) return;
    event.preventDefault();
    const at = items.findIndex((item) => item === document.activeElement);
    items[(at + step + items.length) % items.length]?.focus();
  }

  /** @param {EventTarget | null} target */
  #handleElsewhere(target) {
    if (this.isOpen && target instanceof Node && !this.#panel.contains(target) && !this.#button.contains(target)) this.close();
  }
}
