// Who sits where, in pixels. Pure: template + canvas + seats in, rectangles out.
import type { Fit, GridRegion, LayoutRegion, LayoutTemplate, LayoutVariant } from './schema.js';

/** One picture that wants a place. Seats come ordered by importance: screens first, then the speaker order. */
export interface Seat {
  readonly id: string;
  /** Width by height of what it sends, when known. */
  readonly aspectRatio?: number;
  /** A shared screen, not a camera. */
  readonly screen: boolean;
}

/** Pixels from the canvas's top left corner. Every value is even: 4:2:0 has one chroma sample for 2x2 pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface PlacedTile {
  readonly seatId: string;
  readonly rectangle: Rectangle;
  readonly fit: Fit;
  readonly showName: boolean;
}

/** The smallest rectangle that 4:2:0 can hold: one chroma sample. */
const smallestSidePx = 2;

/** Below this no shipped layout keeps its regions apart; it also catches a canvas given in fractions by mistake. */
const smallestCanvasSidePx = 16;

/** Lifts 62.99999999999999 (90 * 0.7) to the 63 that was meant before rounding, so that neighbours round alike. */
const roundingSlack = 1e-9;

const roundEven = (value: number): number => 2 * Math.round(value / 2 + roundingSlack);
const floorEven = (value: number): number => 2 * Math.floor(value / 2 + roundingSlack);

/**
 * Places the seats that the template shows, in the order given; the others get no tile. Rectangles are even, disjoint and inside the
 * canvas; the tiles of a grid are equal to the pixel.
 * @param canvas even whole pixels, at least 16x16
 * @throws {RangeError} for any other canvas
 */
export function placeTiles(template: LayoutTemplate, canvas: Size, seats: readonly Seat[]): readonly PlacedTile[] {
  for (const sidePx of [canvas.widthPx, canvas.heightPx]) {
    if (sidePx % 2 !== 0 || sidePx < smallestCanvasSidePx) {
      throw new RangeError(`A canvas has even sides of at least ${smallestCanvasSidePx} px, not ${canvas.widthPx}x${canvas.heightPx}.`);
    }
  }
  if (seats.length === 0) return [];
  const tiles: PlacedTile[] = [];
  let next = 0;
  for (const region of chooseVariant(template, canvas, seats.length).regions) {
    const area = toPixels(region, canvas);
    if (area === undefined) continue;
    const rectangles = region.kind === 'seat' ? [area] : gridRectangles(region, area, canvas, seats.length - next);
    for (const rectangle of rectangles) {
      const seat = seats[next];
      if (seat === undefined) return tiles;
      next += 1;
      tiles.push({ seatId: seat.id, rectangle, fit: chooseFit(region, seat, rectangle), showName: region.showName });
    }
  }
  return tiles;
}

function chooseVariant(template: LayoutTemplate, canvas: Size, seatCount: number): LayoutVariant {
  const orientation = canvas.heightPx > canvas.widthPx ? 'portrait' : 'landscape';
  const variant = template.variants.find(
    ({ seats, orientation: wanted }) =>
      seatCount >= (seats?.min ?? 1) && seatCount <= (seats?.max ?? Number.POSITIVE_INFINITY) && (wanted ?? orientation) === orientation,
  );
  if (variant === undefined) throw new Error(`Layout ${template.name} has no variant for ${seatCount} seats: it was not checked by parseTemplate.`);
  return variant;
}

/** Edges are rounded, not sizes: two areas that meet in the template meet in pixels. `undefined`: the area is too thin for a pixel. */
function toPixels({ area, margin }: LayoutRegion, canvas: Size): Rectangle | undefined {
  const marginPx = roundEven(margin * Math.min(canvas.widthPx, canvas.heightPx));
  const x = roundEven(area.left * canvas.widthPx) + marginPx;
  const y = roundEven(area.top * canvas.heightPx) + marginPx;
  const width = roundEven((area.left + area.width) * canvas.widthPx) - marginPx - x;
  const height = roundEven((area.top + area.height) * canvas.heightPx) - marginPx - y;
  return width < smallestSidePx || height < smallestSidePx ? undefined : { x, y, width, height };
}

function gridRectangles(region: GridRegion, area: Rectangle, canvas: Size, seatCount: number): Rectangle[] {
  const gapPx = roundEven(region.gap * Math.min(canvas.widthPx, canvas.heightPx));
  // An area that cannot hold them all shows fewer: the people at the end of the order give way.
  for (let count = Math.min(seatCount, region.maxTiles); count > 0; count -= 1) {
    const grid = largestGrid(region, area, gapPx, count);
    if (grid !== undefined) return fillGrid(grid, area, gapPx, count);
  }
  return [];
}

interface Grid {
  readonly columns: number;
  readonly holes: number;
  readonly width: number;
  readonly height: number;
}

function largestGrid(region: GridRegion, area: Rectangle, gapPx: number, count: number): Grid | undefined {
  let best: Grid | undefined;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const cellWidth = floorEven((area.width - gapPx * (columns - 1)) / columns);
    const cellHeight = floorEven((area.height - gapPx * (rows - 1)) / rows);
    const width = Math.min(cellWidth, roundEven(cellHeight * region.tileAspectRatio.max));
    const height = Math.min(cellHeight, roundEven(width / region.tileAspectRatio.min));
    if (width < smallestSidePx || height < smallestSidePx) continue;
    const holes = columns * rows - count;
    const gain = best === undefined ? 1 : width * height - best.width * best.height;
    // Of equals the fuller grid wins, then the wider one: two people sit side by side, not one above the other.
    if (gain > 0 || (gain === 0 && best !== undefined && holes <= best.holes)) best = { columns, holes, width, height };
  }
  return best;
}

function fillGrid({ columns, width, height }: Grid, area: Rectangle, gapPx: number, count: number): Rectangle[] {
  const rows = Math.ceil(count / columns);
  const top = area.y + floorEven((area.height - rows * height - (rows - 1) * gapPx) / 2);
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = area.x + floorEven((area.width - inRow * width - (inRow - 1) * gapPx) / 2);
    return { x: left + (index % columns) * (width + gapPx), y: top + row * (height + gapPx), width, height };
  });
}

function chooseFit(region: LayoutRegion, seat: Seat, tile: Rectangle): Fit {
  const fit = seat.screen ? region.fit.screen : region.fit.camera;
  if (fit === 'letterbox' || seat.aspectRatio === undefined) return fit;
  const change = seat.aspectRatio / (tile.width / tile.height);
  return Math.min(change, 1 / change) < region.minVisible ? 'letterbox' : 'cover';
}

/** What to take from the source and where on the canvas to put it. Both even, both inside their picture. */
export interface FittedPicture {
  readonly crop: Rectangle;
  readonly destination: Rectangle;
}

/**
 * `cover` cuts the source's longer sides to the target's shape, `letterbox` shrinks the target to the source's shape; both stay centred.
 * A source narrower or lower than 2 px gives a crop of size 0: there is nothing to draw.
 * @param target even, at least 2x2
 */
export function fitRectangle(source: Size, target: Rectangle, fit: Fit): FittedPicture {
  const whole: Rectangle = { x: 0, y: 0, width: floorEven(source.widthPx), height: floorEven(source.heightPx) };
  if (whole.width < smallestSidePx || whole.height < smallestSidePx) return { crop: { x: 0, y: 0, width: 0, height: 0 }, destination: target };
  return fit === 'cover' ? { crop: centre(whole, target), destination: target } : { crop: whole, destination: centre(target, whole) };
}

/** The largest rectangle of `shape`'s aspect ratio in the middle of `outer`. */
function centre(outer: Rectangle, shape: Rectangle): Rectangle {
  const width = evenWithin((outer.height * shape.width) / shape.height, outer.width);
  const height = evenWithin((outer.width * shape.height) / shape.width, outer.height);
  return { x: outer.x + floorEven((outer.width - width) / 2), y: outer.y + floorEven((outer.height - height) / 2), width, height };
}

function evenWithin(value: number, most: number): number {
  return Math.min(most, Math.max(smallestSidePx, roundEven(value)));
}
