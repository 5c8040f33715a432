import { expect } from 'chai';
import { ManualClock } from '../../../mixer/index.js';
import { SpeakerLevels } from '../../../src/room/speaker-levels.js';
import { SpeakerOrder } from '../../../src/room/speaker-order.js';
import { newVoice } from '../../support/voices.js';
import { silence, sine } from '../../mixer/audio/microphones.js';
import { frameSamples, SoundRoom, tickUs, type Microphone, type SpeakerOptions } from '../../mixer/audio/speaker.js';

const second = 50;

/** Words of 800 ms with a gap in each syllable, then a pause in which the room hums. */
function speech(pauseTicks: number, amplitude = 0.08): Microphone {
  const [loud, hum] = [sine(200, amplitude), sine(100, 0.0007)];
  return (from, count) => {
    const tick = (from / frameSamples) % (40 + pauseTicks);
    return (tick < 40 && tick % 7 !== 6 ? loud : hum)(from, count);
  };
}

describe('SpeakerLevels', () => {
  let sound: SoundRoom;
  let clock: ManualClock;
  let speakers: SpeakerOrder;
  let levels: SpeakerLevels;
  const voices = { ann: newVoice(), ben: newVoice(), eve: newVoice() };
  /** What each was judged by, of each packet, and what he had claimed in it. */
  let judged: { readonly id: string; readonly levelDbov: number }[];
  let claimed: { readonly id: string; readonly levelDbov: number }[];

  beforeEach(async () => {
    sound = await SoundRoom.create();
    sound.listen({ mix: true, participantIds: [] });
    clock = new ManualClock(sound.nowUs);
    speakers = new SpeakerOrder({ clock });
    judged = [];
    claimed = [];
    const takeLevel = (id: string, levelDbov: number): void => {
      judged.push({ id, levelDbov });
      speakers.takeLevel(id, levelDbov);
    };
    levels = new SpeakerLevels({ clock, speakers: { add: (id) => speakers.add(id), remove: (id) => speakers.remove(id), takeLevel } });
    for (const id of ['ann', 'ben', 'eve'] as const) {
      voices[id] = newVoice();
      levels.add({ id, voice: voices[id] });
    }
    sound.onPacket = ({ participantId: id, levelDbov }) => {
      if (levelDbov === undefined) return;
      claimed.push({ id, levelDbov });
      levels.claim(id, levelDbov);
    };
  });

  afterEach(() => sound.close());

  async function join(...talkers: readonly SpeakerOptions[]): Promise<void> {
    await sound.join(...talkers);
  }

  /** The mixer hears them as a room lets it. Answers who was dominant at any time, and whose border was lit. */
  function hear(ticks: number): { readonly dominant: readonly string[]; readonly speaking: readonly string[] } {
    const [dominant, speaking] = [new Set<string>(), new Set<string>()];
    for (let tick = 0; tick < ticks; tick += 1) {
      sound.run(1);
      clock.advance(tickUs);
      for (const level of sound.levels.splice(0).flat()) levels.measure(level);
      if (tick % 5 === 0) speakers.decide();
      if (tick % 10 !== 0) continue;
      speakers.update();
      if (speakers.dominant !== null) dominant.add(speakers.dominant);
      for (const id of speakers.speaking) speaking.add(id);
    }
    return { dominant: [...dominant], speaking: [...speaking] };
  }

  for (const pauseMs of [400, 700, 1000, 1200, 1500]) {
    it(`takes nothing of his words from who claims what he sends, after pauses of ${pauseMs} ms`, async () => {
      await join({ participantId: 'ann', microphone: speech(pauseMs / 20) });
      expect(hear(20 * second).dominant).to.deep.equal(['ann']);
      expect(judged).to.deep.equal(claimed);
    });
  }

  it('does not let him lead who claims to shout and sends silence', async () => {
    await join({ participantId: 'eve', microphone: silence, claimsDbov: () => -10 });
    expect(hear(20 * second).dominant).to.deep.equal([]);
    await join({ participantId: 'ben', microphone: speech(10, 0.03) });
    expect(hear(5 * second).dominant, 'beside who speaks softly').to.deep.equal(['ben']);
  });

  it('nor him who does so in words, or in every other packet, or has hum beneath it', async () => {
    await join(
      { participantId: 'ann', microphone: silence, claimsDbov: (index) => (index % 60 < 35 ? -10 : -80) },
      { participantId: 'ben', microphone: silence, claimsDbov: (index) => (index % 2 === 0 ? -10 : undefined) },
      { participantId: 'eve', microphone: sine(120, 0.001), claimsDbov: () => -10 },
    );
    expect(hear(20 * second).dominant).to.deep.equal([]);
  });

  it('nor lets him keep the lead who has spoken, and goes on claiming', async () => {
    const spoken = (from: number, count: number): Float32Array => (from < 3 * second * frameSamples ? speech(10) : silence)(from, count);
    await join({ participantId: 'eve', microphone: spoken, claimsDbov: () => -20 });
    expect(hear(4 * second).dominant).to.deep.equal(['eve']);
    await join({ participantId: 'ben', microphone: speech(10, 0.03) });
    hear(2 * second);
    expect(hear(4 * second).dominant).to.deep.equal(['ben']);
  });

  it('knows of who claims nothing what is measured', async () => {
    await join({ participantId: 'ann', microphone: speech(10), levels: false });
    expect(hear(2 * second).dominant).to.deep.equal(['ann']);
  });

  it('has nobody speaking who is muted or on hold, whatever is claimed and measured of him', async () => {
    voices.ann.change({ muted: true });
    voices.ben.change({ hold: { sound: null } });
    await join({ participantId: 'ann', microphone: speech(10) }, { participantId: 'ben', microphone: speech(10), levels: false });
    expect(hear(5 * second)).to.deep.equal({ dominant: [], speaking: [] });
    await join({ participantId: 'eve', microphone: speech(10) });
    expect(hear(5 * second)).to.deep.equal({ dominant: ['eve'], speaking: ['eve'] });
  });

  it('takes nothing of who is gone', async () => {
    levels.remove('ann');
    await join({ participantId: 'ann', microphone: speech(10) });
    expect(hear(2 * second)).to.deep.equal({ dominant: [], speaking: [] });
    expect(judged).to.deep.equal([]);
  });

  it('holds to the verdict until another is told', () => {
    const judge = (level: number): number | undefined => {
      levels.claim('ann', level);
      return judged.at(-1)?.levelDbov;
    };
    expect(judge(-10)).to.equal(-10);
    levels.measure({ participantId: 'ann', levelDbov: -50, capDbov: -48 });
    clock.advance(60_000_000);
    expect([judge(-10), judge(-55)]).to.deep.equal([-48, -55]);
    levels.measure({ participantId: 'ann', levelDbov: undefined, capDbov: 0 });
    expect(judge(-10)).to.equal(-10);
  });
});
