import { expect } from 'chai';
import fc from 'fast-check';
import { TalkerSelection } from '../../../mixer/audio/talker-selection.js';

const tickUs = 20_000;
const second = 50;

/** Level of each at a tick; undefined: no candidate. */
type Level = (tick: number) => number | undefined;

/** Words of 300 ms with pauses of 200 ms between them. */
function talking(levelDbov: number, from = 0, to = Number.POSITIVE_INFINITY): Level {
  return (tick) => (tick < from || tick >= to ? undefined : tick % 25 < 15 ? levelDbov : -70);
}

class Stage {
  readonly selection: TalkerSelection;
  readonly #people: Readonly<Record<string, Level>>;
  /** Who was mixed in each tick. */
  readonly mixed: string[] = [];

  constructor(mostTalkers: number, people: Readonly<Record<string, Level>>) {
    this.selection = new TalkerSelection(mostTalkers);
    this.#people = people;
  }

  run(ticks: number): this {
    for (let i = 0; i < ticks; i += 1) {
      const tick = this.mixed.length;
      const candidates = Object.entries(this.#people).flatMap(([participantId, level]) => {
        const loudnessDbov = level(tick);
        return loudnessDbov === undefined ? [] : [{ participantId, loudnessDbov, isBackground: participantId.startsWith('f') }];
      });
      this.selection.update(tick * tickUs, candidates);
      this.mixed.push(Object.keys(this.#people).filter((id) => this.selection.isSelected(id)).join(''));
    }
    return this;
  }

  /** The ticks in which somebody came or went. */
  get changes(): [tick: number, mixed: string][] {
    return this.mixed.flatMap((mixed, tick) => (tick === 0 || mixed !== this.mixed[tick - 1] ? [[tick, mixed] as [number, string]] : []));
  }
}

describe('TalkerSelection', () => {
  it('takes everyone at once while there is room, and lets him go at once', () => {
    expect(new Stage(3, { a: talking(-30), b: talking(-50, 10), c: talking(-20, 20, 30) }).run(50).changes).to.deep.equal([[0, 'a'], [10, 'ab'], [20, 'abc'], [30, 'ab']]);
  });

  it('lets those who speak keep their places from others of the same loudness, pauses and all', () => {
    const stage = new Stage(2, { a: talking(-25), b: talking(-28), c: (tick) => (tick < 20 ? undefined : -25 + (tick % 3)) });
    expect(stage.run(20 * second).changes).to.deep.equal([[0, 'ab']]);
    expect(stage.selection.turnedAway).to.equal(0);
  });

  it('gives the place of the quietest to who has been clearly louder for a while, not sooner', () => {
    const [change] = new Stage(2, { a: talking(-25), b: talking(-40), c: talking(-25, 50) }).run(4 * second).changes.slice(1);
    expect(change![1]).to.equal('ac');
    // 400 ms of words.
    expect(change![0] - 50).to.be.within(20, 36);
  });

  it('gives nobody\'s place to a cough', () => {
    const cough: Level = (tick) => (tick < 50 || tick > 100 ? undefined : tick < 65 ? -5 : -80);
    expect(new Stage(1, { a: talking(-35), b: cough }).run(4 * second).changes).to.deep.equal([[0, 'a']]);
  });

  it('gives the place of who has stopped to the next soon, also before he is let go', () => {
    const stops: Level = (tick) => (tick < 100 ? -25 : -90);
    const [change] = new Stage(1, { a: stops, b: talking(-27, 20) }).run(4 * second).changes.slice(1);
    expect(change![1]).to.equal('b');
    expect(change![0] - 100).to.be.within(15, 60);
  });

  it('lets fans have the places that nobody speaks on, and takes them away at the first word', () => {
    const stage = new Stage(2, { f: () => -20, fa: () => -25, a: talking(-50, 20, 60), b: talking(-55, 30, 40) });
    expect(stage.run(80).changes).to.deep.equal([[0, 'ffa'], [20, 'fa'], [30, 'ab'], [40, 'fa'], [60, 'ffa']]);
  });

  it('takes the louder of two who begin together when there is one place', () => {
    expect(new Stage(1, { a: talking(-30), b: talking(-29) }).run(1).mixed).to.deep.equal(['b']);
  });

  it('never has more than it may, and never an empty place while somebody waits', () => {
    const levels = fc.array(fc.array(fc.option(fc.integer({ min: -127, max: 0 }), { nil: undefined }), { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 80 });
    fc.assert(fc.property(levels, fc.integer({ min: 1, max: 6 }), (ticks, most) => {
      const selection = new TalkerSelection(most);
      ticks.forEach((row, tick) => {
        const candidates = row.flatMap((loudnessDbov, i) => (loudnessDbov === undefined ? [] : [{ participantId: `p${i}`, loudnessDbov, isBackground: i % 3 === 0 }]));
        selection.update(tick * tickUs, candidates);
        const selected = row.filter((_, i) => selection.isSelected(`p${i}`)).length;
        expect(selected).to.equal(Math.min(most, candidates.length));
        expect(row.every((level, i) => level !== undefined || !selection.isSelected(`p${i}`))).to.equal(true);
      });
    }));
  });
});
