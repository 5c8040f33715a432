import { expect } from 'chai';
import { ManualClock, type MixerCommand } from '../../../mixer/index.js';
import { Participant } from '../../../src/room/participant.js';
import { RoomVoices } from '../../../src/room/room-voices.js';
import { SpeakerOrder } from '../../../src/room/speaker-order.js';
import type { VoiceChanges } from '../../../src/rooms/protocol.js';
import { newVoice } from '../../support/voices.js';
import { CommandList, OpenSession } from './room-rig.js';

const music = { file: 'music.ogg', path: '/sounds/music.ogg' };
const nobody = { restDb: null, sources: {} };

describe('RoomVoices', () => {
  let mixer: CommandList;
  let voices: RoomVoices;
  let soundIds: Map<string, readonly string[]>;
  let people: Record<'ann' | 'ben' | 'eve', Participant>;

  beforeEach(async () => {
    mixer = new CommandList();
    soundIds = new Map();
    voices = new RoomVoices({ mixer, maxHearingGroups: 2, soundIdsOf: (id) => soundIds.get(id) ?? [] });
    people = { ann: await enter('ann'), ben: await enter('ben'), eve: await enter('eve') };
    mixer.clear();
  });

  async function enter(id: string): Promise<Participant> {
    const { session } = await OpenSession.create({ id, participantId: id, isPublishing: true });
    const participant = new Participant({ id, name: id, kind: 'browser', joinedAt: '', csrc: 0, session, voice: newVoice() });
    participant.setMedia({ audio: true, video: false, screen: false });
    voices.add(participant);
    return participant;
  }

  /** The commands that it brings about. */
  function change(id: keyof typeof people, changes: VoiceChanges): readonly MixerCommand[] {
    mixer.clear();
    voices.change(people[id], changes);
    return [...mixer.commands];
  }

  it('tells the mixer of a newcomer what the room has for him', async () => {
    await enter('max');
    expect(mixer.commands).to.deep.equal([{ type: 'setVoice', participantId: 'max', voice: { muted: false, gainDb: 0, levelled: true, noiseSuppressed: false } }]);
  });

  it('lets who comes into a side talk hear it as everybody, until he is given a row', async () => {
    const without = { rest: 0, sources: { ann: null, ben: null } };
    voices = new RoomVoices({ mixer, maxHearingGroups: 3, soundIdsOf: () => [] });
    people = { ann: await enter('ann'), ben: await enter('ben'), eve: await enter('eve') };
    change('ann', { hears: { rest: -20, sources: { ben: 0 } } });
    change('ben', { hears: { rest: -20, sources: { ann: 0 } } });
    change('eve', { hears: without });
    mixer.clear();
    const newcomer = await enter('max');
    expect(mixer.of('setHearing')).to.deep.equal([]);
    expect(newcomer.voice.hears).to.deep.equal({ rest: 0, sources: {} });
    voices.change(newcomer, { hears: without });
    expect(mixer.of('setHearing')).to.deep.equal([{ type: 'setHearing', participantId: 'max', hearing: { restDb: 0, sources: { ann: null, ben: null } } }]);
  });

  it('refuses a change that would make more different mixes than there may be, and changes nothing then', () => {
    const row = { rest: 0, sources: { eve: -10 } };
    change('ann', { hears: { rest: -10, sources: {} } });
    change('ben', { hears: row });
    expect(() => change('eve', { hears: { rest: -20, sources: {} }, muted: true })).to.throw().with.property('code', 'too_many_hearing_groups');
    expect(people.eve.voice.describe()).to.deep.include({ hears: { rest: 0, sources: {} }, muted: false });
    expect(voices.stats()).to.deep.equal({ hearingGroups: 2, refusedHearingGroups: 1 });
    expect(change('eve', { hears: { rest: -10, sources: { ann: -10 } } }), 'as Ann hears').to.have.lengthOf(1);
    expect(change('ben', { hears: { rest: -3, sources: {} } }), 'instead of his row').to.have.lengthOf(1);
    change('ben', { hears: { rest: 0, sources: {} } });
    expect(voices.stats()).to.deep.equal({ hearingGroups: 1, refusedHearingGroups: 1 });
  });

  it('lets anybody be deafened and held, and hear again, however many different mixes there are', () => {
    change('ann', { hears: { rest: -10, sources: {} } });
    change('ben', { hears: { rest: -20, sources: {} } });
    expect(change('eve', { deaf: true })).to.deep.equal([{ type: 'setHearing', participantId: 'eve', hearing: nobody }]);
    change('eve', { hold: { sound: music } });
    change('ann', { hold: { sound: null } });
    expect(() => change('eve', { hears: { rest: -30, sources: {} } }), 'his row counts again when he hears').to.throw().with.property('code', 'too_many_hearing_groups');
    change('eve', { hears: { rest: null, sources: { ann: null } } });
    for (const id of ['eve', 'ann'] as const) change(id, { deaf: false, hold: false });
    expect(people.ann.voice.hearing).to.deep.equal({ restDb: -10, sources: {} });
    expect(voices.stats()).to.deep.equal({ hearingGroups: 2, refusedHearingGroups: 1 });
  });

  it('counts the sounds that are played to some: each set of them is a mix of its own', () => {
    voices.checkSound(['ann', 'ben']);
    soundIds = new Map([['ann', ['a']], ['ben', ['a']]]);
    expect(voices.stats()['hearingGroups']).to.equal(1);
    voices.checkSound(['eve']);
    voices.checkSound(['ann', 'ben', 'eve']);
    voices.checkSound(['ann', 'ben']);
    soundIds = new Map([['ann', ['a', 'b']], ['ben', ['a']]]);
    expect(() => voices.checkSound(['eve'])).to.throw().with.property('code', 'too_many_hearing_groups');
    expect(() => change('eve', { hears: { rest: -10, sources: {} } })).to.throw().with.property('code', 'too_many_hearing_groups');
    expect(() => change('ann', { hold: { sound: music } }), 'music with sounds in it').to.throw().with.property('code', 'too_many_hearing_groups');
    expect(voices.stats()).to.deep.equal({ hearingGroups: 2, refusedHearingGroups: 3 });
    expect(change('eve', { hold: { sound: music } }), 'music alone').to.have.lengthOf(3);
    change('ann', { deaf: true });
    soundIds = new Map();
    expect(voices.stats()['hearingGroups']).to.equal(0);
  });

  it('plays so many different files to people on hold, and no more', async () => {
    const crowd: Participant[] = [];
    for (let at = 0; at < 9; at += 1) crowd.push(await enter(`held-${at}`));
    const hold = (at: number, file: number): void => voices.change(crowd[at]!, { hold: { sound: { file: `${file}.ogg`, path: `/sounds/${file}.ogg` } } });
    for (let at = 0; at < 8; at += 1) hold(at, at);
    expect(() => hold(8, 8)).to.throw().with.property('code', 'too_many_sounds');
    expect(crowd[8]?.voice.describe().onHold).to.equal(false);
    hold(8, 7);
    expect(crowd[8]?.voice.describe().holdSound).to.equal('7.ogg');
    expect(() => hold(8, 9), 'the seventh is still waited with').to.throw().with.property('code', 'too_many_sounds');
    hold(0, 9);
    expect(crowd[0]?.voice.describe().holdSound, 'in the place of his own').to.equal('9.ogg');
    expect(mixer.commands.slice(-2).map(({ type }) => type)).to.deep.equal(['stopSound', 'playSound']);
  });

  it('keeps in a row what it says, and no more digits than are heard', () => {
    change('ann', { gainDb: -3.14159, hears: { rest: -20.0001, sources: { ben: -20, eve: 1.26 } } });
    expect(people.ann.voice.describe()).to.deep.include({ gainDb: -3.1, hears: { rest: -20, sources: { eve: 1.3 } } });
    expect(change('ann', { gainDb: -3.1, hears: { rest: -20, sources: { eve: 1.3 } } }), 'that is what the mixer has').to.deep.equal([]);
    expect(change('ben', { hears: { rest: -0.01, sources: { ann: 0, eve: 0.04 } } }), 'everyone as he is').to.deep.equal([]);
    expect(JSON.stringify(people.ben.voice.hears)).to.equal('{"rest":0,"sources":{}}');
  });

  it('refuses rows of a great room that would be too long to be told to everybody', async () => {
    voices = new RoomVoices({ mixer, maxHearingGroups: 50, soundIdsOf: () => [] });
    people = { ann: await enter('ann'), ben: await enter('ben'), eve: await enter('eve') };
    const crowd: Participant[] = [];
    for (let at = 0; at < 1000; at += 1) crowd.push(await enter(`guest-${at}`));
    const row = (names: number): VoiceChanges => ({ hears: { rest: null, sources: Object.fromEntries(crowd.slice(0, names).map(({ id }) => [id, 0])) } });
    for (let at = 0; at < 5; at += 1) voices.change(crowd[999 - at]!, row(995));
    voices.change(people.ann, row(25));
    expect(() => voices.change(people.ben, row(1))).to.throw().with.property('code', 'too_many_hearing_entries');
    expect(people.ben.voice.hears).to.deep.equal({ rest: 0, sources: {} });
    voices.change(people.ann, row(25));
    voices.change(people.ann, row(24));
    voices.change(people.ben, row(1));
  });

  it('tells what changes, and only that', () => {
    expect(change('ann', { muted: true })).to.deep.equal([{ type: 'setVoice', participantId: 'ann', voice: { muted: true, gainDb: 0, levelled: true, noiseSuppressed: false } }]);
    expect(change('ann', { muted: true })).to.deep.equal([]);
    expect(change('ann', { gainDb: -20 })).to.deep.equal([{ type: 'setVoice', participantId: 'ann', voice: { muted: true, gainDb: -20, levelled: true, noiseSuppressed: false } }]);
    expect(change('ann', { muted: false, gainDb: 0 })).to.deep.equal([{ type: 'setVoice', participantId: 'ann', voice: { muted: false, gainDb: 0, levelled: true, noiseSuppressed: false } }]);
    expect(change('ann', { noiseSuppression: true, levelling: false })).to.deep.equal([{ type: 'setVoice', participantId: 'ann', voice: { muted: false, gainDb: 0, levelled: false, noiseSuppressed: true } }]);
    expect(change('ben', {})).to.deep.equal([]);
  });

  it('makes one row of the matrix of deafness and of whom he hears', () => {
    const row = { rest: -20, sources: { ben: 0, eve: null } };
    expect(change('ann', { hears: row })).to.deep.equal([{ type: 'setHearing', participantId: 'ann', hearing: { restDb: -20, sources: { ben: 0, eve: null } } }]);
    expect(change('ann', { deaf: true })).to.deep.equal([{ type: 'setHearing', participantId: 'ann', hearing: nobody }]);
    expect(people.ann.voice.describe()).to.deep.include({ deaf: true, hears: row });
    expect(change('ann', { deaf: false })).to.deep.equal([{ type: 'setHearing', participantId: 'ann', hearing: { restDb: -20, sources: { ben: 0, eve: null } } }]);
    expect(change('ann', { hears: { rest: 0, sources: {} } })).to.deep.equal([{ type: 'setHearing', participantId: 'ann', hearing: { restDb: 0, sources: {} } }]);
  });

  it('refuses rows with strangers or himself, and changes nothing then', () => {
    const refused = (sources: Record<string, number | null>): unknown => {
      try {
        change('ann', { muted: true, hears: { rest: 0, sources } });
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(refused({ ben: 0, nobody: -3, ann: 0 })).to.deep.include({ code: 'unknown_participants', details: { participantIds: ['nobody', 'ann'] } });
    expect(refused(JSON.parse('{"__proto__":0,"constructor":1}') as Record<string, number>)).to.deep.include({ details: { participantIds: ['__proto__', 'constructor'] } });
    expect(mixer.commands).to.deep.equal([]);
    expect(people.ann.voice.describe()).to.deep.include({ muted: false, hears: { rest: 0, sources: {} } });
  });

  it('forgets whoever left in the rows of the others', () => {
    change('ann', { hears: { rest: null, sources: { ben: 0, eve: -6 } } });
    mixer.clear();
    voices.remove('eve');
    expect(mixer.commands).to.deep.equal([{ type: 'setHearing', participantId: 'ann', hearing: { restDb: null, sources: { ben: 0 } } }]);
    expect(people.ann.voice.describe().hears).to.deep.equal({ rest: null, sources: { ben: 0 } });
    expect(() => change('ann', { hears: { rest: 0, sources: { eve: 0 } } })).to.throw().with.property('code', 'unknown_participants');
  });

  it('puts on hold: silent both ways, with music for him alone, and gives back what was set', () => {
    change('ann', { gainDb: 3, hears: { rest: -10, sources: {} } });
    expect(change('ann', { hold: { sound: music } })).to.deep.equal([
      { type: 'setVoice', participantId: 'ann', voice: { muted: true, gainDb: 3, levelled: true, noiseSuppressed: false } },
      { type: 'setHearing', participantId: 'ann', hearing: nobody },
      { type: 'playSound', sound: { soundId: 'hold-1', path: music.path, loop: true, gainDb: 0, participantIds: ['ann'] } },
    ]);
    expect(people.ann.voice.describe()).to.deep.include({ muted: false, onHold: true, holdSound: 'music.ogg', hears: { rest: -10, sources: {} } });
    expect(change('ann', { hold: { sound: music } })).to.deep.equal([]);
    expect(change('ann', { gainDb: 5, muted: true, deaf: true })).to.deep.equal([{ type: 'setVoice', participantId: 'ann', voice: { muted: true, gainDb: 5, levelled: true, noiseSuppressed: false } }]);
    expect(change('ann', { muted: false, deaf: false })).to.deep.equal([]);
    expect(change('ann', { hold: false })).to.deep.equal([
      { type: 'setVoice', participantId: 'ann', voice: { muted: false, gainDb: 5, levelled: true, noiseSuppressed: false } },
      { type: 'setHearing', participantId: 'ann', hearing: { restDb: -10, sources: {} } },
      { type: 'stopSound', soundId: 'hold-1' },
    ]);
    expect(people.ann.voice.describe()).to.deep.include({ onHold: false, holdSound: null });
  });

  it('changes the music of a hold, and takes it along when he leaves', () => {
    const other = { file: 'other.wav', path: '/sounds/other.wav' };
    change('ann', { hold: { sound: music } });
    expect(change('ann', { hold: { sound: other } })).to.deep.equal([
      { type: 'stopSound', soundId: 'hold-1' },
      { type: 'playSound', sound: { soundId: 'hold-2', path: other.path, loop: true, gainDb: 0, participantIds: ['ann'] } },
    ]);
    // The end of the one that was stopped comes late.
    expect(voices.endSound('hold-1')).to.equal(false);
    expect(people.ann.voice.describe().holdSound).to.equal('other.wav');
    mixer.clear();
    voices.remove('ann');
    expect(mixer.commands).to.deep.equal([{ type: 'stopSound', soundId: 'hold-2' }]);
  });

  it('plays one sound to all who wait with the same file, and stops it with the last of them', () => {
    change('ann', { hold: { sound: music } });
    const [,, joined] = change('ben', { hold: { sound: music } });
    expect(joined).to.deep.equal({ type: 'setSoundListeners', soundId: 'hold-1', participantIds: ['ann', 'ben'] });
    expect(voices.stats()['hearingGroups']).to.equal(0);
    expect(change('ann', { hold: false })).to.deep.include({ type: 'setSoundListeners', soundId: 'hold-1', participantIds: ['ben'] });
    expect(change('ben', { hold: false })).to.deep.include({ type: 'stopSound', soundId: 'hold-1' });
    change('ann', { hold: { sound: music } });
    change('ben', { hold: { sound: music } });
    expect(voices.endSound('hold-2')).to.equal(true);
    expect([people.ann, people.ben].map(({ voice }) => voice.describe().holdSound)).to.deep.equal([null, null]);
  });

  it('lets him wait in silence when there is no music, or it cannot be played', () => {
    expect(change('ben', { hold: { sound: null } }).map(({ type }) => type)).to.deep.equal(['setVoice', 'setHearing']);
    change('ann', { hold: { sound: music } });
    expect(voices.endSound('hold-1')).to.equal(true);
    expect(people.ann.voice.describe()).to.deep.include({ onHold: true, holdSound: null });
    expect(change('ann', { hold: false }).map(({ type }) => type)).to.deep.equal(['setVoice', 'setHearing']);
  });

  it('lets a muted person look muted in the picture, whatever he says himself', () => {
    change('ann', { muted: true });
    change('ben', { hold: { sound: null } });
    const speakers = new SpeakerOrder({ clock: new ManualClock(0) });
    expect(Object.values(people).map((participant) => participant.seat(speakers).audio)).to.deep.equal([false, false, true]);
    expect(people.ann.media.audio).to.equal(true);
  });
});
