import { expect } from 'chai';
import fc from 'fast-check';
import { isNewer16, SequenceUnwrapper, TimestampUnwrapper } from '../../../src/rtp/sequence.js';

const sequenceStarts = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff];
const timestampStarts = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

describe('isNewer16', () => {
  for (const start of sequenceStarts) {
    it(`orders the circle from ${start}`, () => {
      expect(isNewer16(start, start)).to.equal(false);
      for (const step of [1, 2, 1000, 0x7fff]) {
        const later = (start + step) & 0xffff;
        expect(isNewer16(later, start), `+${step}`).to.equal(true);
        expect(isNewer16(start, later), `-${step}`).to.equal(false);
      }
    });
  }

  it('names exactly one of any two different numbers the newer', () => {
    const number16 = fc.integer({ min: 0, max: 0xffff });
    fc.assert(fc.property(number16, number16, (a, b) => a === b || isNewer16(a, b) !== isNewer16(b, a)));
    expect(isNewer16(0x8000, 0)).to.not.equal(isNewer16(0, 0x8000));
  });
});

describe('SequenceUnwrapper', () => {
  for (const start of sequenceStarts) {
    it(`keeps the first value ${start} and counts on over three wraps`, () => {
      const unwrapper = new SequenceUnwrapper();
      for (let step = 0; step < 200_000; step += 61) expect(unwrapper.unwrap((start + step) & 0xffff)).to.equal(start + step);
    });

    it(`places late and lost packets around ${start}`, () => {
      const unwrapper = new SequenceUnwrapper();
      unwrapper.unwrap(start);
      for (const offset of [3, 1, 2, -1, -5, 20_000, 19_990, 52_767, 20_000 + 0x7fff]) {
        expect(unwrapper.unwrap((start + offset) & 0xffff), `${offset}`).to.equal(start + offset);
      }
    });

    it(`survives a gap of 32,767 after ${start}`, () => {
      const unwrapper = new SequenceUnwrapper();
      unwrapper.unwrap(start);
      expect(unwrapper.unwrap((start + 0x7fff) & 0xffff)).to.equal(start + 0x7fff);
    });
  }

  it('recovers any order of arrival whose steps stay under half the circle', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.array(fc.integer({ min: -16_000, max: 16_000 }), { maxLength: 200 }), (start, offsets) => {
        const unwrapper = new SequenceUnwrapper();
        expect(unwrapper.unwrap(start)).to.equal(start);
        let newest = start;
        for (const offset of offsets) {
          const index = newest + offset;
          expect(unwrapper.unwrap(index & 0xffff)).to.equal(index);
          newest = Math.max(newest, index);
        }
      }),
    );
  });

  it('takes a step of exactly half the circle for an old packet', () => {
    const unwrapper = new SequenceUnwrapper();
    unwrapper.unwrap(40_000);
    expect(unwrapper.unwrap(40_000 - 0x8000)).to.equal(40_000 - 0x8000);
  });
});

describe('TimestampUnwrapper', () => {
  for (const start of timestampStarts) {
    it(`keeps the first value ${start} and counts on over wraps in both directions`, () => {
      const unwrapper = new TimestampUnwrapper();
      let time = start;
      expect(unwrapper.unwrap(start)).to.equal(start);
      for (let step = 0; step < 30; step += 1) {
        time += 0x2fffffff;
        expect(unwrapper.unwrap(time % 2 ** 32)).to.equal(time);
        expect(unwrapper.unwrap((time - 90_000 + 2 ** 32) % 2 ** 32)).to.equal(time - 90_000);
      }
    });

    it(`tells what came just before ${start}`, () => {
      const unwrapper = new TimestampUnwrapper();
      unwrapper.unwrap(start);
      expect(unwrapper.unwrap((start + 2 ** 32 - 960) % 2 ** 32)).to.equal(start - 960);
      expect(unwrapper.unwrap((start + 2 ** 31 - 1) % 2 ** 32)).to.equal(start + 2 ** 31 - 1);
    });
  }
});
