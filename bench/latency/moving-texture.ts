/** A picture with detail everywhere that pans by four pixels a frame: what a codec has to do is that of a moving camera, not of a flat test card. */
import type { LumaPicture } from './time-code.js';

export interface MovingTextureOptions {
  /** Both even. */
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Even, so that chroma moves by whole pixels. */
const stepPx = 4;
/** Waves across the width and the height, and how strong: soft shapes with edges among them. */
const waves = [
  { x: 2, y: 1, amplitude: 34 },
  { x: 7, y: 5, amplitude: 22 },
  { x: 23, y: 11, amplitude: 13 },
  { x: 61, y: 37, amplitude: 7 },
] as const;
/** As of a webcam's sensor in a lit room. */
const noiseAmplitude = 5;

export class MovingTexture {
  readonly #widthPx: number;
  readonly #heightPx: number;
  /** Twice as wide as the picture, so that each row of a frame is one copy. */
  readonly #luma: Uint8Array;
  readonly #chroma: Uint8Array;

  constructor({ widthPx, heightPx }: MovingTextureOptions) {
    this.#widthPx = widthPx;
    this.#heightPx = heightPx;
    this.#luma = makePlane(widthPx, heightPx, 1, noiseAmplitude);
    this.#chroma = makePlane(widthPx / 2, heightPx / 2, 0.4, 0);
  }

  /** A new I420 picture, the same for the same index. */
  frame(index: number): LumaPicture {
    const width = this.#widthPx;
    const height = this.#heightPx;
    const lumaBytes = width * height;
    const data = new Uint8Array((lumaBytes * 3) / 2);
    const offset = (index * stepPx) % width;
    copyRows(this.#luma, width, height, offset, data, 0);
    copyRows(this.#chroma, width / 2, height / 2, offset / 2, data, lumaBytes);
    copyRows(this.#chroma, width / 2, height / 2, width / 2 - offset / 2, data, lumaBytes + lumaBytes / 4);
    return { width, height, data };
  }
}

function makePlane(width: number, height: number, strength: number, noise: number): Uint8Array {
  const plane = new Uint8Array(2 * width * height);
  let seed = 1;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let value = 125;
      for (const wave of waves) value += strength * wave.amplitude * Math.sin(2 * Math.PI * ((wave.x * x) / width + (wave.y * y) / height));
      // Numerical Recipes' generator: the same picture in each run.
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      value += noise * (seed / 0x8000_0000 - 1);
      plane[2 * y * width + x] = value;
      plane[(2 * y + 1) * width + x] = value;
    }
  }
  return plane;
}

function copyRows(from: Uint8Array, width: number, height: number, offset: number, to: Uint8Array, start: number): void {
  for (let y = 0; y < height; y += 1) to.set(from.subarray(2 * y * width + offset, 2 * y * width + offset + width), start + y * width);
}
