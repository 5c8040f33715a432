import type { Scene, SceneTile, VideoFormat, VideoSource } from '../protocol.js';
import type { Canvas } from './canvas.js';
import type { Lettering } from './lettering-thread/lettering.js';
import { black, PicturePainter } from './picture-painter.js';
import { fillRectangle } from './plane-drawing.js';
import { Tile, type TileInput } from './tile.js';

export interface CompositionOptions {
  readonly format: VideoFormat;
  readonly lettering: Lettering;
  readonly findInput: (participantId: string, source: VideoSource) => TileInput | undefined;
  /** A tile could not be drawn; it keeps what it had. */
  readonly onFault: (participantId: string, message: string) => void;
}

/** 4 px on a canvas of 720 rows: seen on a phone, and not yet in the way. */
const borderPerRow = 4 / 720;

/** What the canvas shows: the tiles of the scene, and which of them have to be painted or copied. */
export class Composition {
  readonly #format: VideoFormat;
  readonly #lettering: Lettering;
  readonly #findInput: CompositionOptions['findInput'];
  readonly #onFault: CompositionOptions['onFault'];
  readonly #painter = new PicturePainter();
  readonly #borderPx: number;
  #tiles: readonly Tile[] = [];
  #overlapping = false;
  #placesVersion = 0;
  #contentVersion = 0;

  constructor({ format, lettering, findInput, onFault }: CompositionOptions) {
    this.#format = format;
    this.#lettering = lettering;
    this.#findInput = findInput;
    this.#onFault = onFault;
    this.#borderPx = Math.max(2, 2 * Math.round((format.heightPx * borderPerRow) / 2));
  }

  get tiles(): readonly Tile[] {
    return this.#tiles;
  }

  /** Another one each time the canvas has to look otherwise. */
  get contentVersion(): number {
    return this.#contentVersion;
  }

  /** @throws {RangeError} for a tile that is not on the canvas, or not on even pixels; the scene before stays */
  setScene(scene: Scene): void {
    for (const tile of scene.tiles) checkPlace(tile, this.#format);
    const before = new Set(this.#tiles);
    const tiles = scene.tiles.map((spec) => {
      for (const tile of before) {
        if (!tile.fits(spec)) continue;
        before.delete(tile);
        tile.update(spec);
        return tile;
      }
      return new Tile({ spec, borderPx: this.#borderPx, lettering: this.#lettering, painter: this.#painter });
    });
    const samePlaces = before.size === 0 && tiles.length === this.#tiles.length;
    this.#tiles = tiles;
    for (const tile of before) tile.close();
    if (samePlaces) return;
    this.#overlapping = tiles.some((tile, index) => tiles.some((other, otherIndex) => otherIndex > index && overlap(tile.spec, other.spec)));
    this.#placesVersion += 1;
    this.#contentVersion += 1;
  }

  /** Looks what each tile has to show now. */
  decide(nowUs: number): void {
    let changed = false;
    for (const tile of this.#tiles) {
      tile.decide(this.#inputOf(tile), nowUs);
      changed ||= tile.stale;
    }
    if (changed) this.#contentVersion += 1;
  }

  /**
   * Paints and copies what the canvas lacks, tile by tile, until it is done or `mayGoOn` says no; calling again goes on.
   * @returns whether the canvas is complete
   */
  draw(canvas: Canvas, mayGoOn: () => boolean): boolean {
    const contentVersion = this.#contentVersion;
    if (canvas.placesVersion !== this.#placesVersion) {
      fillRectangle(canvas.picture, { x: 0, y: 0, width: this.#format.widthPx, height: this.#format.heightPx }, black);
      canvas.drawn.clear();
      canvas.placesVersion = this.#placesVersion;
    }
    for (const tile of this.#tiles) {
      if (tile.stale) this.#paint(tile);
      if (canvas.drawn.get(tile) === tile.version) continue;
      tile.copyTo(canvas.picture);
      canvas.drawn.set(tile, tile.version);
      if (this.#overlapping) this.#forgetAbove(canvas, tile);
      if (!mayGoOn()) return false;
    }
    canvas.contentVersion = contentVersion;
    return true;
  }

  /** What lies above was covered just now. */
  #forgetAbove(canvas: Canvas, tile: Tile): void {
    for (let index = this.#tiles.indexOf(tile) + 1; index < this.#tiles.length; index += 1) {
      const above = this.#tiles[index];
      if (above !== undefined) canvas.drawn.delete(above);
    }
  }

  #paint(tile: Tile): void {
    try {
      tile.paint(this.#inputOf(tile));
    } catch (error) {
      this.#onFault(tile.spec.participantId, `drawing: ${String(error)}`);
    }
  }

  #inputOf(tile: Tile): TileInput | undefined {
    return this.#findInput(tile.spec.participantId, tile.spec.source);
  }

  close(): void {
    for (const tile of this.#tiles) tile.close();
    this.#tiles = [];
    this.#painter.close();
  }
}

/** Outside of the canvas FFmpeg would write into memory that is not the picture's. */
function checkPlace({ rectangle, participantId }: SceneTile, { widthPx, heightPx }: VideoFormat): void {
  const { x, y, width, height } = rectangle;
  const even = [x, y, width, height].every((value) => Number.isInteger(value) && value % 2 === 0);
  const inside = x >= 0 && y >= 0 && width >= 2 && height >= 2 && x + width <= widthPx && y + height <= heightPx;
  if (!even || !inside) throw new RangeError(`The tile of ${participantId} (${width}x${height} at ${x},${y}) is not on the canvas's even pixels.`);
}

function overlap({ rectangle: a }: SceneTile, { rectangle: b }: SceneTile): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
