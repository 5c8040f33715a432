/** @import { Participant } from '../client/types.js' */
import { avatar } from './avatar.js';
import { byId, element, setText } from './dom.js';

const maxAvatars = 12;

/** The video with the mix, and what lies over it while there is nothing to see or hear. */
export class Stage {
  /** The picture, and under it what the room says of one's own voice. */
  #area = byId('stage-area', HTMLElement);
  #root = byId('stage', HTMLElement);
  #video = byId('mix', HTMLVideoElement);
  #wait = byId('stage-wait', HTMLElement);
  #waitText = byId('stage-wait-text', HTMLElement);
  #faces = byId('stage-faces', HTMLElement);
  #last = byId('stage-last', HTMLCanvasElement);
  #soundButton = byId('stage-sound', HTMLButtonElement);
  #playing = false;
  #blocked = false;
  #anyPicture = true;
  #waitingFor = 'Joining…';

  constructor() {
    this.#video.addEventListener('playing', () => this.#setPlaying(true));
    this.#video.addEventListener('resize', () => this.#draw());
    this.#video.addEventListener('emptied', () => this.#setPlaying(false));
    this.#soundButton.addEventListener('click', () => this.#turnSoundOn());
    const fullscreen = byId('fullscreen', HTMLButtonElement);
    fullscreen.hidden = !document.fullscreenEnabled;
    fullscreen.addEventListener('click', () => this.toggleFullscreen());
  }

  /** @param {MediaStream} stream */
  async show(stream) {
    this.#video.srcObject = stream;
    try {
      await this.#video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return; // Another stream came meanwhile.
      // Sound needs a click here. The picture does not.
      this.#blocked = true;
      this.#video.muted = true;
      void this.#video.play().catch(() => undefined);
      this.#draw();
    }
  }

  /** What is being waited for; null: nothing but the picture itself. @param {string | null} text */
  waitFor(text) {
    this.#waitingFor = text ?? '';
    this.#draw();
  }

  /** Keeps the last picture in sight until the next one comes. */
  freeze() {
    if (!this.#playing || this.#video.videoWidth === 0) return;
    this.#last.getContext('2d')?.drawImage(this.#video, 0, 0, this.#last.width, this.#last.height);
    this.#last.hidden = false;
  }

  /** Shapes the stage as the mix is, so that no bars stand beside it. @param {{ width: number, height: number }} video */
  setShape({ width, height }) {
    this.#root.style.setProperty('--stage-aspect', String(width / height));
  }

  /** With every camera off and no screen shared the server sends no picture: the people stand here instead. @param {readonly Participant[]} participants */
  showPeople(participants) {
    this.#anyPicture = participants.some(({ video, screen }) => video || screen);
    const shown = participants.slice(0, maxAvatars);
    const key = JSON.stringify([participants.length, shown.map(({ id, name }) => [id, name])]);
    if (this.#faces.dataset['key'] !== key) {
      this.#faces.dataset['key'] = key;
      this.#faces.replaceChildren(...shown.map(({ id, name }) => element('figure', { attributes: { 'data-id': id } }, avatar({ id, name }), element('figcaption', { text: name, attributes: { dir: 'auto' } }))));
      const others = participants.length - shown.length;
      if (others > 0) this.#faces.append(element('figure', {}, element('span', { class: 'avatar', text: `+${others}` })));
    }
    this.#draw();
  }

  /** @param {readonly string[]} participantIds */
  showSpeaking(participantIds) {
    for (const face of this.#faces.children) face.classList.toggle('is-speaking', participantIds.includes(face.getAttribute('data-id') ?? ''));
  }

  toggleFullscreen() {
    if (document.fullscreenElement === null) void this.#area.requestFullscreen().catch(() => undefined);
    else void document.exitFullscreen();
  }

  clear() {
    this.#video.srcObject = null;
  }

  #turnSoundOn() {
    this.#blocked = false;
    this.#video.muted = false;
    void this.#video.play().catch(() => undefined);
    this.#draw();
  }

  /** @param {boolean} playing */
  #setPlaying(playing) {
    this.#playing = playing;
    this.#draw();
  }

  #draw() {
    // A stream plays before its first picture, and black is nothing to see.
    const isBlack = this.#anyPicture && this.#video.videoWidth === 0;
    const waiting = this.#waitingFor !== '' || !this.#playing || isBlack;
    setText(this.#waitText, this.#waitingFor === '' ? 'Connecting…' : this.#waitingFor);
    this.#wait.hidden = !waiting;
    if (!waiting) this.#last.hidden = true;
    this.#faces.hidden = waiting || this.#anyPicture;
    this.#soundButton.hidden = waiting || !this.#blocked;
  }
}
