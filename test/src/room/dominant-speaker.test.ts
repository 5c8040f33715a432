import { expect } from 'chai';
import { DominantSpeaker } from '../../../src/room/dominant-speaker.js';

const frameUs = 20_000;
const decisionUs = 100_000;

/** Somebody's sound, frame by frame. */
type Sound = (frame: number) => number | undefined;
/** Syllables of 120 ms with a gap of one frame. */
const speech = (levelDbov = -28): Sound => (frame) => (frame % 7 === 6 ? -56 : levelDbov);
const room: Sound = () => -62;
const nothing: Sound = () => undefined;

describe('DominantSpeaker', () => {
  let speakers: DominantSpeaker;
  let frame: number;

  beforeEach(() => {
    speakers = new DominantSpeaker();
    frame = 0;
    for (const id of ['ann', 'ben', 'eve']) speakers.add(id);
  });

  /** Answers who dominated in turn, and when he began to, in ms from the call on. */
  function hear(forMs: number, sounds: Readonly<Record<string, Sound>>): [string | null, number][] {
    const changes: [string | null, number][] = [];
    const startFrame = frame;
    const endFrame = frame + (forMs * 1000) / frameUs;
    for (; frame < endFrame; frame += 1) {
      for (const id of ['ann', 'ben', 'eve']) {
        const levelDbov = (sounds[id] ?? room)(frame - startFrame);
        if (levelDbov !== undefined) speakers.takeLevel(id, levelDbov, frame * frameUs);
      }
      if ((frame * frameUs) % decisionUs !== 0) continue;
      const before = speakers.dominant;
      const now = speakers.decide(frame * frameUs);
      if (now !== before) changes.push([now, ((frame - startFrame) * frameUs) / 1000]);
    }
    return changes;
  }

  it('is nobody in a quiet room, nor among people who send nothing', () => {
    expect(hear(5_000, {})).to.deep.equal([]);
    expect(hear(5_000, { ann: nothing, ben: nothing, eve: nothing })).to.deep.equal([]);
    expect(speakers.dominant).to.equal(null);
    expect(speakers.active.size).to.equal(0);
  });

  it('is he who has spoken for half a second, and stays it in the silence after him', () => {
    const [[who, afterMs] = [null, 0]] = hear(2_000, { ann: speech() });
    expect(who).to.equal('ann');
    expect(afterMs).to.be.within(400, 600);
    expect(hear(60_000, {})).to.deep.equal([]);
    expect(speakers.dominant).to.equal('ann');
  });

  for (const [name, sound] of [
    ['a cough of 400 ms', (at: number) => (at < 20 ? -10 : -62)],
    ['a door', (at: number) => (at < 30 ? -6 - at * 2 : -62)],
    ['typing', (at: number) => (at % 7 < 2 ? -30 : -62)],
    ['"mm-hm"', (at: number) => (at < 10 || (at > 12 && at < 22) ? -26 : -62)],
    ['one packet at full scale', (at: number) => (at === 3 ? 0 : -62)],
  ] as [string, Sound][]) {
    it(`does not pass to ${name}, in a silence or over a voice`, () => {
      hear(3_000, { ann: speech() });
      expect(hear(2_000, { ann: speech(), ben: sound }), 'over a voice').to.deep.equal([]);
      hear(3_000, {});
      expect(hear(2_000, { ben: sound }), 'in a silence').to.deep.equal([]);
    });
  }

  it('passes to the next speaker within 0.7 s', () => {
    hear(3_000, { ann: speech() });
    const [[who, afterMs] = [null, 0]] = hear(2_000, { ben: speech(-35) });
    expect(who).to.equal('ben');
    expect(afterMs).to.be.at.most(700);
  });

  it('waits for who is interrupted to give way, and then passes within 0.3 s, once', () => {
    hear(3_000, { ann: speech(-30) });
    expect(hear(1_000, { ann: speech(-30), ben: speech(-15) }), 'louder is not enough').to.deep.equal([]);
    const [[who, afterMs] = [null, 0], ...others] = hear(3_000, { ben: speech(-15) });
    expect(who).to.equal('ben');
    expect(afterMs).to.be.at.most(300);
    expect(others).to.deep.equal([]);
  });

  it('does not mind how loud a microphone is: noise is measured against its own room', () => {
    // Near the floor's cap a fan cannot be told from music; here it is 15 dB below.
    hear(12_000, { ben: () => -45, eve: speech(-40) });
    expect(speakers.dominant).to.equal('eve');
  });

  it('does not pass to an echo of the speaker, 20 dB below and 160 ms late', () => {
    const voice = speech(-20);
    const changes = hear(3_000, { ann: voice, ben: (at) => (at < 8 ? -62 : (voice(at - 8) ?? 0) - 20) });
    expect(changes.map(([who]) => who)).to.deep.equal(['ann']);
    expect(hear(2_000, { ben: (at) => (at < 8 ? -40 : -62) })).to.deep.equal([]);
  });

  it('takes the one with more speech when two begin', () => {
    expect(hear(2_000, { ann: (at) => (at < 10 ? -62 : -25), ben: speech(-25) }).map(([who]) => who)).to.deep.equal(['ben']);
  });

  it('begins anew with who joins, and is nobody when he leaves', () => {
    hear(2_000, { ann: speech() });
    speakers.remove('ann');
    expect(speakers.dominant).to.equal(null);
    expect(speakers.active.has('ann')).to.equal(false);
    expect(hear(2_000, { ann: speech(), ben: speech(-40) }).map(([who]) => who), 'levels of who has left are nobody\'s').to.deep.equal(['ben']);
    speakers.add('ann');
    expect(speakers.activityOf('ann')?.immediate).to.equal(0);
    expect(hear(3_000, { ann: speech() }).map(([who]) => who)).to.deep.equal(['ann']);
  });

  it('looks at those alone who were heard within the last second', () => {
    hear(1_000, { ann: speech(), ben: nothing });
    expect([...speakers.active]).to.deep.equal(['ann']);
    hear(1_200, { ann: nothing });
    expect(speakers.active.size).to.equal(0);
  });
});
