import { NativePicture } from '../ffmpeg/native-picture.js';
import type { SceneTile, VideoSource } from '../protocol.js';
import { blendOverlay } from './lettering/blend-overlay.js';
import type { NameLabel, Picture } from './lettering/index.js';
import type { Lettering } from './lettering-thread/lettering.js';
import type { PicturePainter } from './picture-painter.js';
import { dim, drawBorder, fillRectangle, layPicture, type Colour } from './plane-drawing.js';
import type { VideoInput } from './video-input.js';

export interface TileOptions {
  readonly spec: SceneTile;
  /** Of the border round who speaks. */
  readonly borderPx: number;
  readonly lettering: Lettering;
  readonly painter: PicturePainter;
}

export type TileInput = Pick<VideoInput, 'picture' | 'pictureVersion' | 'pictureTakenUs'>;

type Look = 'picture' | 'dimmed' | 'avatar';

/** A camera that is silent this long is as good as off; before that it is dimmed, so that nobody speaks to a still for long. */
const dimmedAfterUs = 1_000_000;
const avatarAfterUs: Readonly<Record<VideoSource, number>> = {
  camera: 2_000_000,
  // A shared page that nobody scrolls sends a picture a second or less, and must stay readable meanwhile.
  screen: 10_000_000,
};

/** #2dd4bf: told apart from skin, walls and the avatars' colours, and still light where colours are not seen. */
const accent: Colour = { y: 153, u: 144, v: 56 };

/** The avatar's own ground: what is seen for the moment until it is rendered. */
const avatarGround: Colour = { y: 48, u: 132, v: 126 };

/**
 * One rectangle of the scene and the pixels that it shows, kept at its size: a new picture is scaled once, however many canvases take it.
 * `decide` says what is to be seen, `paint` makes it so.
 */
export class Tile {
  readonly #borderPx: number;
  readonly #lettering: Lettering;
  readonly #painter: PicturePainter;
  #spec: SceneTile;
  #look: Look = 'avatar';
  #pictureVersion = -1;
  #label: NameLabel | undefined;
  #avatar: Picture | undefined;
  #avatarAsked = false;
  #labelRequest = 0;
  #avatarRequest = 0;
  #stale = true;
  #version = 0;
  #surface: NativePicture | undefined;
  #closed = false;

  constructor({ spec, borderPx, lettering, painter }: TileOptions) {
    this.#spec = spec;
    this.#borderPx = borderPx;
    this.#lettering = lettering;
    this.#painter = painter;
    this.#askLabel();
  }

  get spec(): SceneTile {
    return this.#spec;
  }

  /** Another one each time `surface` has other pixels. */
  get version(): number {
    return this.#version;
  }

  /** Whether `paint` has something to do. */
  get stale(): boolean {
    return this.#stale;
  }

  /** It has the same place and shows the same source. */
  fits(spec: SceneTile): boolean {
    const { rectangle, participantId, source } = this.#spec;
    const other = spec.rectangle;
    const sameSize = rectangle.width === other.width && rectangle.height === other.height;
    return sameSize && rectangle.x === other.x && rectangle.y === other.y && participantId === spec.participantId && source === spec.source;
  }

  /** Takes over all but the place. */
  update(spec: SceneTile): void {
    const before = this.#spec;
    this.#spec = spec;
    if (before.fit !== spec.fit || before.speaking !== spec.speaking) this.#stale = true;
    if (before.name !== spec.name) {
      this.#avatar = undefined;
      this.#avatarAsked = false;
      this.#stale ||= this.#look === 'avatar';
    }
    if (before.name !== spec.name || before.muted !== spec.muted || before.showName !== spec.showName) this.#askLabel();
  }

  #askLabel(): void {
    this.#labelRequest += 1;
    const request = this.#labelRequest;
    const { name, muted, showName, rectangle } = this.#spec;
    if (!showName) {
      if (this.#label !== undefined) this.#stale = true;
      this.#label = undefined;
      return;
    }
    // The old label stays until the new one is there.
    this.#lettering.renderLabel({ name, muted, tileWidthPx: rectangle.width, tileHeightPx: rectangle.height }, (label) => {
      if (this.#closed || request !== this.#labelRequest) return;
      this.#label = label;
      this.#stale = true;
    });
  }

  #askAvatar(): void {
    if (this.#avatarAsked) return;
    this.#avatarAsked = true;
    this.#avatarRequest += 1;
    const request = this.#avatarRequest;
    const { name, participantId, rectangle } = this.#spec;
    this.#lettering.renderAvatar({ name, seed: participantId, widthPx: rectangle.width, heightPx: rectangle.height }, (avatar) => {
      if (this.#closed || request !== this.#avatarRequest) return;
      this.#avatar = avatar;
      this.#stale = true;
    });
  }

  /** Decides what to show; afterwards `stale` says whether that is something else than before. */
  decide(input: TileInput | undefined, nowUs: number): void {
    const look = this.#lookOf(input, nowUs);
    const pictureVersion = look === 'avatar' || input === undefined ? -1 : input.pictureVersion;
    if (look === 'avatar') this.#askAvatar();
    if (look === this.#look && pictureVersion === this.#pictureVersion) return;
    this.#look = look;
    this.#pictureVersion = pictureVersion;
    this.#stale = true;
  }

  #lookOf(input: TileInput | undefined, nowUs: number): Look {
    const { live, source } = this.#spec;
    if (!live || input?.picture === undefined) return 'avatar';
    const ageUs = nowUs - input.pictureTakenUs;
    if (ageUs >= avatarAfterUs[source]) return 'avatar';
    return source === 'camera' && ageUs >= dimmedAfterUs ? 'dimmed' : 'picture';
  }

  /** It shows a picture of its source, not what stands in for one. */
  get showsPicture(): boolean {
    return this.#look !== 'avatar';
  }

  /** @throws {MediaError} */
  paint(input: TileInput | undefined): void {
    const { width, height } = this.#spec.rectangle;
    this.#surface ??= new NativePicture(width, height);
    const surface = this.#surface;
    // First, so that a failure does not come again with each tick.
    this.#stale = false;
    this.#version += 1;
    const picture = this.#look === 'avatar' ? undefined : input?.picture;
    if (picture !== undefined) {
      this.#painter.paint(picture, this.#spec.fit, surface);
      if (this.#look === 'dimmed') dim(surface);
    } else if (this.#avatar !== undefined) layPicture(surface, this.#avatar);
    else fillRectangle(surface, { x: 0, y: 0, width, height }, avatarGround);
    if (this.#label !== undefined) blendOverlay(surface, this.#label.offsetXPx, this.#label.offsetYPx, this.#label);
    if (this.#spec.speaking) drawBorder(surface, this.#borderPx, accent);
  }

  copyTo(canvas: NativePicture): void {
    if (this.#surface !== undefined) this.#painter.copy(this.#surface, topLeft, canvas, this.#spec.rectangle);
  }

  close(): void {
    this.#closed = true;
    this.#surface?.close();
    this.#surface = undefined;
  }
}

const topLeft = { x: 0, y: 0 };
