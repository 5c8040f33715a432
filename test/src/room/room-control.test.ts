import { expect } from 'chai';
import { ManualClock } from '../../../mixer/index.js';
import { Participant } from '../../../src/room/participant.js';
import { RoomControl } from '../../../src/room/room-control.js';
import { newVoice } from '../../support/voices.js';
import { CommandList, OpenSession } from './room-rig.js';

describe('RoomControl', () => {
  it('makes no more mixes than there may be of sounds that are played to some', async () => {
    const mixer = new CommandList();
    const people = new Map<string, Participant>();
    const requireParticipant = (id: string): Participant => people.get(id)!;
    const control = new RoomControl({
      mixer,
      clock: { nowUs: () => new ManualClock(0).nowUs(), wallClockZeroUs: () => 0 },
      maxHearingGroups: 8,
      sessions: { findParticipant: (id) => people.get(id), requireParticipant, end: () => Promise.resolve() },
      onChanged: () => undefined,
      onSound: () => undefined,
    });
    for (let at = 0; at < 50; at += 1) {
      const id = `guest-${at}`;
      const { session } = await OpenSession.create({ id, participantId: id, isPublishing: true });
      const participant = new Participant({ id, name: id, kind: 'browser', joinedAt: '', csrc: 0, session, voice: newVoice() });
      people.set(id, participant);
      control.enter(participant);
    }
    // To everyone whose number has that bit: 2^6 sets of sounds, if they were let.
    const play = (bit: number): void => {
      const participantIds = [...people.keys()].filter((_, at) => (at & (1 << bit)) !== 0);
      control.play({ soundId: `s${bit}`, sound: { file: 'a.wav', path: '/a.wav' }, loop: true, gainDb: 0, participantIds });
    };
    for (const bit of [0, 1, 2]) play(bit);
    for (const bit of [3, 4, 5]) expect(() => play(bit), `sound ${bit}`).to.throw().with.property('code', 'too_many_hearing_groups');
    expect(mixer.of('playSound').map(({ sound }) => sound.soundId)).to.deep.equal(['s0', 's1', 's2']);
    expect(control.stats()).to.deep.equal({ hearingGroups: 7, refusedHearingGroups: 3 });
    control.play({ soundId: 'all', sound: { file: 'a.wav', path: '/a.wav' }, loop: false, gainDb: 0, participantIds: null });
    control.endSound('s2', undefined);
    play(3);
  });
});
