import { expect } from 'chai';
import { blendOverlay } from '../../../../mixer/video/lettering/blend-overlay.js';
import { toOverlay, toYuv, type Overlay } from '../../../../mixer/video/lettering/pictures.js';

const strides: [number, number, number] = [24, 14, 14];
const frame = (value: number): { data: [Uint8Array, Uint8Array, Uint8Array]; linesize: [number, number, number] } => ({
  data: [new Uint8Array(24 * 8).fill(value), new Uint8Array(14 * 4).fill(value), new Uint8Array(14 * 4).fill(value)], linesize: strides,
});
const plain = (widthPx: number, heightPx: number, rgba: readonly number[]): Overlay => toOverlay(Uint8ClampedArray.from({ length: widthPx * heightPx * 4 }, (_, index) => rgba[index % 4] ?? 0), widthPx, heightPx);
const row = (plane: Uint8Array, stride: number, index: number): number[] => Array.from(plane.subarray(index * stride, (index + 1) * stride));

describe('blendOverlay', () => {
  it('copies what is opaque to its place and nowhere else', () => {
    const target = frame(90);
    blendOverlay(target, 4, 2, plain(6, 2, [255, 0, 0, 255]));
    const { y, u, v } = toYuv([255, 0, 0]);
    const lumaRow = [90, 90, 90, 90, y, y, y, y, y, y, ...new Array<number>(14).fill(90)];
    for (let index = 0; index < 8; index += 1) expect(row(target.data[0], 24, index)).to.deep.equal(index === 2 || index === 3 ? lumaRow : new Array(24).fill(90));
    for (const [plane, value] of [[1, u], [2, v]] as const) {
      for (let index = 0; index < 4; index += 1) expect(row(target.data[plane], 14, index)).to.deep.equal(index === 1 ? [90, 90, value, value, value, ...new Array<number>(9).fill(90)] : new Array(14).fill(90));
    }
  });

  it('leaves the frame alone where the overlay is transparent', () => {
    const target = frame(77);
    const overlay = plain(8, 4, [255, 255, 255, 0]);
    expect([overlay.lumaRuns.length, overlay.chromaRuns.length]).to.deep.equal([0, 0]);
    blendOverlay(target, 0, 0, overlay);
    expect(target.data.every((plane) => plane.every((value) => value === 77))).to.equal(true);
  });

  it('mixes to the mean within half a step and a hair, and exactly where both are equal', () => {
    const target = frame(0);
    for (let alpha = 1; alpha < 255; alpha += 3) {
      for (let grey = 0; grey < 256; grey += 15) {
        const overlay = plain(2, 2, [grey, grey, grey, alpha]);
        for (let under = 0; under < 256; under += 15) {
          target.data[0][0] = under;
          blendOverlay(target, 0, 0, overlay);
          const over = overlay.y[0] ?? 0;
          expect(Math.abs(target.data[0][0] - (under + ((over - under) * alpha) / 255))).to.be.below(over === under ? 1e-9 : 0.505);
        }
      }
    }
  });

  it('mixes transparent, translucent and opaque pixels of one row', () => {
    const alphas = [0, 0, 128, 128, 255, 255, 255, 0];
    const rgba = Uint8ClampedArray.from({ length: 8 * 2 * 4 }, (_, index) => (index % 4 === 3 ? (alphas[((index - 3) / 4) % 8] ?? 0) : 255));
    const target = frame(16);
    blendOverlay(target, 2, 0, toOverlay(rgba, 8, 2));
    expect(row(target.data[0], 24, 0).slice(0, 12)).to.deep.equal([16, 16, 16, 16, 126, 126, 235, 235, 235, 16, 16, 16]);
    // Chroma of white is 128; the half-covered last sample is mixed by half.
    expect(row(target.data[1], 14, 0).slice(0, 6)).to.deep.equal([16, 16, 72, 128, 72, 16]);
  });

  it('does nothing for an empty overlay', () => {
    const target = frame(5);
    blendOverlay(target, 0, 0, plain(0, 0, []));
    expect(target.data[0].every((value) => value === 5)).to.equal(true);
  });

  it('refuses odd places and places beyond the frame', () => {
    const overlay = plain(6, 4, [1, 2, 3, 200]);
    for (const [x, y] of [[1, 0], [0, 1], [-2, 0], [0, -2], [20, 0], [0, 6], [Number.NaN, 0]] as const) {
      expect(() => blendOverlay(frame(0), x, y, overlay), `${x},${y}`).to.throw(RangeError);
    }
    blendOverlay(frame(0), 18, 4, overlay);
  });
});
