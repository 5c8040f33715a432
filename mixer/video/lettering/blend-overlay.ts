// Lays an overlay onto a frame of the canvas, for each tile of each frame. A label of 160x24 takes 10 to 20 us.
import type { Overlay } from './pictures.js';

/** An I420 frame as FFmpeg holds it: planes with padding at each row's end. */
export interface BlendTarget {
  readonly data: readonly [Uint8Array, Uint8Array, Uint8Array];
  /** Bytes from row to row, for each plane. */
  readonly linesize: readonly [number, number, number];
}

/**
 * Blends in place.
 * @param x even; the overlay's left edge in the frame
 * @param y even
 * @throws {RangeError} for an odd position, and where the overlay would leave the planes
 */
export function blendOverlay({ data, linesize }: BlendTarget, x: number, y: number, overlay: Overlay): void {
  const [lumaStride, uStride, vStride] = linesize;
  if (x % 2 !== 0 || y % 2 !== 0 || x < 0 || y < 0 || x + overlay.widthPx > lumaStride || (y + overlay.heightPx - 1) * lumaStride + x + overlay.widthPx > data[0].length) {
    throw new RangeError(`An overlay of ${overlay.widthPx}x${overlay.heightPx} cannot lie at ${x},${y} of this frame.`);
  }
  const chromaX = x / 2;
  const chromaY = y / 2;
  const chromaWidth = overlay.widthPx / 2;
  blendPlane(data[0], y * lumaStride + x, lumaStride, overlay.y, overlay.alpha, overlay.widthPx, overlay.lumaRuns);
  blendPlane(data[1], chromaY * uStride + chromaX, uStride, overlay.u, overlay.alphaChroma, chromaWidth, overlay.chromaRuns);
  blendPlane(data[2], chromaY * vStride + chromaX, vStride, overlay.v, overlay.alphaChroma, chromaWidth, overlay.chromaRuns);
}

function blendPlane(target: Uint8Array, origin: number, stride: number, source: Uint8Array, alpha: Uint8Array, width: number, runs: Int32Array): void {
  for (let run = 0; run < runs.length; run += 4) {
    const row = runs[run] ?? 0;
    let from = row * width + (runs[run + 1] ?? 0);
    const end = row * width + (runs[run + 2] ?? 0);
    let to = origin + row * stride + (runs[run + 1] ?? 0);
    if (runs[run + 3] === 1) {
      // The view is an allocation, but copying byte by byte costs four times as much.
      target.set(source.subarray(from, end), to);
      continue;
    }
    for (; from < end; from += 1, to += 1) {
      const under = target[to] ?? 0;
      // 257/65536 for 1/255: at most 0.004 off, and exact where alpha is 255 or both are equal.
      target[to] = under + ((((source[from] ?? 0) - under) * (alpha[from] ?? 0) * 257 + 32768) >> 16);
    }
  }
}
