import { expect } from 'chai';
import fc from 'fast-check';
import { fitRectangle, placeTiles, type Rectangle, type Seat, type Size } from '../../layouts/geometry.js';
import { loadLayouts } from '../../layouts/load-layouts.js';
import { parseTemplate, type LayoutTemplate } from '../../layouts/schema.js';

const layouts = loadLayouts();
const hd: Size = { widthPx: 1280, heightPx: 720 };
const upright: Size = { widthPx: 720, heightPx: 1280 };

function layout(name: string): LayoutTemplate {
  const template = layouts.find(name);
  if (template === undefined) throw new Error(`no layout ${name}`);
  return template;
}

const cameras = (count: number): Seat[] => Array.from({ length: count }, (_, index) => ({ id: `p${index}`, screen: false }));
const screen: Seat = { id: 'screen', screen: true };
const rectangles = (name: string, canvas: Size, seats: readonly Seat[]): number[][] =>
  placeTiles(layout(name), canvas, seats).map(({ rectangle: { x, y, width, height } }) => [x, y, width, height]);

describe('placeTiles with the shipped layouts', () => {
  it('copies four 640x360 cameras into 1280x720 unscaled', () => {
    expect(rectangles('grid', hd, cameras(4))).to.deep.equal([[0, 0, 640, 360], [640, 0, 640, 360], [0, 360, 640, 360], [640, 360, 640, 360]]);
  });

  it('sets two side by side and centres the last row of three', () => {
    expect(rectangles('grid', hd, cameras(1))).to.deep.equal([[0, 0, 1280, 720]]);
    expect(rectangles('grid', hd, cameras(2))).to.deep.equal([[0, 180, 640, 360], [640, 180, 640, 360]]);
    expect(rectangles('grid', hd, cameras(3))).to.deep.equal([[0, 0, 640, 360], [640, 0, 640, 360], [320, 360, 640, 360]]);
  });

  it('sets five in rows of three and two', () => {
    expect(rectangles('grid', hd, cameras(5))).to.deep.equal([[0, 120, 426, 240], [426, 120, 426, 240], [852, 120, 426, 240], [214, 360, 426, 240], [640, 360, 426, 240]]);
  });

  it('gives 16 and 49 exact columns and leaves the fiftieth out', () => {
    const sixteen = rectangles('grid', hd, cameras(16));
    expect(sixteen[5]).to.deep.equal([320, 180, 320, 180]);
    expect(sixteen[15]).to.deep.equal([960, 540, 320, 180]);
    const fifty = rectangles('grid', hd, cameras(50));
    expect(fifty).to.have.length(49);
    expect(fifty[0]).to.deep.equal([2, 2, 182, 102]);
    expect(fifty[48]).to.deep.equal([1094, 614, 182, 102]);
  });

  it('stacks people on an upright canvas', () => {
    expect(rectangles('grid', upright, cameras(2))).to.deep.equal([[0, 0, 720, 640], [0, 640, 720, 640]]);
    expect(rectangles('grid', upright, cameras(8))).to.deep.equal([
      [0, 0, 360, 320], [360, 0, 360, 320], [0, 320, 360, 320], [360, 320, 360, 320], [0, 640, 360, 320], [360, 640, 360, 320], [0, 960, 360, 320], [360, 960, 360, 320],
    ]);
  });

  it('fills the canvas with a speaker who is alone, else gives him four fifths', () => {
    expect(rectangles('speaker', hd, cameras(1))).to.deep.equal([[0, 0, 1280, 720]]);
    expect(rectangles('speaker', hd, cameras(3))).to.deep.equal([[0, 0, 1024, 720], [1024, 216, 256, 144], [1024, 360, 256, 144]]);
    expect(rectangles('speaker', hd, cameras(9)).slice(1)).to.deep.equal([[1024, 0, 256, 144], [1024, 144, 256, 144], [1024, 288, 256, 144], [1024, 432, 256, 144], [1024, 576, 256, 144]]);
    expect(rectangles('speaker', upright, cameras(20)).slice(0, 2)).to.deep.equal([[0, 0, 720, 768], [0, 784, 240, 240]]);
  });

  it('letterboxes the screen of a presentation and covers the cameras beside it', () => {
    const tiles = placeTiles(layout('presentation'), hd, [screen, ...cameras(2)]);
    expect(tiles.map(({ seatId, fit, rectangle }) => [seatId, fit, ...Object.values(rectangle) as number[]])).to.deep.equal([
      ['screen', 'letterbox', 0, 0, 1088, 720], ['p0', 'cover', 1088, 252, 192, 108], ['p1', 'cover', 1088, 360, 192, 108],
    ]);
  });

  it('shows one in single, the screen before the speaker', () => {
    const tiles = placeTiles(layout('single'), hd, [screen, ...cameras(5)]);
    expect(tiles).to.deep.equal([{ seatId: 'screen', rectangle: { x: 0, y: 0, width: 1280, height: 720 }, fit: 'letterbox', showName: true }]);
  });

  it('letterboxes a camera that cover would cut to less than half', () => {
    const seats: Seat[] = [9 / 16, 1, 4 / 3, 16 / 9].map((aspectRatio, index) => ({ id: String(index), aspectRatio, screen: false }));
    expect(placeTiles(layout('grid'), hd, seats).map(({ fit }) => fit)).to.deep.equal(['letterbox', 'cover', 'cover', 'cover']);
  });

  it('places nobody when nobody is there', () => {
    for (const name of layouts.names) expect(placeTiles(layout(name), hd, [])).to.deep.equal([]);
  });

  it('refuses a canvas with odd, tiny or broken sides', () => {
    for (const [widthPx, heightPx] of [[1279, 720], [1280, 0], [1280, 14], [0.5, 0.5], [Number.NaN, 720], [Number.POSITIVE_INFINITY, 720]] as const) {
      expect(() => placeTiles(layout('grid'), { widthPx, heightPx }, cameras(1)), `${widthPx}x${heightPx}`).to.throw(RangeError, 'even sides');
    }
  });
});

function expectSound(tiles: readonly Rectangle[], canvas: Size): void {
  for (const { x, y, width, height } of tiles) {
    for (const value of [x, y, width, height]) if (value % 2 !== 0) throw new Error(`odd value ${value}`);
    if (width < 2 || height < 2 || x < 0 || y < 0 || x + width > canvas.widthPx || y + height > canvas.heightPx) throw new Error('outside the canvas');
  }
  tiles.forEach((a, index) => {
    for (const b of tiles.slice(0, index)) {
      if (a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height) throw new Error('tiles overlap');
    }
  });
}

const evenSide = fc.integer({ min: 45, max: 1100 }).map((half) => half * 2);
const anyCanvas = fc.oneof(
  fc.constantFrom(hd, upright, { widthPx: 160, heightPx: 90 }, { widthPx: 90, heightPx: 160 }, { widthPx: 1920, heightPx: 1080 }, { widthPx: 720, heightPx: 720 }),
  fc.record({ widthPx: evenSide, heightPx: evenSide }),
);

describe('placeTiles on any canvas', () => {
  for (const name of layouts.names) {
    it(`keeps ${name} even, inside and disjoint for 1 to 49 seats`, () => {
      fc.assert(
        fc.property(anyCanvas, fc.integer({ min: 1, max: 49 }), fc.boolean(), (canvas, count, shares) => {
          const seats = shares ? [screen, ...cameras(count - 1)] : cameras(count);
          const tiles = placeTiles(layout(name), canvas, seats);
          expectSound(tiles.map(({ rectangle }) => rectangle), canvas);
          expect(tiles.map(({ seatId }) => seatId)).to.deep.equal(seats.slice(0, tiles.length).map(({ id }) => id));
          expect(tiles).to.have.length(Math.min(count, { grid: 49, single: 1 }[name] ?? tiles.length));
          expect(tiles.length).to.be.at.least(Math.min(count, name === 'single' ? 1 : 6));
          const sizes = tiles.slice(name === 'grid' ? 0 : 1).map(({ rectangle: { width, height } }) => `${width}x${height}`);
          expect(new Set(sizes).size).to.be.at.most(1);
        }),
        { numRuns: 150 },
      );
    });
  }

  it('keeps fractions that meet in the template together in pixels, whatever the denominator', () => {
    fc.assert(
      fc.property(anyCanvas, fc.integer({ min: 2, max: 12 }), (canvas, parts) => {
        const regions = Array.from({ length: parts }, (_, index) => ({
          kind: 'seat', id: `r${index}`, area: { left: `${index}/${parts}`, top: 0, width: `1/${parts}`, height: 1 },
        }));
        const tiles = placeTiles(parseTemplate({ name: 'slices', description: 'x', variants: [{ regions }] }, 'test'), canvas, cameras(parts));
        expectSound(tiles.map(({ rectangle }) => rectangle), canvas);
        expect(tiles.reduce((sum, { rectangle }) => sum + rectangle.width, 0)).to.equal(canvas.widthPx);
      }),
    );
  });

  it('keeps gaps and margins, which are fractions of the shorter side', () => {
    const regions = [{ kind: 'grid', id: 'all', area: { left: 0, top: 0, width: 1, height: 1 }, margin: 0.05, gap: 0.025, maxTiles: 4, tileAspectRatio: { min: '4/3', max: '16/9' } }];
    const tiles = placeTiles(parseTemplate({ name: 'airy', description: 'x', variants: [{ regions }] }, 'test'), hd, cameras(4));
    // Margin 36, gap 18 of 720: cells of 594x314 take tiles of 16:9 (558x314).
    expect(tiles.map(({ rectangle }) => Object.values(rectangle) as number[])).to.deep.equal([[72, 36, 558, 314], [648, 36, 558, 314], [72, 368, 558, 314], [648, 368, 558, 314]]);
  });

  it('shows fewer rather than none where the canvas is too small for all', () => {
    const tiles = placeTiles(layout('grid'), { widthPx: 16, heightPx: 16 }, cameras(49));
    expectSound(tiles.map(({ rectangle }) => rectangle), { widthPx: 16, heightPx: 16 });
    expect(tiles.length).to.be.greaterThan(8);
  });
});

describe('fitRectangle', () => {
  const tile: Rectangle = { x: 640, y: 360, width: 640, height: 360 };

  it('leaves equal sizes alone', () => {
    for (const fit of ['cover', 'letterbox'] as const) {
      expect(fitRectangle({ widthPx: 640, heightPx: 360 }, tile, fit)).to.deep.equal({ crop: { x: 0, y: 0, width: 640, height: 360 }, destination: tile });
    }
  });

  it('cuts 4:3 and an upright picture to the tile', () => {
    expect(fitRectangle({ widthPx: 640, heightPx: 480 }, tile, 'cover')).to.deep.equal({ crop: { x: 0, y: 60, width: 640, height: 360 }, destination: tile });
    expect(fitRectangle({ widthPx: 360, heightPx: 640 }, tile, 'cover')).to.deep.equal({ crop: { x: 0, y: 218, width: 360, height: 202 }, destination: tile });
    expect(fitRectangle({ widthPx: 1280, heightPx: 720 }, { x: 0, y: 0, width: 1024, height: 720 }, 'cover').crop).to.deep.equal({ x: 128, y: 0, width: 1024, height: 720 });
  });

  it('sets bars beside what it letterboxes', () => {
    expect(fitRectangle({ widthPx: 480, heightPx: 640 }, tile, 'letterbox')).to.deep.equal({ crop: { x: 0, y: 0, width: 480, height: 640 }, destination: { x: 824, y: 360, width: 270, height: 360 } });
    expect(fitRectangle({ widthPx: 1920, heightPx: 1080 }, { x: 0, y: 0, width: 1088, height: 720 }, 'letterbox').destination).to.deep.equal({ x: 0, y: 54, width: 1088, height: 612 });
  });

  it('drops the odd row and column of an odd source', () => {
    expect(fitRectangle({ widthPx: 641, heightPx: 361 }, tile, 'letterbox').crop).to.deep.equal({ x: 0, y: 0, width: 640, height: 360 });
  });

  it('draws nothing of a source below two pixels', () => {
    expect(fitRectangle({ widthPx: 1, heightPx: 500 }, tile, 'cover').crop).to.deep.equal({ x: 0, y: 0, width: 0, height: 0 });
  });

  it('stays even and inside for any source and target', () => {
    const half = fc.integer({ min: 1, max: 900 });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5000 }), fc.integer({ min: 2, max: 5000 }), half, half, fc.constantFrom('cover' as const, 'letterbox' as const), (widthPx, heightPx, w, h, fit) => {
        const target: Rectangle = { x: 10, y: 20, width: w * 2, height: h * 2 };
        const { crop, destination } = fitRectangle({ widthPx, heightPx }, target, fit);
        expectSound([crop], { widthPx, heightPx });
        expectSound([{ ...destination, x: destination.x - target.x, y: destination.y - target.y }], { widthPx: target.width, heightPx: target.height });
        // One direction always fills its whole: the picture is as large as it can be.
        if (fit === 'letterbox') expect(destination.width === target.width || destination.height === target.height).to.equal(true);
        else expect(crop.width >= widthPx - 1 || crop.height >= heightPx - 1).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });
});
