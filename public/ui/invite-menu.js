/** @import { Toasts } from './toasts.js' */
import { copyText } from './clipboard.js';
import { byId } from './dom.js';
import { Menu } from './menu.js';

/** The panel with the room's link, the viewer page and the code that embeds it. */
export class InviteMenu {
  #toasts;
  #menu;

  /** @param {{ room: string, toasts: Toasts }} options */
  constructor({ room, toasts }) {
    this.#toasts = toasts;
    this.#menu = new Menu({ button: byId('invite', HTMLElement), panel: byId('invite-panel', HTMLElement) });
    const link = new URL(`/r/${encodeURIComponent(room)}`, location.href).href;
    const viewer = new URL(`/v/${encodeURIComponent(room)}`, location.href).href;
    byId('invite-link', HTMLInputElement).value = link;
    byId('embed-code', HTMLTextAreaElement).value = embedCode(viewer);
    byId('open-viewer', HTMLAnchorElement).href = viewer;
    byId('copy-link', HTMLElement).addEventListener('click', () => void this.#copy(link, 'The link is in your clipboard.'));
    byId('copy-embed', HTMLElement).addEventListener('click', () => void this.#copy(embedCode(viewer), 'The embed code is in your clipboard.'));
  }

  /** @param {string} text @param {string} done */
  async #copy(text, done) {
    if (await copyText(text)) {
      this.#menu.close();
      this.#toasts.show({ kind: 'good', text: done });
    } else {
      this.#toasts.show({ kind: 'error', text: 'The browser does not let this page copy. Mark the text and copy it yourself.' });
    }
  }
}

/** @param {string} viewerUrl a URL, so it holds no quote @returns {string} */
export function embedCode(viewerUrl) {
  return `<iframe src="${viewerUrl}" allow="autoplay; fullscreen; picture-in-picture" style="border:0;width:100%;aspect-ratio:16/9"></iframe>`;
}
