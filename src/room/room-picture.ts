/** What the canvas shows of the people in the room, and what each of them is asked to send for it: the second follows the first. */
import { indexLayouts } from '../../layouts/index.js';
import type { Mixer, RoomTime, VideoFormat, VideoSource } from '../../mixer/index.js';
import type { EncodingWish, RoomOptions } from '../rooms/protocol.js';
import type { Participant } from './participant.js';
import { wishEncoding, type PictureNeed } from './picture-need.js';
import type { SpeakerOrder } from './speaker-order.js';
import { Stage } from './stage.js';
import { UpstreamNeeds } from './upstream-needs.js';

export interface RoomPictureOptions {
  readonly layouts: RoomOptions['layouts'];
  readonly layout: string;
  readonly canvas: VideoFormat;
  readonly mixer: Pick<Mixer, 'send'>;
  readonly speakers: SpeakerOrder;
  readonly clock: RoomTime;
  readonly participants: () => readonly Participant[];
  /** A page is to send this from now on. */
  readonly onEncoding: (sessionId: string, encoding: EncodingWish) => void;
}

export class RoomPicture {
  readonly #options: RoomPictureOptions;
  readonly #stage: Stage;
  readonly #upstream: UpstreamNeeds;

  constructor(options: RoomPictureOptions) {
    const { layouts, layout, canvas, mixer, speakers } = options;
    this.#options = options;
    this.#stage = new Stage({ layouts: indexLayouts(layouts), layout, canvas, mixer, speakers });
    this.#upstream = new UpstreamNeeds({ fps: canvas.fps, onNeed: (participant, source, need) => this.#ask(participant, source, need) });
  }

  get layout(): string {
    return this.#stage.layout;
  }

  /** Shown with the next `show`. @throws {AppError} `unknown_layout` */
  setLayout(name: string): void {
    this.#stage.setLayout(name);
  }

  /** To be called when anything of what is shown has changed. */
  show(): void {
    this.#stage.show(this.#connected);
    this.follow();
  }

  /** To be called now and then: what is needed no more is told later. */
  follow(): void {
    this.#upstream.follow(this.#stage.scene, this.#connected, this.#options.clock.nowUs());
  }

  /** Only who is connected has a place: an offer that is never answered shows nothing. */
  get #connected(): readonly Participant[] {
    return this.#options.participants().filter(({ session }) => session.isConnected);
  }

  /** A page is told in words, every other client by what RTP has for it. */
  #ask({ id, kind, session }: Participant, source: VideoSource, need: PictureNeed | undefined): void {
    session.setNeed(source, need);
    if (kind === 'browser') this.#options.onEncoding(id, wishEncoding(source, need));
  }
}
