/** What the canvas shows: the layout in force, and the scene that it makes of the people in the room. */
import type { Layouts, LayoutTemplate } from '../../layouts/index.js';
import type { Mixer, Scene, VideoFormat } from '../../mixer/index.js';
import { AppError } from '../errors.js';
import type { Participant } from './participant.js';
import { buildScene } from './seating.js';
import type { SpeakerOrder } from './speaker-order.js';

export interface StageOptions {
  readonly layouts: Layouts;
  readonly layout: string;
  readonly canvas: VideoFormat;
  readonly mixer: Pick<Mixer, 'send'>;
  readonly speakers: SpeakerOrder;
}

/** Taken by itself while somebody shares a screen. */
const sharingLayout = 'presentation';

export class Stage {
  readonly #layouts: Layouts;
  readonly #canvas: VideoFormat;
  readonly #mixer: Pick<Mixer, 'send'>;
  readonly #speakers: SpeakerOrder;
  #template: LayoutTemplate;
  /** What to put back when the sharing ends; undefined while nobody shares, or after somebody chose a layout meanwhile. */
  #putBack: LayoutTemplate | undefined;
  #isSharing = false;
  #scene: Scene = { tiles: [] };
  #shown = '';

  constructor({ layouts, layout, canvas, mixer, speakers }: StageOptions) {
    this.#layouts = layouts;
    this.#canvas = canvas;
    this.#mixer = mixer;
    this.#speakers = speakers;
    this.#template = this.#find(layout);
  }

  get layout(): string {
    return this.#template.name;
  }

  /** What the mixer was told last. */
  get scene(): Scene {
    return this.#scene;
  }

  /** A layout that is chosen holds, also over the end of a screen share. @throws {AppError} `unknown_layout` */
  setLayout(name: string): void {
    this.#template = this.#find(name);
    this.#putBack = undefined;
  }

  /** Puts the people of now onto the canvas; nothing is sent when that is what it shows already. */
  show(participants: readonly Participant[]): void {
    this.#followSharing(participants.some((participant) => participant.media.screen));
    const people = participants.map((participant) => participant.seat(this.#speakers));
    const scene: Scene = buildScene(this.#template, this.#canvas, people, this.#speakers.shown);
    const shown = JSON.stringify(scene);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#scene = scene;
    this.#mixer.send({ type: 'setScene', scene });
  }

  #followSharing(isSharing: boolean): void {
    if (isSharing === this.#isSharing) return;
    this.#isSharing = isSharing;
    if (isSharing) {
      this.#putBack = this.#template;
      this.#template = this.#find(sharingLayout);
    } else if (this.#putBack !== undefined) {
      this.#template = this.#putBack;
      this.#putBack = undefined;
    }
  }

  #find(name: string): LayoutTemplate {
    const template = this.#layouts.find(name);
    if (template === undefined) throw new AppError('unknown_layout', `There is no layout "${name}".`, { layouts: this.#layouts.names });
    return template;
  }
}
