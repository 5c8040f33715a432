import { expect } from 'chai';
import { preparedPeople } from '../../../bench/clients/media-recipes.js';
import { hearPeople } from '../../../bench/content/heard-people.js';

const sampleRateHz = 48_000;

/** Ten seconds; `levelAt` is the amplitude of each person's tone at a time. */
function sing(levelAt: (person: number, seconds: number) => number): Float32Array {
  return Float32Array.from({ length: 10 * sampleRateHz }, (_unused, index) => {
    const seconds = index / sampleRateHz;
    return preparedPeople.reduce((sum, { toneHz }, person) => sum + levelAt(person, seconds) * Math.sin(2 * Math.PI * toneHz * seconds), 0);
  });
}

describe('hearPeople', () => {
  it('tells how long each was heard and how loud, and who was not', () => {
    const heard = hearPeople(sing((person, seconds) => (person === 0 ? 0.1 : person === 2 && seconds < 4 ? 0.2 : 0)), sampleRateHz, preparedPeople);
    expect(heard[0]?.seconds).to.be.closeTo(10, 0.01);
    expect(heard[0]?.loudestDb).to.be.closeTo(-20, 0.3);
    expect(heard[2]?.seconds).to.be.closeTo(4, 0.11);
    expect(heard[2]?.loudestDb).to.be.closeTo(-14, 0.3);
    for (const [person, { seconds, loudestDb }] of heard.entries()) {
      if (person === 0 || person === 2) continue;
      expect(seconds, preparedPeople[person]?.name).to.equal(0);
      // A tone that begins in mid-window spreads over all others for that window.
      expect(loudestDb, preparedPeople[person]?.name).to.be.lessThan(-50);
    }
  });

  it('hears nobody in silence', () => {
    expect(hearPeople(new Float32Array(sampleRateHz), sampleRateHz, preparedPeople).map(({ seconds }) => seconds)).to.deep.equal(preparedPeople.map(() => 0));
  });
});
