import { expect } from 'chai';
import { ManualClock } from '../../../mixer/index.js';
import { LevelClaims } from '../../../src/room/level-claims.js';
import { SpeakerLevels } from '../../../src/room/speaker-levels.js';
import { SpeakerOrder } from '../../../src/room/speaker-order.js';
import { newVoice } from '../../support/voices.js';

const packetUs = 20_000;
const silence = -127;
/** From a packet to the measurement of what was in it: 60 ms of playout, and up to 100 until it is told. */
const measuredAfterUs = 160_000;

interface Talker {
  /** Of the packet of so many microseconds after his first; undefined: he sends no levels. */
  readonly claims: (us: number) => number | undefined;
  /** As it is decoded. */
  readonly sounds: (us: number) => number;
  /** Whether the mixer decodes him. */
  readonly isDecoded?: (us: number) => boolean;
}

/** Words of 500 ms with a gap in each syllable, and pauses between them. */
const speech = (loudDbov: number) => (us: number): number => (us % 700_000 >= 500_000 || (us / packetUs) % 7 === 6 ? -66 : loudDbov);
const nothing = (): number => silence;

describe('SpeakerLevels', () => {
  let clock: ManualClock;
  let speakers: SpeakerOrder;
  let levels: SpeakerLevels;
  const voices = { ann: newVoice(), ben: newVoice(), eve: newVoice() };

  beforeEach(() => {
    clock = new ManualClock(5_000_000);
    speakers = new SpeakerOrder({ clock });
    levels = new SpeakerLevels({ clock, speakers });
    for (const id of ['ann', 'ben', 'eve'] as const) {
      voices[id] = newVoice();
      levels.add({ id, voice: voices[id] });
    }
  });

  /** Answers who was dominant at any time, and whose border was lit. */
  function hear(forUs: number, talkers: Readonly<Record<string, Talker>>): { readonly dominant: readonly string[]; readonly speaking: readonly string[] } {
    const dominant = new Set<string>();
    const speaking = new Set<string>();
    for (let us = 0; us < forUs; us += packetUs) {
      clock.advance(packetUs);
      for (const [id, { claims, sounds, isDecoded = () => true }] of Object.entries(talkers)) {
        const claimed = claims(us);
        if (claimed !== undefined) levels.claim(id, claimed);
        if (us < measuredAfterUs || us % 100_000 !== 60_000 || !isDecoded(us)) continue;
        const heard = Array.from({ length: 5 }, (_unused, at) => 10 ** (sounds(us - measuredAfterUs + at * packetUs) / 10));
        levels.measure(id, Math.max(silence, Math.round(10 * Math.log10(heard.reduce((sum, power) => sum + power, 0) / 5))));
      }
      if (us % 100_000 === 0) speakers.decide();
      if (us % 200_000 !== 0) continue;
      speakers.update();
      if (speakers.dominant !== null) dominant.add(speakers.dominant);
      for (const id of speakers.speaking) speaking.add(id);
    }
    return { dominant: [...dominant], speaking: [...speaking] };
  }

  it('does not let him lead who claims to shout and sends silence', () => {
    const liar = { claims: speech(-10), sounds: nothing };
    expect(hear(20_000_000, { ann: liar }).dominant).to.deep.equal([]);
    expect(hear(5_000_000, { ann: liar, ben: { claims: speech(-40), sounds: speech(-40) } }).dominant, 'beside who speaks softly').to.deep.equal(['ben']);
  });

  it('nor him who is no longer decoded because he was found out', () => {
    expect(hear(20_000_000, { ann: { claims: () => -10, sounds: nothing, isDecoded: (us) => us < 1_000_000 } }).dominant).to.deep.equal([]);
  });

  it('nor him who sends hum beneath it', () => {
    expect(hear(20_000_000, { ann: { claims: speech(-10), sounds: () => -60 } }).dominant).to.deep.equal([]);
  });

  it('takes nothing from who claims what he sends, after pauses as well', () => {
    const { dominant } = hear(1_000_000, { ann: { claims: speech(-25), sounds: speech(-25) } });
    expect(dominant).to.deep.equal(['ann']);
    const later = (us: number): number => (us < 2_800_000 ? -66 : speech(-30)(us));
    const silent = { claims: () => -66, sounds: () => -66 };
    expect(hear(3_800_000, { ann: silent, ben: { claims: later, sounds: later, isDecoded: (us) => us >= 2_800_000 + measuredAfterUs } }).dominant, 'Ben within a second').to.include('ben');
    expect(hear(4_200_000, { ben: silent, eve: { claims: later, sounds: later } }).dominant, 'of whom noise was measured until then: 0.4 s later').to.include('eve');
  });

  it('knows of who claims nothing what is measured', () => {
    expect(hear(2_000_000, { ann: { claims: () => undefined, sounds: speech(-25) } }).dominant).to.deep.equal(['ann']);
  });

  it('has nobody speaking who is muted or on hold, whatever is claimed and measured of him', () => {
    voices.ann.change({ muted: true });
    voices.ben.change({ hold: { sound: null } });
    const loud = { claims: speech(-10), sounds: speech(-10) };
    expect(hear(5_000_000, { ann: loud, ben: loud })).to.deep.equal({ dominant: [], speaking: [] });
    expect(hear(5_000_000, { ann: loud, ben: { claims: () => undefined, sounds: speech(-10) }, eve: loud })).to.deep.equal({ dominant: ['eve'], speaking: ['eve'] });
  });

  it('takes nothing of who is gone', () => {
    levels.remove('ann');
    const loud = { claims: speech(-10), sounds: speech(-10) };
    expect(hear(2_000_000, { ann: loud })).to.deep.equal({ dominant: [], speaking: [] });
  });
});

describe('LevelClaims', () => {
  it('believes what is claimed until something was measured, and half a second after that', () => {
    const claims = new LevelClaims();
    expect(claims.claim(-10, 0)).to.equal(-10);
    claims.measure(-50, 100_000);
    expect([claims.claim(-10, 110_000), claims.claim(-45, 120_000)], '10 dB are a client\'s way to measure').to.deep.equal([-40, -45]);
    claims.measure(-30, 200_000);
    claims.measure(-60, 300_000);
    expect(claims.claim(-10, 400_000), 'the loudest counts').to.equal(-20);
    expect(claims.claim(-70, 799_999)).to.equal(-70);
    expect(claims.claim(-10, 899_999), 'as long as he goes on claiming').to.equal(-20);
    expect(claims.claim(-10, 1_500_000)).to.equal(-10);
  });

  it('knows who claims', () => {
    const claims = new LevelClaims();
    expect(claims.isClaiming(0)).to.equal(false);
    claims.claim(-127, 0);
    expect([claims.isClaiming(499_999), claims.isClaiming(500_000)]).to.deep.equal([true, false]);
  });
});
