import { expect } from 'chai';
import fc from 'fast-check';
import { renderNameLabel, type NameLabel } from '../../../../mixer/video/lettering/name-label.js';

const tile = { tileWidthPx: 640, tileHeightPx: 360 };
/** Pixels of the text: near white on a pill that is near black. */
const brightPixels = (label: NameLabel): number => label.y.filter((y, index) => y > 180 && (label.alpha[index] ?? 0) > 200).length;
const column = (label: NameLabel, x: number): number[] => Array.from({ length: label.heightPx }, (_, row) => label.y[row * label.widthPx + x] ?? 0);

describe('renderNameLabel', () => {
  it('makes a dark translucent pill with rounded corners and white text', () => {
    const label = renderNameLabel({ name: 'Ann Lee', ...tile });
    expect([label.heightPx, label.offsetXPx, label.offsetYPx]).to.deep.equal([28, 6, 326]);
    expect(label.widthPx).to.be.within(70, 100);
    expect(label.alpha[0], 'corner').to.be.below(60);
    const ground = 14 * label.widthPx + 3;
    expect(label.alpha[ground]).to.equal(184);
    expect(label.y[ground]).to.be.below(50);
    expect(brightPixels(label)).to.be.above(100);
    expect(Math.max(...label.y)).to.equal(235);
  });

  it('grows with the tile', () => {
    const heights = [102, 180, 360, 720].map((tileHeightPx) => renderNameLabel({ name: 'Ann', tileWidthPx: 1280, tileHeightPx }).heightPx);
    expect(heights).to.deep.equal([18, 18, 28, 52]);
  });

  it('ends a name that is too long with an ellipsis within the tile', () => {
    const label = renderNameLabel({ name: 'A very long name that cannot fit', tileWidthPx: 160, tileHeightPx: 90 });
    const start = renderNameLabel({ name: 'A very long name', tileWidthPx: 160, tileHeightPx: 90 });
    expect(label.widthPx + 2 * label.offsetXPx).to.be.at.most(160);
    expect(label.widthPx).to.be.above(100);
    // The same beginning, so it was cut and not squeezed.
    expect(column(label, 12)).to.deep.equal(column(start, 12));
    const unfinished = renderNameLabel({ name: 'wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww', tileWidthPx: 160, tileHeightPx: 90 });
    const lastColumns = Array.from({ length: 6 }, (_, index) => column(unfinished, unfinished.widthPx - 9 - index)).flat();
    expect(Math.max(...lastColumns), 'the dots').to.be.above(150);
  });

  it('puts the ellipsis of a right-to-left name at its left', () => {
    const label = renderNameLabel({ name: 'שלום '.repeat(12), tileWidthPx: 160, tileHeightPx: 90 });
    const inkHeight = (x: number): number => column(label, x).filter((y) => y > 100).length;
    const left = Array.from({ length: 5 }, (_, index) => inkHeight(7 + index));
    // Dots only: at most three bright pixels in a column, and some.
    expect(Math.max(...left)).to.be.within(1, 3);
  });

  it('adds a red microphone when muted, even without a name', () => {
    const plain = renderNameLabel({ name: 'Ann', ...tile });
    const muted = renderNameLabel({ name: 'Ann', ...tile, muted: true });
    expect(muted.widthPx).to.be.within(plain.widthPx + 14, plain.widthPx + 22);
    expect(Math.max(...plain.v)).to.be.below(140);
    expect(Math.max(...muted.v)).to.be.above(170);
    expect(Math.max(...renderNameLabel({ name: '', ...tile, muted: true }).v)).to.be.above(170);
  });

  it('draws emoji in several colours', () => {
    const colours = (name: string): number => {
      const { u, v } = renderNameLabel({ name, ...tile });
      return new Set(Array.from(u, (value, index) => `${value >> 4},${(v[index] ?? 0) >> 4}`)).size;
    };
    expect(colours('Ann')).to.be.at.most(3);
    expect(colours('🦊🇩🇪🌈')).to.be.above(10);
    // ❤ exists in the Chinese font too, as a plain letter: the variation selector must win.
    expect(Math.max(...renderNameLabel({ name: '王❤️', ...tile }).v)).to.be.above(190);
  });

  it('keeps Arabic tails within the pill', () => {
    const label = renderNameLabel({ name: 'علي', ...tile });
    const rowBright = (row: number): number => label.y.subarray(row * label.widthPx, (row + 1) * label.widthPx).filter((y) => y > 120).length;
    expect(rowBright(label.heightPx - 1)).to.equal(0);
    expect(rowBright(label.heightPx - 3) + rowBright(label.heightPx - 2)).to.be.above(0);
  });

  it('is nothing where nothing can be said', () => {
    for (const options of [{ name: '', ...tile }, { name: '\u202e\u200b\n', ...tile }, { name: 'Ann', tileWidthPx: 30, tileHeightPx: 90 }, { name: 'Ann', tileWidthPx: 160, tileHeightPx: 20 }]) {
      const label = renderNameLabel(options);
      expect([label.widthPx, label.heightPx, label.y.length, label.lumaRuns.length]).to.deep.equal([0, 0, 0, 0]);
    }
  });

  it('fits its tile, with even sides, for any name in any tile', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ unit: 'grapheme-ascii', maxLength: 2000 })), fc.integer({ min: 1, max: 640 }), fc.integer({ min: 1, max: 360 }), fc.boolean(), (name, halfWidth, halfHeight, muted) => {
        const label = renderNameLabel({ name, tileWidthPx: halfWidth * 2, tileHeightPx: halfHeight * 2, muted });
        expect([label.widthPx, label.heightPx, label.offsetXPx, label.offsetYPx].every((value) => value % 2 === 0 && value >= 0)).to.equal(true);
        expect(label.offsetXPx + label.widthPx).to.be.at.most(halfWidth * 2);
        expect(label.offsetYPx + label.heightPx).to.be.at.most(halfHeight * 2);
        expect([label.y.length, label.alpha.length, label.u.length * 4, label.v.length * 4, label.alphaChroma.length * 4]).to.deep.equal(new Array(5).fill(label.widthPx * label.heightPx));
      }),
      { numRuns: 60 },
    );
  });
});
