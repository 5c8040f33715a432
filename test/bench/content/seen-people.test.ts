import { expect } from 'chai';
import { preparedPeople } from '../../../bench/clients/media-recipes.js';
import { findPeople, type SmallPicture } from '../../../bench/content/seen-people.js';

type Rgb = readonly [red: number, green: number, blue: number];

const widthPx = 80;
const heightPx = 45;

/** @param colorAt of each block. */
function paint(colorAt: (x: number, y: number) => Rgb): SmallPicture {
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < heightPx; y++) for (let x = 0; x < widthPx; x++) rgb.set(colorAt(x, y), (y * widthPx + x) * 3);
  return { widthPx, heightPx, rgb };
}

function shade(color: Rgb, light: number): Rgb {
  return color.map((value) => Math.round(value * light)) as unknown as Rgb;
}

const [red, green, blue, amber] = preparedPeople.map(({ color }) => color);
const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];

describe('findPeople', () => {
  it('finds each person of a grid in his rectangle, in light and dark shades alike', () => {
    const picture = paint((x, y) => {
      const color = (y < 20 ? (x < 40 ? red : green) : x < 40 ? blue : amber)!;
      return x % 40 < 5 && y % 20 < 5 ? white : shade(color, (x + y) % 3 === 0 ? 0.32 : 1);
    });
    // Without the grey one: the white corners would be his.
    const found = findPeople(picture, preparedPeople.slice(0, 6));
    expect(found.slice(0, 4).map((seen) => seen?.rectangle)).to.deep.equal([
      { left: 0, top: 0, width: 0.5, height: 20 / 45 },
      { left: 0.5, top: 0, width: 0.5, height: 20 / 45 },
      { left: 0, top: 20 / 45, width: 0.5, height: 25 / 45 },
      { left: 0.5, top: 20 / 45, width: 0.5, height: 25 / 45 },
    ]);
    expect(found.slice(4)).to.deep.equal([undefined, undefined]);
    for (const seen of found.slice(0, 4)) expect(seen?.share).to.be.within(0.9, 1);
  });

  it('sees nobody on an empty canvas, in white, nor in a stray block', () => {
    const people = preparedPeople.slice(0, 4);
    expect(findPeople(paint(() => black), people)).to.deep.equal([undefined, undefined, undefined, undefined]);
    expect(findPeople(paint(() => white), people)).to.deep.equal([undefined, undefined, undefined, undefined]);
    expect(findPeople(paint((x, y) => (x === 3 && y === 3 ? red! : black)), people)[0]).to.equal(undefined);
  });

  it('tells how much of the rectangle is his', () => {
    const picture = paint((x, y) => (x < 40 && y < 20 && (x + y) % 2 === 0 ? red! : black));
    expect(findPeople(picture, preparedPeople)[0]?.share).to.be.closeTo(0.5, 0.02);
  });
});
