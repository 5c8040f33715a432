/** @import { DeviceKind, DeviceProblem } from '../client/local-media.js' */
import { on } from '../client/events.js';
import { byId } from './dom.js';
import { fillDeviceSelect } from './device-list.js';
import { displayNameMistake } from './display-name.js';
import { setIcon } from './icons.js';
import { LevelMeter } from './level-meter.js';
import { problemTexts } from './messages.js';
import { recall } from './settings.js';

/** @type {readonly DeviceKind[]} */
const kinds = ['microphone', 'camera'];

/** Before joining: the name, a look into the camera, which devices to use. It leaves the page when it is done. */
export class DevicePanel {
  #root = byId('prejoin', HTMLElement);
  #video = byId('preview', HTMLVideoElement);
  #name = byId('prejoin-name', HTMLInputElement);
  #notice = byId('prejoin-notice', HTMLElement);
  #problem = byId('prejoin-problem', HTMLElement);
  #placeholder = byId('preview-off', HTMLElement);
  #meter = new LevelMeter(byId('prejoin-level', HTMLElement));
  #devices;
  #stop = new AbortController();

  /** @param {import('./own-devices.js').OwnDevices} devices */
  constructor(devices) {
    this.#devices = devices;
  }

  /** @returns {Promise<string>} the name, once the person asks to join */
  ask() {
    const { signal } = this.#stop;
    this.#root.hidden = false;
    this.#name.value = recall('name');
    for (const kind of kinds) {
      const button = byId(`prejoin-${kind}`, HTMLButtonElement);
      button.addEventListener('click', () => this.#toggle(kind), { signal });
      const select = byId(`prejoin-${kind}-choice`, HTMLSelectElement);
      select.addEventListener('change', () => void this.#devices.choose(kind, select.value), { signal });
    }
    this.#devices.addEventListener('change', () => this.#draw(), { signal });
    this.#devices.addEventListener('track', () => this.#show(), { signal });
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#draw(), { signal });
    on(this.#devices, 'problems', (/** @type {{ microphone?: DeviceProblem, camera?: DeviceProblem }} */ problems) => {
      this.#notice.textContent = problemTexts(problems).join(' ');
      this.#notice.hidden = false;
    });
    this.#name.addEventListener('input', () => this.#complain(''), { signal });
    this.#draw();
    void this.#devices.switchOn(kinds);
    (this.#name.value === '' ? this.#name : byId('prejoin-join', HTMLElement)).focus();
    // One that the server has refused, or that was kept by a page of another version.
    if (this.#name.value !== '') this.#complain(displayNameMistake(this.#name.value));
    return new Promise((resolve) => {
      byId('prejoin-form', HTMLFormElement).addEventListener(
        'submit',
        (event) => {
          event.preventDefault();
          const name = this.#name.value.trim();
          const mistake = name === '' ? 'What is your name? The others see it on your picture.' : displayNameMistake(name);
          if (mistake === '') return resolve(name);
          this.#complain(mistake);
        },
        { signal },
      );
    });
  }

  /** Takes itself off the page: the room shows one video and no other. */
  close() {
    this.#stop.abort();
    this.#meter.close();
    this.#video.srcObject = null;
    this.#root.remove();
  }

  /** @param {string} mistake of the name; empty: there is none */
  #complain(mistake) {
    this.#problem.textContent = mistake;
    this.#problem.hidden = mistake === '';
    if (mistake === '') return this.#name.removeAttribute('aria-invalid');
    this.#name.setAttribute('aria-invalid', 'true');
    this.#name.focus();
  }

  /** @param {DeviceKind} kind */
  #toggle(kind) {
    if (this.#devices.wanted[kind] && this.#devices.state[kind].problem === null) this.#devices.switchOff(kind);
    else void this.#devices.switchOn([kind]);
  }

  #show() {
    const camera = this.#devices.track('camera');
    this.#video.srcObject = camera === null ? null : new MediaStream([camera]);
    this.#meter.listen(this.#devices.track('microphone'));
  }

  #draw() {
    if (this.#stop.signal.aborted) return;
    for (const kind of kinds) {
      const { on: isOn, busy, problem } = this.#devices.state[kind];
      const button = byId(`prejoin-${kind}`, HTMLButtonElement);
      setIcon(button, isOn ? kind : `${kind}-off`);
      button.setAttribute('aria-pressed', String(isOn));
      button.classList.toggle('is-off', !isOn && !busy);
      button.classList.toggle('is-busy', busy);
      button.classList.toggle('has-problem', problem !== null);
      void fillDeviceSelect(byId(`prejoin-${kind}-choice`, HTMLSelectElement), this.#devices, kind);
    }
    const { camera } = this.#devices.state;
    this.#video.hidden = !camera.on;
    this.#placeholder.hidden = camera.on;
    this.#placeholder.textContent = camera.busy ? 'Starting your camera…' : camera.problem === null ? 'Your camera is off' : 'No camera';
    if (Object.values(this.#devices.state).every((state) => typeof state === 'boolean' || state.problem === null)) this.#notice.hidden = true;
  }
}
