/** Every input that was ever worth keeping, and a short seeded run from them on: no exception but the declared ones, no broken promise. Long runs: `npm run fuzz`. */
import { expect } from 'chai';
import { SeededRandom } from '../../bench/network/seeded-random.js';
import { connectionTargets } from './connection-targets.js';
import { readCorpus } from './corpus.js';
import { mediaTargets } from './media-targets.js';
import { mutate } from './mutator.js';

const changesPerTarget = 400;

function hexOf(input: Buffer): string {
  return input.length <= 400 ? input.toString('hex') : `${input.toString('hex', 0, 400)}…`;
}

for (const target of [...mediaTargets, ...connectionTargets]) {
  describe(`fuzzed ${target.name}`, () => {
    const corpus = readCorpus(target.name);

    it('takes its whole corpus', () => {
      expect(corpus.length, 'a corpus is kept').to.be.greaterThan(0);
      for (const { name, input } of corpus) expect(() => target.run(Buffer.from(input)), name).to.not.throw();
    });

    it(`takes ${changesPerTarget} changes of it`, () => {
      const random = new SeededRandom(20_261_122);
      const inputs = [...target.seeds(), ...corpus.map(({ input }) => input)];
      const pick = (): Buffer => inputs[Math.floor(random.next() * inputs.length)] ?? Buffer.alloc(1);
      for (let count = 0; count < changesPerTarget; count++) {
        const input = mutate(pick(), pick(), random);
        expect(() => target.run(Buffer.from(input)), hexOf(input)).to.not.throw();
      }
    });
  });
}
