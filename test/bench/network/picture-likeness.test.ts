import { expect } from 'chai';
import { MovingTexture } from '../../../bench/latency/moving-texture.js';
import type { LumaPicture } from '../../../bench/latency/time-code.js';
import { lumaPsnrDb, mostPsnrDb } from '../../../bench/network/picture-likeness.js';

const texture = new MovingTexture({ widthPx: 640, heightPx: 360 });

function changed({ width, height, data }: LumaPicture, change: (luma: number, x: number, y: number) => number): LumaPicture {
  return { width, height, data: data.map((luma, place) => (place < width * height ? change(luma, place % width, Math.floor(place / width)) : luma)) };
}

/** Each pixel the mean of four. */
function halved({ width, height, data }: LumaPicture): LumaPicture {
  const small = new Uint8Array((width * height * 3) / 8);
  for (let y = 0; y < height / 2; y += 1) {
    for (let x = 0; x < width / 2; x += 1) {
      const at = 2 * y * width + 2 * x;
      small[(y * width) / 2 + x] = ((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + width] ?? 0) + (data[at + width + 1] ?? 0)) / 4;
    }
  }
  return { width: width / 2, height: height / 2, data: small };
}

describe('lumaPsnrDb', () => {
  const sent = texture.frame(7);

  it('is the most of equal pictures', () => {
    expect(lumaPsnrDb(texture.frame(7), sent)).to.equal(mostPsnrDb);
  });

  it('is 20 log10(255 / error) where every pixel is off by the same', () => {
    expect(lumaPsnrDb(changed(sent, (luma) => luma + 5), sent)).to.be.closeTo(34.151, 0.001);
    expect(lumaPsnrDb(changed(sent, (luma) => luma - 16), sent)).to.be.closeTo(24.048, 0.001);
  });

  it('leaves out border and name', () => {
    const decorated = changed(sent, (luma, x, y) => (x < 8 || y < 8 || x >= 632 || y >= 352 || (x < 200 && y >= 320) ? 255 : luma));
    expect(lumaPsnrDb(decorated, sent)).to.equal(mostPsnrDb);
  });

  it('scales a smaller picture up to the same place', () => {
    const ramp = changed(sent, (_luma, x, y) => Math.round(x / 4 + y / 8));
    expect(lumaPsnrDb(halved(ramp), ramp)).to.be.above(50);
  });

  it('finds detail that a smaller picture has lost, and another picture', () => {
    const small = lumaPsnrDb(halved(sent), sent);
    const other = lumaPsnrDb(texture.frame(8), sent);
    expect(small).to.be.within(30, 45);
    expect(other).to.be.below(small - 5);
  });
});
