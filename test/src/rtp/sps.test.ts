import { expect } from 'chai';
import fc from 'fast-check';
import { BitReader } from '../../../src/rtp/bit-reader.js';
import { splitAnnexB } from '../../../src/rtp/nal-unit.js';
import { parseSps } from '../../../src/rtp/sps.js';
import { encodeH264 } from '../../support/encoded-media.js';
import { baselineSps, BitWriter } from '../../support/video-frames.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** After the chroma part and the scaling lists: 4-bit frame numbers, order count type 0 or as given, one reference. */
function finishSps(writer: BitWriter, columns: number, rows: number, options: { readonly fields?: boolean; readonly crop?: readonly number[] } = {}): BitWriter {
  const { fields = false, crop } = options;
  writer.ue(1).bits(0, 1).ue(columns - 1).ue(rows - 1).bits(fields ? 0 : 1, 1);
  if (fields) writer.bits(1, 1);
  writer.bits(1, 1).bits(crop === undefined ? 0 : 1, 1);
  for (const edge of crop ?? []) writer.ue(edge);
  return writer.bits(0, 1);
}

describe('BitReader', () => {
  it('reads back what was written, over any emulation prevention', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.integer({ min: -70_000, max: 70_000 })), { maxLength: 60 }), (values) => {
        const writer = new BitWriter();
        for (const value of values) writer.se(value).ue(Math.abs(value)).bits(Math.abs(value), 24).bits(0, 8);
        const reader = new BitReader(writer.nal([0x67]), 1);
        for (const value of values) {
          expect(reader.readSigned()).to.equal(value);
          expect(reader.readUnsigned()).to.equal(Math.abs(value));
          expect(reader.readBits(24)).to.equal(Math.abs(value));
          expect(reader.readBits(8)).to.equal(0);
        }
        expect(reader.isExhausted).to.equal(false);
      }),
      { numRuns: 50 },
    );
  });

  it('ends at the end', () => {
    const reader = new BitReader(Uint8Array.of(0xff), 0);
    expect(reader.readBits(8)).to.equal(255);
    expect(reader.isExhausted).to.equal(false);
    expect(reader.readBit()).to.equal(0);
    expect(reader.isExhausted).to.equal(true);
  });

  it('takes the longest code and refuses a longer one', () => {
    const longest = new BitReader(new BitWriter().bits(0, 31).bits(0xffffffff, 32).nal([]), 0);
    expect(longest.readUnsigned()).to.equal(2 ** 32 - 2);
    expect(longest.isExhausted).to.equal(false);
    const tooLong = new BitReader(new BitWriter().bits(0, 32).bits(1, 1).bits(0xffffffff, 32).nal([]), 0);
    tooLong.readUnsigned();
    expect(tooLong.isExhausted).to.equal(true);
  });
});

describe('parseSps', () => {
  it('reads sizes with and without cropping', () => {
    for (const [widthPx, heightPx] of [[16, 16], [320, 180], [640, 360], [640, 480], [1280, 720], [1920, 1080], [322, 182], [4096, 2304]] as const) {
      expect(parseSps(baselineSps(widthPx, heightPx)), `${widthPx}x${heightPx}`).to.deep.equal({
        id: 0, profileIdc: 66, constraintFlags: 0xe0, levelIdc: 31, widthPx, heightPx,
      });
    }
  });

  it('reads an SPS of x264 in constrained baseline, 640x360', () => {
    expect(parseSps(hex('6742c01eda0280bfe584000003000400000300f23c58ba80'))).to.include({ profileIdc: 66, constraintFlags: 0xc0, levelIdc: 30, widthPx: 640, heightPx: 368 - 8 });
  });

  it('reads an SPS of x264 in high profile, 1920x1080', () => {
    expect(parseSps(hex('67640028acd940780227e5c04400000fa40002ee023c60c658'))).to.include({ profileIdc: 100, levelIdc: 40, widthPx: 1920, heightPx: 1080 });
  });

  it('agrees with the encoder about sizes of its own stream', async () => {
    for (const [widthPx, heightPx] of [[640, 360], [322, 182]] as const) {
      const [picture] = await encodeH264({ widthPx, heightPx, fps: 30, frames: 1 });
      const sps = splitAnnexB(picture!.data).find((unit) => (unit[0]! & 0x1f) === 7)!;
      expect(parseSps(sps), `${widthPx}x${heightPx}`).to.include({ widthPx, heightPx });
    }
  });

  it('counts fields, chroma formats and separate planes into the cropping', () => {
    const high = (format: number): BitWriter => {
      const writer = new BitWriter().ue(3).ue(format);
      if (format === 3) writer.bits(0, 1);
      return writer.ue(0).ue(0).bits(0, 1).bits(0, 1).ue(0).ue(2);
    };
    const head = [0x67, 100, 0, 40];
    const crop = [1, 2, 3, 4];
    const size = (writer: BitWriter, fields = false): unknown => parseSps(finishSps(writer, 20, 10, { fields, crop }).nal(head));
    expect(size(high(0))).to.include({ id: 3, widthPx: 320 - 3, heightPx: 160 - 7 });
    expect(size(high(1))).to.include({ widthPx: 320 - 6, heightPx: 160 - 14 });
    expect(size(high(2))).to.include({ widthPx: 320 - 6, heightPx: 160 - 7 });
    expect(size(high(3))).to.include({ widthPx: 320 - 3, heightPx: 160 - 7 });
    expect(size(high(1), true)).to.include({ widthPx: 320 - 6, heightPx: 320 - 28 });
    const separate = new BitWriter().ue(0).ue(3).bits(1, 1).ue(0).ue(0).bits(0, 1).bits(0, 1).ue(0).ue(2);
    expect(parseSps(finishSps(separate, 20, 10, { crop }).nal(head))).to.include({ widthPx: 320 - 3, heightPx: 160 - 7 });
  });

  it('steps over scaling lists and the second kind of picture order', () => {
    const writer = new BitWriter().ue(0).ue(1).ue(0).ue(0).bits(0, 1).bits(1, 1);
    for (let list = 0; list < 8; list++) {
      if (list === 1) writer.bits(0, 1);
      else if (list === 2) writer.bits(1, 1).se(-8);
      else {
        writer.bits(1, 1);
        for (let entry = 0; entry < (list < 6 ? 16 : 64); entry++) writer.se(entry === 0 ? 9 : 1);
      }
    }
    writer.ue(0).ue(1).bits(0, 1).se(-5).se(7).ue(3).se(1).se(-2).se(3);
    expect(parseSps(finishSps(writer, 40, 23).nal([0x67, 100, 0, 31]))).to.include({ widthPx: 640, heightPx: 368 });
  });

  it('refuses what is no SPS, is cut short, or has a size that cannot be', () => {
    const sps = baselineSps(640, 360);
    expect(parseSps(Uint8Array.from(sps, (byte, at) => (at === 0 ? 0x68 : byte)))).to.equal(undefined);
    for (let length = 0; length < sps.length - 1; length++) expect(parseSps(sps.subarray(0, length)), `${length}`).to.equal(undefined);
    const head = [0x67, 66, 0, 31];
    const start = (): BitWriter => new BitWriter().ue(0).ue(0).ue(2);
    expect(parseSps(finishSps(start(), 1056, 10).nal(head))).to.equal(undefined);
    expect(parseSps(finishSps(start(), 10, 100_000).nal(head))).to.equal(undefined);
    expect(parseSps(finishSps(start(), 10, 10, { crop: [40, 40, 0, 0] }).nal(head))).to.equal(undefined);
    expect(parseSps(finishSps(start(), 10, 10, { crop: [0, 0, 0, 80] }).nal(head))).to.equal(undefined);
    expect(parseSps(finishSps(start(), 1055, 10).nal(head))).to.include({ widthPx: 16_880 });
    expect(parseSps(finishSps(new BitWriter().ue(32).ue(0).ue(2), 10, 10).nal(head)), 'id').to.equal(undefined);
  });

  it('takes any bytes without throwing, in bounded time', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(66, 77, 100, 244), (bytes, profile) => {
      const sps = parseSps(Uint8Array.of(0x67, profile, ...bytes));
      if (sps !== undefined) expect(sps.widthPx * sps.heightPx).to.be.within(1, 16_888 * 16_888);
    }), { numRuns: 500 });
  });
});
