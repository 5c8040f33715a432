import { expect } from 'chai';
import { NoiseFloor } from '../../../mixer/audio/noise-floor.js';

function hear(floor: NoiseFloor, count: number, levelAt: (at: number) => number): number {
  for (let at = 0; at < count; at += 1) floor.takeLevel(levelAt(at));
  return floor.levelDbov;
}

describe('NoiseFloor', () => {
  let floor: NoiseFloor;

  beforeEach(() => {
    floor = new NoiseFloor();
  });

  it('begins with a usual room, and takes every quieter one for the same', () => {
    expect(floor.levelDbov).to.equal(-60);
    expect(hear(floor, 500, () => -90)).to.equal(-60);
  });

  it('has found a fan after 10 s at most, under a voice that pauses', () => {
    expect(hear(floor, 500, (at) => (at % 100 < 90 ? -20 : -48))).to.equal(-48);
  });

  it('falls within 100 ms when the fan stops', () => {
    hear(floor, 500, () => -45);
    expect(floor.levelDbov).to.equal(-45);
    expect(hear(floor, 10, () => -57)).to.equal(-57);
  });

  it('takes single quiet packets for no silence', () => {
    expect(hear(floor, 500, (at) => (at % 4 === 0 ? -60 : -45))).to.equal(-45);
  });

  it('does not take for noise what is louder than any room: a tone, music', () => {
    expect(hear(floor, 1_000, () => -12)).to.equal(-40);
    expect(hear(floor, 1_000, () => 0), 'full scale is a level, too').to.equal(-40);
  });

  it('learns nothing from a muted track', () => {
    hear(floor, 500, () => -45);
    expect(hear(floor, 5_000, () => -127)).to.equal(-45);
  });

  for (const { frames, what } of [{ frames: 3, what: 'packets of 60 ms' }, { frames: 5, what: 'levels that are measured each 100 ms' }]) {
    it(`knows a steady hiss for what it is within 10 s, also by ${what}`, () => {
      let heard = 0;
      for (; heard < 1_000 && floor.levelDbov !== -42; heard += frames) floor.takeLevel(-42, frames);
      expect(heard * 20).to.be.at.most(10_000);
    });
  }
});
