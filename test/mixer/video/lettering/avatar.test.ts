import { expect } from 'chai';
import { renderAvatar } from '../../../../mixer/video/lettering/avatar.js';
import type { Picture } from '../../../../mixer/video/lettering/pictures.js';

const tile = { widthPx: 640, heightPx: 360 };
const lumaAt = ({ y, widthPx }: Picture, x: number, row: number): number => y[row * widthPx + x] ?? 0;
const chromaAt = ({ u, v, widthPx }: Picture, x: number, row: number): string => {
  const index = (row >> 1) * (widthPx / 2) + (x >> 1);
  return `${u[index] ?? 0},${v[index] ?? 0}`;
};
const whitePixels = ({ y }: Picture): number => y.filter((value) => value > 200).length;

describe('renderAvatar', () => {
  it('sets a coloured circle with white initials in the middle of a calm ground', () => {
    const picture = renderAvatar({ name: 'Ann Lee', seed: 'p1', ...tile });
    expect([picture.y.length, picture.u.length, picture.v.length]).to.deep.equal([640 * 360, 320 * 180, 320 * 180]);
    for (const [x, row] of [[0, 0], [639, 359], [320, 50], [200, 180]] as const) expect([lumaAt(picture, x, row), chromaAt(picture, x, row)]).to.deep.equal([48, '132,126']);
    // 46 % of 360 is a circle of 166 px: its rim lies 83 px from the middle.
    for (const [x, row] of [[320, 105], [320, 254], [242, 180], [397, 180]] as const) expect(chromaAt(picture, x, row)).to.not.equal('132,126');
    const white = Array.from(picture.y.keys()).filter((index) => (picture.y[index] ?? 0) > 200);
    const meanX = white.reduce((total, index) => total + (index % 640), 0) / white.length;
    const rows = white.map((index) => Math.floor(index / 640));
    expect(white.length).to.be.above(500);
    expect(meanX).to.be.within(310, 330);
    expect((Math.min(...rows) + Math.max(...rows)) / 2).to.be.within(178, 182);
  });

  it('gives a seed its colour, and different ones mostly different colours', () => {
    const colour = (seed: string): string => chromaAt(renderAvatar({ name: 'A', seed, ...tile }), 320, 106);
    expect(colour('p1')).to.equal(colour('p1'));
    expect(new Set(Array.from({ length: 30 }, (_, index) => colour(`participant-${index}`))).size).to.be.above(7);
  });

  it('keeps white readable on every colour', () => {
    for (let index = 0; index < 40; index += 1) {
      const picture = renderAvatar({ name: '', seed: String(index), ...tile });
      // Luma 16..127: the darker half, a contrast above 4.5 against white.
      expect(lumaAt(picture, 320, 100 + 2)).to.be.within(40, 127);
    }
  });

  it('draws a person for a name without anything readable', () => {
    const person = renderAvatar({ name: '\u200b', seed: 'x', ...tile });
    expect(whitePixels(person)).to.be.above(5000);
    expect(lumaAt(person, 320, 164), 'head').to.equal(235);
  });

  it('draws an emoji in its colours', () => {
    const fox = renderAvatar({ name: '🦊 Fox', seed: 'x', ...tile });
    expect(Math.max(...fox.v)).to.be.above(170);
  });

  it('shrinks wide initials into the circle', () => {
    for (const name of ['Ww Mm', 'ЩЩ ЩЩ', '👩‍👩‍👧‍👦']) {
      const picture = renderAvatar({ name, seed: 'x', ...tile });
      const columns = Array.from(picture.y.keys()).filter((index) => (picture.y[index] ?? 0) > 200).map((index) => index % 640);
      expect(Math.min(...columns), name).to.be.above(320 - 70);
      expect(Math.max(...columns), name).to.be.below(320 + 70);
    }
  });

  it('fills any even size, down to a plain ground', () => {
    for (const [widthPx, heightPx] of [[2, 2], [22, 12], [160, 90], [90, 160], [1280, 720]] as const) {
      const picture = renderAvatar({ name: 'Ann', seed: 'x', widthPx, heightPx });
      expect(picture.y.length).to.equal(widthPx * heightPx);
      expect(picture.y[0]).to.equal(48);
      expect(whitePixels(picture) > 0, `${widthPx}x${heightPx}`).to.equal(Math.min(widthPx, heightPx) > 50);
    }
  });
});
