import { expect } from 'chai';
import { ManualClock } from '../../../mixer/index.js';
import { SpeakerOrder, type SpeakerChange } from '../../../src/room/speaker-order.js';

const packetUs = 20_000;
const silence = -127;

describe('SpeakerOrder', () => {
  let clock: ManualClock;
  let speakers: SpeakerOrder;

  beforeEach(() => {
    clock = new ManualClock(5_000_000);
    speakers = new SpeakerOrder({ clock });
    for (const id of ['ann', 'ben']) speakers.add(id);
  });

  /** So long everybody's packets have these levels, a gap between syllables in each seventh; answers what changed meanwhile. */
  function hear(forUs: number, levels: Readonly<Record<string, number>>): SpeakerChange[] {
    const changes: SpeakerChange[] = [];
    for (let us = packetUs; us <= forUs; us += packetUs) {
      clock.advance(packetUs);
      for (const [id, levelDbov] of Object.entries(levels)) speakers.takeLevel(id, (us / packetUs) % 7 === 6 ? Math.min(levelDbov, -56) : levelDbov);
      if (us % 100_000 === 0) speakers.decide();
      const change = us % 200_000 === 0 ? speakers.update() : undefined;
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  it('has nobody speaking, dominant or shown in a quiet room', () => {
    expect(hear(2_000_000, { ann: -70, ben: silence })).to.deep.equal([]);
    expect(speakers).to.include({ dominant: null, shown: null });
    expect(speakers.lastShownUs('ann')).to.equal(Number.NEGATIVE_INFINITY);
  });

  it('lights a border within a syllable, names the dominant speaker within 0.6 s, and tells each once', () => {
    expect(hear(200_000, { ann: -25, ben: silence })).to.deep.equal([{ speaking: ['ann'], dominant: null, isNews: true }]);
    expect(hear(2_000_000, { ann: -25, ben: silence })).to.deep.equal([{ speaking: ['ann'], dominant: 'ann', isNews: true }]);
    expect([speakers.isSpeaking('ann'), speakers.isSpeaking('ben'), speakers.shown]).to.deep.equal([true, false, 'ann']);
    expect(speakers.lastShownUs('ann')).to.equal(clock.nowUs());
  });

  it('takes one loud packet for no voice', () => {
    speakers.takeLevel('ann', 0);
    expect(speakers.update()).to.equal(undefined);
    expect(speakers.isSpeaking('ann')).to.equal(false);
  });

  it('bridges the pauses between words, and ends after 600 ms', () => {
    hear(1_000_000, { ann: -25 });
    expect(hear(400_000, { ann: silence }), 'a pause').to.deep.equal([]);
    hear(1_000_000, { ann: -25 });
    expect(hear(1_000_000, { ann: silence }), 'the end').to.deep.equal([{ speaking: [], dominant: 'ann', isNews: true }]);
  });

  it('ends with packets that stop', () => {
    hear(1_000_000, { ann: -25 });
    expect(hear(1_000_000, {})).to.deep.equal([{ speaking: [], dominant: 'ann', isNews: true }]);
  });

  it('lists him first who speaks more', () => {
    hear(600_000, { ann: -30 });
    hear(400_000, { ann: -30, ben: -20 });
    expect(speakers.speaking).to.deep.equal(['ann', 'ben']);
  });

  it('leaves the large picture with him who spoke last while everybody is silent', () => {
    hear(1_000_000, { ann: -25 });
    hear(60_000_000, { ann: silence, ben: silence });
    expect(speakers).to.include({ dominant: 'ann', shown: 'ann' });
  });

  it('changes the large picture no more often than each 2 s, and then says so without repeating who speaks', () => {
    hear(1_000_000, { ann: -25, ben: silence });
    expect(speakers.shown).to.equal('ann');
    const changes = hear(1_200_000, { ann: silence, ben: -25 });
    expect(speakers, 'dominant before he is shown').to.include({ dominant: 'ben', shown: 'ann' });
    expect(changes.length).to.be.greaterThan(0);
    expect(changes.every(({ isNews }) => isNews)).to.equal(true);
    expect(hear(1_000_000, { ann: silence, ben: -25 })).to.deep.equal([{ speaking: ['ben'], dominant: 'ben', isNews: false }]);
    expect(speakers.shown).to.equal('ben');
    expect(speakers.lastShownUs('ann')).to.be.below(speakers.lastShownUs('ben'));
  });

  it('has the large picture at once for somebody else when the one who has it leaves', () => {
    hear(1_000_000, { ann: -25, ben: silence });
    speakers.remove('ann');
    expect(speakers.update()).to.deep.equal({ speaking: [], dominant: null, isNews: true });
    hear(800_000, { ben: -25 });
    expect(speakers).to.include({ dominant: 'ben', shown: 'ben' });
  });

  it('forgets who has left', () => {
    hear(1_000_000, { ann: -25 });
    speakers.remove('ann');
    speakers.takeLevel('ann', -20);
    expect(speakers.isSpeaking('ann')).to.equal(false);
    expect(speakers.lastShownUs('ann')).to.equal(Number.NEGATIVE_INFINITY);
  });
});
