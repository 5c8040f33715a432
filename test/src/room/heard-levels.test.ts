import { expect } from 'chai';
import { HeardLevels } from '../../../src/room/heard-levels.js';

describe('HeardLevels', () => {
  let levels: HeardLevels;

  beforeEach(() => {
    levels = new HeardLevels();
  });

  it('tells the loudest of each since it was told last, the loudest first', () => {
    levels.take([{ participantId: 'ann', levelDbov: -30.4 }, { participantId: 'ben', levelDbov: -40 }]);
    levels.take([{ participantId: 'ben', levelDbov: 0 }, { participantId: 'ann', levelDbov: -50 }]);
    const told = levels.tell();
    expect(told).to.deep.equal({ ben: 0, ann: -30 });
    expect(Object.keys(told ?? {})).to.deep.equal(['ben', 'ann']);
  });

  it('says nothing twice, and once that nobody is heard', () => {
    expect(levels.tell(), 'nobody, as at the beginning').to.equal(undefined);
    for (const expected of [{ ann: -20 }, undefined]) {
      levels.take([{ participantId: 'ann', levelDbov: -20 }]);
      expect(levels.tell()).to.deep.equal(expected);
    }
    expect(levels.tell()).to.deep.equal({});
    expect(levels.tell()).to.equal(undefined);
  });

  it('names 15 at most', () => {
    levels.take(Array.from({ length: 40 }, (_unused, at) => ({ participantId: `p${at}`, levelDbov: -60 + at })));
    const told = levels.tell() ?? {};
    expect([Object.keys(told).length, told['p39'], told['p25'], told['p24']]).to.deep.equal([15, -21, -35, undefined]);
  });

  it('forgets what nobody asked for', () => {
    levels.take([{ participantId: 'ann', levelDbov: -20 }]);
    levels.forget();
    expect(levels.tell()).to.equal(undefined);
  });
});
