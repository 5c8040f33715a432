/** @import { DeviceKind } from '../client/local-media.js' */
/** @import { OwnDevices } from './own-devices.js' */
import { listDevices } from '../client/local-media.js';
import { element } from './dom.js';
import { icon } from './icons.js';

/** @param {OwnDevices} devices @param {DeviceKind} kind @returns {string} the id of the device that is open; empty: none */
function openId(devices, kind) {
  return devices.track(kind)?.getSettings().deviceId ?? '';
}

/** Fills a menu with the devices of one kind, the open one checked. @param {HTMLElement} menu @param {OwnDevices} devices @param {DeviceKind} kind @param {() => void} onPick */
export async function fillDeviceMenu(menu, devices, kind, onPick) {
  const list = (await listDevices())[kind];
  const current = openId(devices, kind);
  const items = list.map(({ deviceId, label }) => {
    const item = element('button', { text: label, attributes: { type: 'button', role: 'menuitemradio', 'aria-checked': String(deviceId === current) } }, icon('check'));
    item.addEventListener('click', () => {
      onPick();
      void devices.choose(kind, deviceId);
    });
    return item;
  });
  const title = element('p', { class: 'menu-title', text: kind === 'microphone' ? 'Microphone' : 'Camera' });
  const hint = element('p', { class: 'menu-hint', text: `Switch the ${kind} on to see which there are.` });
  menu.replaceChildren(title, ...(items.length > 0 ? items : [hint]));
}

/** Fills a select box likewise; disabled while there is nothing to choose. @param {HTMLSelectElement} select @param {OwnDevices} devices @param {DeviceKind} kind */
export async function fillDeviceSelect(select, devices, kind) {
  const list = (await listDevices())[kind];
  const current = openId(devices, kind);
  const options = list.map(({ deviceId, label }) => {
    const option = element('option', { text: label, attributes: { value: deviceId } });
    option.selected = deviceId === current;
    return option;
  });
  const { problem } = devices.state[kind];
  const none = problem === 'denied' ? 'Blocked by the browser' : problem === null ? 'Default' : 'Not available';
  select.replaceChildren(...(options.length > 0 ? options : [element('option', { text: none, attributes: { value: '' } })]));
  select.disabled = options.length === 0;
}
