/** @import { DeviceKind, DeviceProblem } from '../client/local-media.js' */
import { emit } from '../client/events.js';
import { openDevices, openScreen } from '../client/local-media.js';
import { recall, remember } from './settings.js';

/**
 * @typedef {object} Device
 * @property {MediaStreamTrack | null} track
 * @property {boolean} wanted switched on by the person, whether it could be had or not
 * @property {boolean} busy being opened
 * @property {DeviceProblem | null} problem of the last attempt
 *
 * @typedef {{ on: boolean, busy: boolean, problem: DeviceProblem | null }} DeviceState
 */

/**
 * The own microphone, camera and screen: opens, closes and swaps them as the person asks.
 * Events: `change` (something to redraw), `track` (detail: {slot, track}: send this now), `muted` (the microphone's track was switched on or
 * off), `problems` (detail: what could not be opened and why), `screenfailed`.
 */
export class OwnDevices extends EventTarget {
  /** @type {Record<DeviceKind, Device>} */
  #devices = {
    microphone: { track: null, wanted: false, busy: false, problem: null },
    camera: { track: null, wanted: false, busy: false, problem: null },
  };
  /** @type {MediaStreamTrack | null} */
  #screen = null;
  #closed = false;

  /** @returns {{ microphone: DeviceState, camera: DeviceState, screen: boolean }} */
  get state() {
    const of = (/** @type {Device} */ { track, busy, problem }) => ({ on: track !== null && track.enabled, busy, problem });
    return { microphone: of(this.#devices.microphone), camera: of(this.#devices.camera), screen: this.#screen !== null };
  }

  /** @returns {{ microphone: boolean, camera: boolean }} */
  get wanted() {
    return { microphone: this.#devices.microphone.wanted, camera: this.#devices.camera.wanted };
  }

  /** @param {DeviceKind} kind */
  track(kind) {
    return this.#devices[kind].track;
  }

  /** Opens those that are not open, asking the person once for all of them. @param {readonly DeviceKind[]} kinds */
  async switchOn(kinds) {
    const missing = kinds.filter((kind) => {
      const device = this.#devices[kind];
      device.wanted = true;
      return device.track === null && !device.busy;
    });
    if (kinds.includes('microphone') && this.#devices.microphone.track !== null) this.#mute(false);
    if (missing.length > 0) await this.#open(missing);
    else emit(this, 'change');
  }

  /** The microphone stays open and sends silence (see TesseraRoom.muteMicrophone); the camera is closed, its light goes off. @param {DeviceKind} kind */
  switchOff(kind) {
    const device = this.#devices[kind];
    device.wanted = false;
    if (kind === 'microphone') this.#mute(true);
    else this.#drop(kind);
    emit(this, 'change');
  }

  /** @param {DeviceKind} kind @param {string} deviceId */
  async choose(kind, deviceId) {
    remember(`${kind}Id`, deviceId);
    const device = this.#devices[kind];
    const { track } = device;
    if (track === null && !device.wanted) return;
    // Closed before the next is opened: a phone has one camera at a time. What is sent is swapped only then, without an "off" between.
    if (track !== null) {
      track.onended = null;
      track.stop();
    }
    await this.#open([kind]);
    if (device.track === track) this.#drop(kind);
  }

  async shareScreen() {
    try {
      const track = await openScreen();
      if (track === null) return;
      track.onended = () => this.stopScreen();
      this.#screen = track;
      emit(this, 'track', { slot: 'screen', track });
      emit(this, 'change');
    } catch {
      emit(this, 'screenfailed');
    }
  }

  stopScreen() {
    if (this.#screen === null) return;
    this.#screen.onended = null;
    this.#screen.stop();
    this.#screen = null;
    emit(this, 'track', { slot: 'screen', track: null });
    emit(this, 'change');
  }

  /** For good: what is still being opened is closed as soon as it is there. */
  close() {
    this.#closed = true;
    this.stopScreen();
    this.#drop('microphone');
    this.#drop('camera');
    emit(this, 'change');
  }

  /** @param {DeviceKind[]} kinds */
  async #open(kinds) {
    for (const kind of kinds) this.#devices[kind].busy = true;
    emit(this, 'change');
    const has = (/** @type {DeviceKind} */ kind) => kinds.includes(kind);
    const ids = { microphoneId: recall('microphoneId') || undefined, cameraId: recall('cameraId') || undefined };
    const media = await openDevices({ microphone: has('microphone'), camera: has('camera'), ...ids });
    for (const kind of kinds) {
      const device = this.#devices[kind];
      const track = media[kind];
      device.busy = false;
      device.problem = media.problems[kind] ?? null;
      if (track !== null) this.#take(kind, track);
    }
    emit(this, 'change');
    if (Object.keys(media.problems).length > 0) emit(this, 'problems', media.problems);
  }

  /** @param {DeviceKind} kind @param {MediaStreamTrack} track */
  #take(kind, track) {
    const device = this.#devices[kind];
    // Switched off while it was being opened.
    if (this.#closed || (!device.wanted && kind === 'camera')) return track.stop();
    track.enabled = device.wanted;
    track.onended = () => this.#handleLost(kind);
    device.track = track;
    emit(this, 'track', { slot: kind, track });
  }

  /** @param {DeviceKind} kind */
  #drop(kind) {
    const device = this.#devices[kind];
    if (device.track === null) return;
    device.track.onended = null;
    device.track.stop();
    device.track = null;
    emit(this, 'track', { slot: kind, track: null });
  }

  /** Unplugged, or taken away by the system: whatever else there is takes its place. @param {DeviceKind} kind */
  #handleLost(kind) {
    this.#drop(kind);
    if (this.#devices[kind].wanted) void this.#open([kind]);
    else emit(this, 'change');
  }

  /** @param {boolean} muted */
  #mute(muted) {
    const { track } = this.#devices.microphone;
    if (track === null || track.enabled === !muted) return;
    track.enabled = !muted;
    emit(this, 'muted', { muted });
  }
}
