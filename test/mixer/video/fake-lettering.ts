import type { AvatarOptions, NameLabel, NameLabelOptions, Picture } from '../../../mixer/video/lettering/index.js';
import { plainPicture, toOverlay } from '../../../mixer/video/lettering/pictures.js';
import type { Lettering } from '../../../mixer/video/lettering-thread/lettering.js';
import type { Colour } from '../../../mixer/video/plane-drawing.js';

export const avatarColour: Colour = { y: 110, u: 200, v: 60 };

/** Where labels lie within a tile, and how large they are. */
export const labelBox = { x: 8, y: 8, width: 16, height: 8 };

/** Avatars of one colour, labels that are white boxes; answers at once, or when the test says so. */
export class FakeLettering implements Lettering {
  readonly labels: string[] = [];
  readonly avatars: string[] = [];
  readonly #held: (() => void)[] = [];
  #holding = false;

  renderLabel({ name, muted }: NameLabelOptions, onRendered: (label: NameLabel) => void): void {
    this.labels.push(muted === true ? `${name} muted` : name);
    const { width, height } = labelBox;
    const overlay = toOverlay(new Uint8ClampedArray(width * height * 4).fill(255), width, height);
    this.#answer(() => onRendered({ ...overlay, offsetXPx: labelBox.x, offsetYPx: labelBox.y }));
  }

  renderAvatar({ name, widthPx, heightPx }: AvatarOptions, onRendered: (avatar: Picture) => void): void {
    this.avatars.push(name);
    this.#answer(() => onRendered(plainPicture(widthPx, heightPx, avatarColour)));
  }

  #answer(run: () => void): void {
    if (this.#holding) this.#held.push(run);
    else run();
  }

  /** From now on answers wait. */
  hold(): void {
    this.#holding = true;
  }

  release(): void {
    this.#holding = false;
    for (const run of this.#held.splice(0)) run();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
