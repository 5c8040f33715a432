// The bitmaps that lettering hands to the compositor, and the way there from the text renderer's RGBA. Colours: BT.601, limited range.

/** An opaque I420 picture; planes without padding. */
export interface Picture {
  /** Even. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly y: Uint8Array;
  readonly u: Uint8Array;
  readonly v: Uint8Array;
}

/** A picture to lay over another one. Colours are straight (not multiplied by alpha); 0 is transparent, 255 opaque. */
export interface Overlay extends Picture {
  readonly alpha: Uint8Array;
  /** The mean of each 2x2 of `alpha`. */
  readonly alphaChroma: Uint8Array;
  /** What of each row is not transparent: row, first column, column after the last, 1 if all of it is opaque else 0; and so on. */
  readonly lumaRuns: Int32Array;
  readonly chromaRuns: Int32Array;
}

export interface Yuv {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

// BT.601 scaled to 219 (luma) and 224 (chroma) steps, in 1/256: the integers that every 8-bit video path uses; off by one at most.
const luma = (r: number, g: number, b: number): number => ((66 * r + 129 * g + 25 * b + 128) >> 8) + 16;
const chromaU = (r: number, g: number, b: number): number => ((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128;
const chromaV = (r: number, g: number, b: number): number => ((112 * r - 94 * g - 18 * b + 128) >> 8) + 128;

/** @param rgb each 0..255 */
export function toYuv([r, g, b]: readonly [number, number, number]): Yuv {
  return { y: luma(r, g, b), u: chromaU(r, g, b), v: chromaV(r, g, b) };
}

/**
 * @param rgba straight alpha, as `getImageData` gives it
 * @param widthPx even
 * @param heightPx even
 */
export function toOverlay(rgba: Uint8ClampedArray, widthPx: number, heightPx: number): Overlay {
  const y = new Uint8Array(widthPx * heightPx);
  const alpha = new Uint8Array(widthPx * heightPx);
  for (let index = 0; index < y.length; index += 1) {
    const at = index * 4;
    y[index] = luma(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0);
    alpha[index] = rgba[at + 3] ?? 0;
  }
  const chromaWidth = widthPx / 2;
  const u = new Uint8Array(y.length / 4);
  const v = new Uint8Array(y.length / 4);
  const alphaChroma = new Uint8Array(y.length / 4);
  const rowBytes = widthPx * 4;
  for (let index = 0; index < u.length; index += 1) {
    const at = Math.floor(index / chromaWidth) * 2 * rowBytes + (index % chromaWidth) * 8;
    let r = 0;
    let g = 0;
    let b = 0;
    let weight = 0;
    for (const corner of [at, at + 4, at + rowBytes, at + rowBytes + 4]) {
      // Weighted by alpha: the black that transparent pixels hold must not darken the edge.
      const a = rgba[corner + 3] ?? 0;
      r += (rgba[corner] ?? 0) * a;
      g += (rgba[corner + 1] ?? 0) * a;
      b += (rgba[corner + 2] ?? 0) * a;
      weight += a;
    }
    alphaChroma[index] = (weight + 2) >> 2;
    const divisor = Math.max(weight, 1);
    u[index] = chromaU(r / divisor, g / divisor, b / divisor);
    v[index] = chromaV(r / divisor, g / divisor, b / divisor);
  }
  return { widthPx, heightPx, y, u, v, alpha, alphaChroma, lumaRuns: findRuns(alpha, widthPx), chromaRuns: findRuns(alphaChroma, chromaWidth) };
}

function findRuns(alpha: Uint8Array, width: number): Int32Array {
  const runs: number[] = [];
  for (let row = 0; row * width < alpha.length; row += 1) {
    let start = 0;
    while (start < width) {
      const kind = kindOf(alpha[row * width + start]);
      let end = start + 1;
      while (end < width && kindOf(alpha[row * width + end]) === kind) end += 1;
      if (kind !== 'clear') runs.push(row, start, end, kind === 'opaque' ? 1 : 0);
      start = end;
    }
  }
  return Int32Array.from(runs);
}

function kindOf(alpha: number | undefined): 'clear' | 'mixed' | 'opaque' {
  return alpha === 0 ? 'clear' : alpha === 255 ? 'opaque' : 'mixed';
}

/** A picture of one colour. */
export function plainPicture(widthPx: number, heightPx: number, colour: Yuv): Picture {
  const quarter = (widthPx * heightPx) / 4;
  return {
    widthPx,
    heightPx,
    y: new Uint8Array(widthPx * heightPx).fill(colour.y),
    u: new Uint8Array(quarter).fill(colour.u),
    v: new Uint8Array(quarter).fill(colour.v),
  };
}
