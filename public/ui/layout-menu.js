/** @import { TesseraRoom } from '../client/tessera-room.js' */
import { on } from '../client/events.js';
import { byId, element } from './dom.js';
import { titleText } from './format.js';
import { hasIcon, icon, setIcon } from './icons.js';
import { Menu } from './menu.js';

/** The menu of the layouts that the server has, the current one checked. */
export class LayoutMenu {
  #room;
  #button = byId('layout', HTMLButtonElement);
  #panel = byId('layout-menu', HTMLElement);
  #menu;

  /** @param {TesseraRoom} room */
  constructor(room) {
    this.#room = room;
    this.#menu = new Menu({ button: this.#button, panel: this.#panel, onOpen: () => this.#fill() });
    on(room, 'room', ({ layout }) => {
      setIcon(this.#button, hasIcon(layout) ? layout : 'layout');
      if (this.#menu.isOpen) for (const item of this.#panel.querySelectorAll('[role="menuitemradio"]')) item.setAttribute('aria-checked', String(item.getAttribute('data-layout') === layout));
    });
  }

  #fill() {
    const current = this.#room.room?.layout;
    const items = this.#room.layouts.map((layout) => {
      const attributes = { type: 'button', role: 'menuitemradio', 'aria-checked': String(layout === current), 'data-layout': layout };
      const pick = () => {
        this.#menu.close();
        this.#button.focus();
        this.#room.setLayout(layout);
      };
      return element('button', { attributes, on: { click: pick } }, icon(hasIcon(layout) ? layout : 'layout'), titleText(layout), icon('check'));
    });
    this.#panel.replaceChildren(element('p', { class: 'menu-title', text: 'Layout for everyone' }), ...items);
  }
}
