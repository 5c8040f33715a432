import { expect } from 'chai';
import { bitrateFor, needOfTile } from '../../../src/room/picture-need.js';

const rectangle = (width: number, height: number): { readonly x: number; readonly y: number; readonly width: number; readonly height: number } => ({ x: 0, y: 0, width, height });

describe('needOfTile', () => {
  it('is the tile, for a picture of its shape or of one that is not known yet', () => {
    for (const aspectRatio of [16 / 9, undefined]) {
      for (const fit of ['cover', 'letterbox'] as const) {
        expect(needOfTile({ rectangle: rectangle(640, 360), fit, source: 'camera' }, 30, aspectRatio)).to.include({ widthPx: 640, heightPx: 360, fps: 30 });
      }
    }
  });

  it('is more than the tile where its sides are cut off', () => {
    const need = (width: number, height: number, aspectRatio: number): unknown => needOfTile({ rectangle: rectangle(width, height), fit: 'cover', source: 'camera' }, 30, aspectRatio);
    expect(need(360, 360, 16 / 9)).to.include({ widthPx: 640, heightPx: 360 });
    expect(need(640, 360, 9 / 16)).to.include({ widthPx: 640, heightPx: 1138 });
    expect(need(640, 360, 4 / 3)).to.include({ widthPx: 640, heightPx: 480 });
  });

  it('is less than the tile where it leaves bars', () => {
    const need = (width: number, height: number, aspectRatio: number): unknown => needOfTile({ rectangle: rectangle(width, height), fit: 'letterbox', source: 'camera' }, 30, aspectRatio);
    expect(need(640, 360, 9 / 16)).to.include({ widthPx: 204, heightPx: 360 });
    expect(need(640, 360, 4 / 3)).to.include({ widthPx: 480, heightPx: 360 });
    expect(need(640, 360, 2)).to.include({ widthPx: 640, heightPx: 320 });
  });

  it('never leaves a row out, and adds none for a ratio that sizes in whole pixels round', () => {
    // 426x240 is not quite 16:9.
    expect(needOfTile({ rectangle: rectangle(426, 240), fit: 'cover', source: 'camera' }, 30, 16 / 9)).to.include({ widthPx: 428, heightPx: 240 });
    expect(needOfTile({ rectangle: rectangle(320, 180), fit: 'cover', source: 'camera' }, 30, 1280 / 721)).to.include({ widthPx: 320, heightPx: 182 });
    expect(needOfTile({ rectangle: rectangle(320, 180), fit: 'cover', source: 'camera' }, 30, 1280 / 720.0001)).to.include({ widthPx: 320, heightPx: 180 });
  });

  it('takes a screen at 15 pictures a second, and no source faster than the canvas', () => {
    const fps = (source: 'camera' | 'screen', canvasFps: number): number => needOfTile({ rectangle: rectangle(640, 360), fit: 'letterbox', source }, canvasFps, undefined).fps;
    expect([fps('camera', 30), fps('camera', 10), fps('screen', 30), fps('screen', 10)]).to.deep.equal([30, 10, 15, 10]);
  });
});

describe('bitrateFor', () => {
  it('grows with pixels and pictures, a little less than they do', () => {
    expect(bitrateFor('camera', 1280 * 720, 30)).to.equal(1_700_000);
    expect(bitrateFor('camera', 640 * 360, 30)).to.equal(601_000);
    expect(bitrateFor('camera', 320 * 180, 30)).to.equal(213_000);
    expect(bitrateFor('camera', 1280 * 720, 15)).to.equal(1_202_000);
    expect(bitrateFor('screen', 1280 * 720, 15)).to.equal(1_838_000);
  });

  it('has a floor and a ceiling', () => {
    expect([bitrateFor('camera', 16 * 16, 30), bitrateFor('camera', 7680 * 4320, 60)]).to.deep.equal([80_000, 4_000_000]);
  });
});
