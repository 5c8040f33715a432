/** @import { DeviceKind } from '../client/local-media.js' */
/** @import { OwnDevices } from './own-devices.js' */
import { canShareScreen } from '../client/local-media.js';
import { fillDeviceMenu } from './device-list.js';
import { byId } from './dom.js';
import { setIcon } from './icons.js';
import { Menu } from './menu.js';

const keys = { microphone: 'M', camera: 'V', screen: 'S' };
/** @type {readonly DeviceKind[]} */
const kinds = ['microphone', 'camera'];

/** The buttons for microphone, camera and screen, and the menus of devices beside the first two. */
export class DeviceButtons {
  #devices;
  #screen = byId('screen', HTMLButtonElement);

  /** @param {OwnDevices} devices @param {() => HTMLElement[]} makeMicrophoneItems what else the microphone's menu has */
  constructor(devices, makeMicrophoneItems) {
    this.#devices = devices;
    for (const kind of kinds) {
      byId(kind, HTMLButtonElement).addEventListener('click', () => this.toggle(kind));
      const panel = byId(`${kind}-menu`, HTMLElement);
      const fill = async () => {
        await fillDeviceMenu(panel, devices, kind, () => menu.close());
        if (kind === 'microphone') panel.append(...makeMicrophoneItems());
      };
      const menu = new Menu({ button: byId(`${kind}-choose`, HTMLElement), panel, onOpen: fill });
    }
    this.#screen.hidden = !canShareScreen();
    this.#screen.addEventListener('click', () => this.toggleScreen());
    devices.addEventListener('change', () => this.#draw());
    this.#draw();
  }

  /** @param {DeviceKind} kind */
  toggle(kind) {
    const { on, busy } = this.#devices.state[kind];
    if (on || busy) this.#devices.switchOff(kind);
    else void this.#devices.switchOn([kind]);
  }

  toggleScreen() {
    if (!canShareScreen()) return;
    if (this.#devices.state.screen) this.#devices.stopScreen();
    else void this.#devices.shareScreen();
  }

  #draw() {
    const { state } = this.#devices;
    for (const kind of kinds) {
      const { on, busy, problem } = state[kind];
      const button = byId(kind, HTMLButtonElement);
      const what = kind === 'microphone' ? (on ? 'Mute' : 'Unmute') : on ? 'Stop camera' : 'Start camera';
      label(button, what, keys[kind]);
      setIcon(button, on ? kind : `${kind}-off`);
      // Not `aria-pressed`: the label says what a click does, and "Mute, pressed" would say that it has been done.
      button.dataset['on'] = String(on);
      button.classList.toggle('is-off', !on && !busy);
      button.classList.toggle('is-busy', busy);
      button.classList.toggle('has-problem', problem !== null);
    }
    label(this.#screen, state.screen ? 'Stop sharing' : 'Share screen', keys.screen);
    setIcon(this.#screen, state.screen ? 'screen-stop' : 'screen');
    this.#screen.classList.toggle('is-active', state.screen);
  }
}

/** @param {HTMLElement} button @param {string} text @param {string} key */
function label(button, text, key) {
  button.setAttribute('aria-label', text);
  button.setAttribute('aria-keyshortcuts', key);
  button.dataset['tip'] = `${text} (${key})`;
}
