import { expect } from 'chai';
import { HeardLevels } from '../../../src/room/heard-levels.js';

const everyone = (): boolean => true;

describe('HeardLevels', () => {
  let levels: HeardLevels;

  beforeEach(() => {
    levels = new HeardLevels();
  });

  it('has the loudest of each since it was read last, the loudest first', () => {
    levels.take([{ participantId: 'ann', levelDbov: -30.4 }, { participantId: 'ben', levelDbov: -40 }]);
    levels.take([{ participantId: 'ben', levelDbov: 0 }, { participantId: 'ann', levelDbov: -50 }]);
    const read = levels.read(everyone);
    expect(read).to.deep.equal({ ben: 0, ann: -30 });
    expect(Object.keys(read)).to.deep.equal(['ben', 'ann']);
    expect(levels.read(everyone)).to.deep.equal({});
  });

  it('names 15 at most', () => {
    levels.take(Array.from({ length: 40 }, (_unused, at) => ({ participantId: `p${at}`, levelDbov: -60 + at })));
    const read = levels.read(everyone);
    expect([Object.keys(read).length, read['p39'], read['p25'], read['p24']]).to.deep.equal([15, -21, -35, undefined]);
  });

  it('names nobody who has left', () => {
    levels.take([{ participantId: 'ann', levelDbov: -30 }, { participantId: 'ben', levelDbov: -40 }]);
    expect(levels.read((id) => id !== 'ann')).to.deep.equal({ ben: -40 });
  });
});
