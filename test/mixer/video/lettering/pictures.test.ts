import { expect } from 'chai';
import { toOverlay, toYuv } from '../../../../mixer/video/lettering/pictures.js';

describe('toYuv', () => {
  // ITU-R BT.601, 8 bit, limited range: the colour bars at 100 %.
  const bars: Record<string, [[number, number, number], [number, number, number]]> = {
    black: [[0, 0, 0], [16, 128, 128]], white: [[255, 255, 255], [235, 128, 128]], red: [[255, 0, 0], [81, 90, 240]], green: [[0, 255, 0], [145, 54, 34]], blue: [[0, 0, 255], [41, 240, 110]],
    yellow: [[255, 255, 0], [210, 16, 146]], cyan: [[0, 255, 255], [170, 166, 16]], magenta: [[255, 0, 255], [106, 202, 222]],
  };
  for (const [name, [rgb, [y, u, v]]] of Object.entries(bars)) {
    it(`makes ${name} what the standard says`, () => {
      const made = toYuv(rgb);
      expect(made.y).to.be.closeTo(y, 1);
      expect(made.u).to.be.closeTo(u, 1);
      expect(made.v).to.be.closeTo(v, 1);
    });
  }
});

describe('toOverlay', () => {
  it('weighs chroma by alpha, so that hidden black does not darken an edge', () => {
    const red = [255, 0, 0, 255];
    const hidden = [0, 0, 0, 0];
    const { u, v, alphaChroma } = toOverlay(Uint8ClampedArray.from([...red, ...hidden, ...hidden, ...hidden]), 2, 2);
    const pure = toYuv([255, 0, 0]);
    expect([u[0], v[0], alphaChroma[0]]).to.deep.equal([pure.u, pure.v, 64]);
  });

  it('lists what is to be drawn of each row', () => {
    const alphas = [0, 9, 9, 255, 255, 0, 0, 0, /* second row */ 255, 255, 255, 255, 255, 255, 255, 255];
    const { lumaRuns, chromaRuns } = toOverlay(Uint8ClampedArray.from(alphas.flatMap((alpha) => [0, 0, 0, alpha])), 8, 2);
    expect(Array.from(lumaRuns)).to.deep.equal([0, 1, 3, 0, 0, 3, 5, 1, 1, 0, 8, 1]);
    expect(Array.from(chromaRuns)).to.deep.equal([0, 0, 4, 0]);
  });
});
