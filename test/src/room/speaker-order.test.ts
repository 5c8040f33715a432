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

  /** So long everybody's packets have these levels; answers what changed meanwhile. */
  function hear(forUs: number, levels: Readonly<Record<string, number>>): SpeakerChange[] {
    const changes: SpeakerChange[] = [];
    for (let us = packetUs; us <= forUs; us += packetUs) {
      clock.advance(packetUs);
      for (const [id, levelDbov] of Object.entries(levels)) speakers.takeLevel(id, levelDbov);
      const change = us % 200_000 === 0 ? speakers.update() : undefined;
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  it('has nobody speaking or dominant in a quiet room', () => {
    expect(hear(2_000_000, { ann: -70, ben: silence })).to.deep.equal([]);
    expect(speakers.dominant).to.equal(null);
    expect(speakers.lastDominantUs('ann')).to.equal(Number.NEGATIVE_INFINITY);
  });

  it('notices a voice within a syllable, and tells it once', () => {
    expect(hear(600_000, { ann: -25, ben: silence })).to.deep.equal([{ speaking: ['ann'], dominant: 'ann' }]);
    expect(speakers.isSpeaking('ann')).to.equal(true);
    expect(speakers.isSpeaking('ben')).to.equal(false);
    expect(speakers.lastDominantUs('ann')).to.equal(clock.nowUs());
  });

  it('takes one loud packet for no voice', () => {
    speakers.takeLevel('ann', -20);
    expect(speakers.update()).to.equal(undefined);
    expect(speakers.isSpeaking('ann')).to.equal(false);
  });

  it('bridges the pauses between words, and ends after 600 ms and the fall of the level', () => {
    hear(1_000_000, { ann: -25 });
    expect(hear(400_000, { ann: silence }), 'a pause').to.deep.equal([]);
    hear(1_000_000, { ann: -25 });
    const end = hear(1_400_000, { ann: silence });
    expect(end, 'the end').to.deep.equal([{ speaking: [], dominant: 'ann' }]);
  });

  it('lists the loudest first', () => {
    hear(600_000, { ann: -30, ben: -20 });
    expect(speakers.speaking).to.deep.equal(['ben', 'ann']);
  });

  it('leaves the large tile with him who spoke last while everybody is silent', () => {
    hear(1_000_000, { ann: -25 });
    hear(60_000_000, { ann: silence, ben: silence });
    expect(speakers.dominant).to.equal('ann');
  });

  it('does not give the large tile to a cough', () => {
    hear(1_000_000, { ann: -25, ben: silence });
    hear(3_000_000, { ann: silence, ben: silence });
    hear(200_000, { ann: silence, ben: -15 });
    expect(speakers.isSpeaking('ben')).to.equal(true);
    expect(speakers.dominant).to.equal('ann');
  });

  it('gives it in a silence to who speaks for 400 ms', () => {
    hear(1_000_000, { ann: -25, ben: silence });
    hear(3_000_000, { ann: silence, ben: silence });
    hear(600_000, { ann: silence, ben: -30 });
    expect(speakers.dominant).to.equal('ben');
  });

  it('gives it away from a speaker only to one who is louder by 3 dB, for 1.5 s', () => {
    hear(2_000_000, { ann: -30, ben: silence });
    hear(5_000_000, { ann: -30, ben: -28 });
    expect(speakers.dominant, 'not loud enough').to.equal('ann');
    hear(3_000_000, { ann: -30, ben: silence });
    hear(1_400_000, { ann: -30, ben: -20 });
    expect(speakers.dominant, 'not long enough').to.equal('ann');
    hear(400_000, { ann: -30, ben: -20 });
    expect(speakers.dominant).to.equal('ben');
  });

  it('begins anew with a microphone that was off: its last word is not its level', () => {
    hear(1_000_000, { ann: -15, ben: silence });
    hear(10_000_000, { ben: silence });
    expect(speakers.isSpeaking('ann')).to.equal(false);
    expect(hear(1_000_000, { ann: -70, ben: silence })).to.deep.equal([]);
  });

  it('forgets who has left', () => {
    hear(1_000_000, { ann: -25 });
    speakers.remove('ann');
    expect(speakers.update()).to.deep.equal({ speaking: [], dominant: null });
    speakers.takeLevel('ann', -20);
    expect(speakers.isSpeaking('ann')).to.equal(false);
    expect(speakers.lastDominantUs('ann')).to.equal(Number.NEGATIVE_INFINITY);
  });
});
