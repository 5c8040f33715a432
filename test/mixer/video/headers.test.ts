import { expect } from 'chai';
import fc from 'fast-check';
import { findParameterSets } from '../../../mixer/video/h264-headers.js';
import { readVp8Size } from '../../../mixer/video/vp8-header.js';
import { encodeStream, red, green } from './plain-pictures.js';

const sizes = [
  [160, 96],
  [322, 182],
  [640, 360],
  [1920, 1080],
] as const;

describe('frame headers', () => {
  for (const [widthPx, heightPx] of sizes) {
    it(`reads ${widthPx}x${heightPx} from a VP8 keyframe, and nothing from what follows it`, async () => {
      const frames = await encodeStream({ widthPx, heightPx, patterns: [[[red]], [[green]]] });
      expect(frames.map(({ data }) => readVp8Size(data))).to.deep.equal([{ widthPx, heightPx }, undefined]);
    });

    it(`reads ${widthPx}x${heightPx} from an H.264 access unit's parameter sets`, async () => {
      const [key, next] = await encodeStream({ codec: 'h264', widthPx, heightPx, patterns: [[[red]], [[green]]] });
      const found = findParameterSets(key?.data ?? new Uint8Array());
      expect(found?.size).to.deep.equal({ widthPx, heightPx });
      // SPS, then PPS, then whatever stood before the first slice.
      expect(found?.bytes.subarray(0, 3)).to.deep.equal(Uint8Array.of(0, 0, 1));
      expect((found?.bytes[3] ?? 0) & 0x1f).to.equal(7);
      expect(findParameterSets(next?.data ?? new Uint8Array())).to.be.undefined;
    });
  }

  it('reads a parameter set of the Main profile, cropped, with emulation prevention bytes', () => {
    // 1088 rows coded, 8 cropped.
    const sps = Uint8Array.from(Buffer.from('00000001674d4028eca03c0113f2e022000003000200000300791e30632c', 'hex'));
    expect(findParameterSets(sps)?.size).to.deep.equal({ widthPx: 1920, heightPx: 1080 });
  });

  it('reads sizes from a high profile that speaks of its chroma', () => {
    const bits = '01100100' + '00000000' + '00101000' + '1' /* id */ + '010' /* 4:2:0 */ + '1' + '1' + '0' + '0' /* no lists */ + '1' + '1' + '1' /* order 0 */ + '010' + '0';
    const size = expGolomb(79) + expGolomb(44) + '1' + '1' + '0' + '1';
    const bytes = (bits + size).padEnd(8 * 20, '0').match(/.{8}/g)?.map((octet) => Number.parseInt(octet, 2)) ?? [];
    expect(findParameterSets(Uint8Array.from([0, 0, 1, 0x67, ...bytes]))?.size).to.deep.equal({ widthPx: 1280, heightPx: 720 });
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        readVp8Size(bytes);
        findParameterSets(bytes);
        findParameterSets(Uint8Array.from([0, 0, 1, 0x67, ...bytes]));
      }),
    );
  });
});

function expGolomb(value: number): string {
  const binary = (value + 1).toString(2);
  return '0'.repeat(binary.length - 1) + binary;
}
