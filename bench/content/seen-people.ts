/** Who is seen where in a picture of the room, told by the colours of the prepared people. Pure. */
import type { PreparedPerson } from '../clients/media-recipes.js';

/** Small enough that each of its pixels is one block of the real picture. */
export interface SmallPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  /** 8 bits each of red, green and blue. */
  readonly rgb: Uint8Array;
}

/** Fractions of the picture, from its top left corner. */
export interface SeenRectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface SeenPerson {
  readonly rectangle: SeenRectangle;
  /** How much of the rectangle has his colour, 0 to 1. */
  readonly share: number;
}

/** Between two of the prepared hues it is 0.45 and more; compression stays below it, a block that is half border does not. */
const longestDistance = 0.3;
/** Darker than this a colour has no hue to speak of: empty canvas. */
const darkestLight = 24;
/** Of a row's or column's blocks within the rest: below it the colour is a stray. */
const leastRowShare = 0.2;
const leastPersonShare = 0.01;

/** By index of `people`; undefined for whom the picture does not show. */
export function findPeople({ widthPx, heightPx, rgb }: SmallPicture, people: readonly PreparedPerson[]): readonly (SeenPerson | undefined)[] {
  const tallies = people.map(() => ({ total: 0, rows: new Array<number>(heightPx).fill(0), columns: new Array<number>(widthPx).fill(0) }));
  for (let block = 0; block < widthPx * heightPx; block++) {
    const owner = findOwner(rgb, block * 3, people);
    const tally = owner === undefined ? undefined : tallies[owner];
    if (tally === undefined) continue;
    const [x, y] = [block % widthPx, Math.floor(block / widthPx)];
    tally.total += 1;
    tally.rows[y] = (tally.rows[y] ?? 0) + 1;
    tally.columns[x] = (tally.columns[x] ?? 0) + 1;
  }
  return tallies.map(({ total, rows, columns }) => {
    if (total < widthPx * heightPx * leastPersonShare) return undefined;
    const [top, bottom] = extent(rows, total);
    const [left, right] = extent(columns, total);
    const share = total / ((bottom - top) * (right - left));
    return { share: Math.min(1, share), rectangle: { left: left / widthPx, top: top / heightPx, width: (right - left) / widthPx, height: (bottom - top) / heightPx } };
  });
}

/** First and one past the last that hold enough. */
function extent(counts: readonly number[], total: number): readonly [number, number] {
  const least = (total / counts.length) * leastRowShare;
  return [counts.findIndex((count) => count > least), counts.findLastIndex((count) => count > least) + 1];
}

/** Compared without brightness: each person's picture has a lighter and a darker shade of one hue. */
function findOwner(rgb: Uint8Array, at: number, people: readonly PreparedPerson[]): number | undefined {
  const color = [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0] as const;
  const light = Math.max(...color);
  if (light < darkestLight) return undefined;
  let owner: number | undefined;
  let nearest = longestDistance;
  for (const [person, { color: own }] of people.entries()) {
    const ownLight = Math.max(...own);
    const distance = Math.hypot(...color.map((value, channel) => value / light - (own[channel] ?? 0) / ownLight));
    if (distance >= nearest) continue;
    nearest = distance;
    owner = person;
  }
  return owner;
}
