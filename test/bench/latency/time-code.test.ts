import { expect } from 'chai';
import { MovingTexture } from '../../../bench/latency/moving-texture.js';
import { paintTimeCode, readTimeCode, timeCodeRange, type LumaPicture } from '../../../bench/latency/time-code.js';

const texture = new MovingTexture({ widthPx: 640, heightPx: 360 });

function painted(value: number): LumaPicture {
  const picture = texture.frame(value);
  paintTimeCode(picture, value);
  return picture;
}

/** To twice the size, then blurred and made noisy as a coarse codec does. */
function mangled({ width, height, data }: LumaPicture): LumaPicture {
  const at = (x: number, y: number): number => data[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))] ?? 0;
  const large = new Uint8Array(4 * width * height);
  for (let y = 0; y < 2 * height; y += 1) {
    for (let x = 0; x < 2 * width; x += 1) {
      const [column, row] = [x >> 1, y >> 1];
      const blurred = (at(column - 2, row) + at(column + 2, row) + at(column, row - 2) + at(column, row + 2) + at(column, row)) / 5;
      large[y * 2 * width + x] = blurred + (((x * 31 + y * 17) % 29) - 14);
    }
  }
  return { width: 2 * width, height: 2 * height, data: large };
}

describe('time code', () => {
  for (const value of [0, 1, timeCodeRange / 2 - 1, timeCodeRange / 2, 0x5555, 0xaaaa, timeCodeRange - 1]) {
    it(`is read as it was painted, also out of a scaled and mangled picture: ${value}`, () => {
      expect(readTimeCode(painted(value))).to.equal(value);
      expect(readTimeCode(mangled(painted(value)))).to.equal(value);
    });
  }

  it('is not found where there is none', () => {
    expect(readTimeCode(texture.frame(0))).to.be.undefined;
    expect(readTimeCode({ width: 640, height: 360, data: new Uint8Array(640 * 360) })).to.be.undefined;
  });

  it('is not read out of a picture that is half another one', () => {
    const first = painted(1234);
    const second = painted(4321);
    const mixed = first.data.map((luma, index) => (luma + (second.data[index] ?? 0)) / 2);
    expect(readTimeCode({ ...first, data: mixed })).to.be.undefined;
    const torn = first.data.slice();
    torn.set(second.data.subarray(640 * 180, 640 * 360), 640 * 180);
    expect(readTimeCode({ ...first, data: torn })).to.be.undefined;
  });
});
