import { expect } from 'chai';
import { MovingTexture } from '../../../bench/latency/moving-texture.js';
import { paintTimeCode, readTimeCode, type LumaPicture } from '../../../bench/latency/time-code.js';
import { partOf } from '../../../bench/network/picture-part.js';
import { twoTiles, twoTilesRoom } from '../../../bench/network/two-tiles.js';
import { placeTiles } from '../../../layouts/index.js';
import { loadLayouts } from '../../../layouts/load-layouts.js';

function numbered(widthPx: number, heightPx: number, code: number): LumaPicture {
  const picture = new MovingTexture({ widthPx, heightPx }).frame(code);
  paintTimeCode(picture, code);
  return picture;
}

function put(canvas: LumaPicture, tile: LumaPicture, left: number, top: number): void {
  for (let y = 0; y < tile.height; y += 1) canvas.data.set(tile.data.subarray(y * tile.width, (y + 1) * tile.width), (top + y) * canvas.width + left);
}

describe('partOf', () => {
  it('takes the rows and columns of a part', () => {
    const picture = { width: 4, height: 4, data: Uint8Array.from({ length: 16 }, (_unused, index) => index) };
    expect(partOf(picture, { left: 0.5, top: 0.25, width: 0.5, height: 0.5 })).to.deep.equal({ width: 2, height: 2, data: Uint8Array.of(6, 7, 10, 11) });
  });

  it('finds each number of two people in one picture in its own tile', () => {
    const { width, height } = twoTilesRoom.video;
    const canvas = { width, height, data: new Uint8Array(width * height) };
    put(canvas, numbered(320, 180, 77), 0, 90);
    put(canvas, numbered(320, 180, 0x8003), 320, 90);
    expect(twoTiles.map((part) => readTimeCode(partOf(canvas, part)))).to.deep.equal([77, 0x8003]);
  });
});

describe('a room of two tiles', () => {
  it('has them where the layout puts them', () => {
    const { layout, video } = twoTilesRoom;
    const template = loadLayouts().find(layout);
    const seats = ['first', 'second'].map((id) => ({ id, aspectRatio: 16 / 9, screen: false }));
    const placed = placeTiles(template!, { widthPx: video.width, heightPx: video.height }, seats).map(({ rectangle }) => rectangle);
    const wanted = twoTiles.map(({ left, top, width, height }) => ({ x: left * video.width, y: top * video.height, width: width * video.width, height: height * video.height }));
    expect(placed).to.deep.equal(wanted);
  });
});
