/**
 * A number painted into a picture as black and white cells, so large that it survives coding and scaling: what time a picture was given to the camera is
 * then read where it is shown. Three rows of 16 cells over the middle of the picture: the number, its inverse, and it again with every second bit
 * turned; a reading counts only when all three agree, so a picture in which two numbers are mixed gives none.
 */

/** I420: the Y plane first. */
export interface LumaPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export const timeCodeRange = 0x1_0000;

const bits = 16;
const rowMasks = [0, 0xffff, 0xaaaa] as const;
/** Fractions of the picture; at 640x360 each cell is 32x40, whole macroblocks of every codec. */
const leftEdge = 0.1;
const cellWidth = 0.05;
const topEdge = 1 / 3;
const cellHeight = 1 / 9;

const white = 210;
const black = 40;
const middle = (white + black) / 2;
/** A cell nearer to the middle than this is no cell: coding moves a flat cell's mean by 10 at most. */
const leastContrast = 35;

/** @param value 0 to {@link timeCodeRange} - 1 */
export function paintTimeCode(picture: LumaPicture, value: number): void {
  for (const [row, mask] of rowMasks.entries()) {
    const word = value ^ mask;
    for (let column = 0; column < bits; column += 1) {
      const { left, right, top, bottom } = cell(picture, row, column);
      const luma = ((word >> column) & 1) === 1 ? white : black;
      for (let y = top; y < bottom; y += 1) picture.data.fill(luma, y * picture.width + left, y * picture.width + right);
    }
  }
}

/** Undefined where the picture has none that can be trusted. */
export function readTimeCode(picture: LumaPicture): number | undefined {
  let value: number | undefined;
  for (const [row, mask] of rowMasks.entries()) {
    let word = 0;
    for (let column = 0; column < bits; column += 1) {
      const mean = meanOfMiddle(picture, row, column);
      if (Math.abs(mean - middle) < leastContrast) return undefined;
      if (mean > middle) word |= 1 << column;
    }
    const read = word ^ mask;
    if (value !== undefined && value !== read) return undefined;
    value = read;
  }
  return value;
}

function cell({ width, height }: LumaPicture, row: number, column: number): { left: number; right: number; top: number; bottom: number } {
  return {
    left: Math.round(width * (leftEdge + column * cellWidth)),
    right: Math.round(width * (leftEdge + (column + 1) * cellWidth)),
    top: Math.round(height * (topEdge + row * cellHeight)),
    bottom: Math.round(height * (topEdge + (row + 1) * cellHeight)),
  };
}

/** The outer quarter on each side may hold the neighbour's blur. */
function meanOfMiddle(picture: LumaPicture, row: number, column: number): number {
  const { left, right, top, bottom } = cell(picture, row, column);
  const marginX = (right - left) >> 2;
  const marginY = (bottom - top) >> 2;
  let sum = 0;
  let count = 0;
  for (let y = top + marginY; y < bottom - marginY; y += 2) {
    for (let x = left + marginX; x < right - marginX; x += 2) {
      sum += picture.data[y * picture.width + x] ?? 0;
      count += 1;
    }
  }
  return sum / count;
}
