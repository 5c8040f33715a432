import { fitRectangle } from '../../layouts/index.js';
import type { DecodedPicture } from '../ffmpeg/decoded-picture.js';
import { NativePicture } from '../ffmpeg/native-picture.js';
import { ScalerCache } from '../ffmpeg/scaler-cache.js';
import type { SceneTile, TileRectangle } from '../protocol.js';
import { fillAround, fillRectangle, layRotated, type Colour } from './plane-drawing.js';

export const black: Colour = { y: 16, u: 128, v: 128 };

/**
 * The whole picture is scaled and then cut, because FFmpeg scales whole frames without our making views of them. A cut that leaves less than this part
 * would scale far more than it shows, and shows nothing that anybody recognises: it is letterboxed.
 */
const leastShownPart = 0.25;

/** Sizes in use at once: one for each shape of sender in each size of tile. */
const mostScratchPictures = 24;

/** Scales, cuts, turns and places pictures. What it needs between is shared by all tiles of a canvas: each call ends before the next begins. */
export class PicturePainter {
  readonly #scalers = new ScalerCache();
  readonly #scratch = new Map<string, NativePicture>();

  /** Fills all of the target: the picture, and black beside it. @throws {MediaError} */
  paint(picture: DecodedPicture, fit: SceneTile['fit'], target: NativePicture): void {
    const { widthPx, heightPx, rotationDegrees } = picture;
    const upright = rotationDegrees % 180 === 0;
    const source = upright ? { widthPx, heightPx } : { widthPx: heightPx, heightPx: widthPx };
    const whole: TileRectangle = { x: 0, y: 0, width: target.widthPx, height: target.heightPx };
    let { crop, destination } = fitRectangle(source, whole, fit);
    if (crop.width * crop.height < source.widthPx * source.heightPx * leastShownPart) ({ crop, destination } = fitRectangle(source, whole, 'letterbox'));
    if (crop.width === 0 || crop.height === 0) {
      fillRectangle(target, whole, black);
      return;
    }
    if (destination.width !== whole.width || destination.height !== whole.height) fillAround(target, destination, black);
    // The size that all of the picture takes when the cut fills the destination; an odd row or column that fitting left out goes with it.
    const scaledWidthPx = scaledSide(source.widthPx, crop.width, destination.width);
    const scaledHeightPx = scaledSide(source.heightPx, crop.height, destination.height);
    if (rotationDegrees === 0 && scaledWidthPx === target.widthPx && scaledHeightPx === target.heightPx) {
      this.#scale(picture, target);
      return;
    }
    const scaled = upright ? this.#scratchOf(scaledWidthPx, scaledHeightPx) : this.#scratchOf(scaledHeightPx, scaledWidthPx);
    this.#scale(picture, scaled);
    const part = { x: centred(scaledWidthPx, destination.width), y: centred(scaledHeightPx, destination.height) };
    if (rotationDegrees === 0) this.copy(scaled, part, target, destination);
    else layRotated(target, destination, scaled, rotationDegrees, part);
  }

  #scale(picture: DecodedPicture, target: NativePicture): void {
    const { widthPx: sourceWidthPx, heightPx: sourceHeightPx, fullRange } = picture;
    this.#scalers.get({ sourceWidthPx, sourceHeightPx, fullRange, targetWidthPx: target.widthPx, targetHeightPx: target.heightPx }).scale(picture, target);
  }

  /** Copies a rectangle of `destination`'s size; the caller answers for both lying inside. @throws {MediaError} */
  copy(source: NativePicture, from: { readonly x: number; readonly y: number }, target: NativePicture, destination: TileRectangle): void {
    const { x, y, width, height } = destination;
    const scaler = this.#scalers.get({ sourceWidthPx: width, sourceHeightPx: height, fullRange: false, targetWidthPx: width, targetHeightPx: height });
    scaler.copyRegion(source, from.x, from.y, target, x, y);
  }

  #scratchOf(widthPx: number, heightPx: number): NativePicture {
    const key = `${widthPx}x${heightPx}`;
    let picture = this.#scratch.get(key);
    if (picture !== undefined) return picture;
    picture = new NativePicture(widthPx, heightPx);
    for (const [oldest, unused] of this.#scratch) {
      if (this.#scratch.size < mostScratchPictures) break;
      unused.close();
      this.#scratch.delete(oldest);
    }
    this.#scratch.set(key, picture);
    return picture;
  }

  close(): void {
    this.#scalers.close();
    for (const picture of this.#scratch.values()) picture.close();
    this.#scratch.clear();
  }
}

function scaledSide(sourcePx: number, cropPx: number, destinationPx: number): number {
  return sourcePx - cropPx < 2 ? destinationPx : Math.max(destinationPx, 2 * Math.round((sourcePx * destinationPx) / cropPx / 2));
}

function centred(outerPx: number, innerPx: number): number {
  return 2 * Math.floor((outerPx - innerPx) / 4);
}
