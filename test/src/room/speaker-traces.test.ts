/** The speaker rules on recorded levels: `node dist/bench/speakers/write-traces.js` makes the files, `npm run bench -- speakers` judges an hour of the kind. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreTrace, type LevelTrace, type StoredTrace } from '../../../bench/speakers/level-trace.js';
import { PlainEnergyRule } from '../../../bench/speakers/plain-energy-rule.js';
import { RoomRule } from '../../../bench/speakers/room-rule.js';
import { ScoreDecayRule } from '../../../bench/speakers/score-decay-rule.js';
import { runRule, type SpeakerRule } from '../../../bench/speakers/speaker-rule.js';
import { quantile, scoreSwitches } from '../../../bench/speakers/switch-score.js';
import { rootFolder } from '../../support/root-folder.js';

const files = ['mm-hm', 'interruptions', 'coughs-doors-typing', 'echo-at-20-db', 'all-of-it-8-people'] as const;

/** Who speaks one after another, by the script, and how often plain energy names somebody else on these levels. */
const verdicts: Readonly<Record<(typeof files)[number], { readonly speakers: readonly number[]; readonly energyErrs: number }>> = {
  'mm-hm': { speakers: [0, 1, 2], energyErrs: 2 },
  interruptions: { speakers: [2, 0, 1, 2, 1], energyErrs: 0 },
  'coughs-doors-typing': { speakers: [1, 2, 0], energyErrs: 2 },
  'echo-at-20-db': { speakers: [1, 0], energyErrs: 3 },
  'all-of-it-8-people': { speakers: [1, 2, 1, 2], energyErrs: 14 },
};

function load(file: string): LevelTrace {
  return restoreTrace(JSON.parse(readFileSync(join(rootFolder, 'test/src/room/speaker-traces', `${file}.json`), 'utf8')) as StoredTrace);
}

describe('speaker rules on recorded levels', () => {
  for (const file of files) {
    describe(file, () => {
      const trace = load(file);
      const people = trace.levels.length;
      /** False switches and missed turns. */
      const judge = (rule: SpeakerRule): readonly number[] => {
        const { falseSwitches, missedTurns } = scoreSwitches(trace, runRule(rule, trace));
        return [falseSwitches, missedTurns];
      };

      it('name the speakers of the script', () => {
        expect(judge(new RoomRule(people, false)), 'the room').to.deep.equal([0, 0]);
        expect(judge(new RoomRule(people, true)), 'its layout').to.deep.equal([0, 0]);
        expect(judge(new PlainEnergyRule(people)), 'plain energy').to.deep.equal([verdicts[file].energyErrs, 0]);
      });

      it('name them in order, each within 2 s of his first word', () => {
        const switches = runRule(new RoomRule(people, false), trace);
        expect(switches.map(({ person }) => person)).to.deep.equal(verdicts[file].speakers);
        expect(quantile(scoreSwitches(trace, switches).delaysMs, 1)).to.be.at.most(2_000);
      });
    });
  }

  it('are judged by a score that knows right from wrong', () => {
    const trace = load('interruptions');
    const right = trace.turns.map(({ person, startMs }) => ({ person, atMs: startMs + 100 }));
    expect(scoreSwitches(trace, right)).to.deep.include({ falseSwitches: 0, missedTurns: 0, turns: 5, delaysMs: [100, 100, 100, 100, 100] });
    expect(scoreSwitches(trace, [])).to.deep.include({ falseSwitches: 0, missedTurns: 5, delaysMs: [] });
    // Somebody else each second: wrong two times of three.
    const wrong = Array.from({ length: 30 }, (_unused, second) => ({ person: second % 3, atMs: 1_000 * (second + 1) }));
    expect(scoreSwitches(trace, wrong).falseSwitches).to.be.within(15, 25);
    expect(runRule(new ScoreDecayRule(3), trace).length).to.be.above(3);
  });
});
