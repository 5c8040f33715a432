import { expect } from 'chai';
import { RoomSounds } from '../../../src/room/room-sounds.js';
import type { RoomRequests, SoundDescription } from '../../../src/rooms/protocol.js';
import { CommandList } from './room-rig.js';

const chime = { file: 'chime.wav', path: '/sounds/chime.wav' };

describe('RoomSounds', () => {
  let mixer: CommandList;
  let sounds: RoomSounds;
  let people: Set<string>;
  let told: SoundDescription[];
  let second: number;

  beforeEach(() => {
    mixer = new CommandList();
    people = new Set(['ann', 'ben']);
    told = [];
    second = 0;
    sounds = new RoomSounds({ mixer, hasParticipant: (id) => people.has(id), checkListeners: () => undefined, now: () => `2026-01-01T00:00:0${second}.000Z`, onChanged: (sound) => told.push(sound) });
  });

  function play(soundId: string, wishes: Partial<RoomRequests['playSound']['params']> = {}): SoundDescription {
    return sounds.play({ soundId, sound: chime, loop: false, gainDb: 0, participantIds: null, ...wishes });
  }

  it('plays to everyone, and tells the beginning and the end', () => {
    const begun = { id: 's', file: 'chime.wav', loop: false, gainDb: -6, participantIds: null, status: 'playing', startedAt: '2026-01-01T00:00:00.000Z', endedAt: null, error: null };
    expect(play('s', { gainDb: -6 })).to.deep.equal(begun);
    expect(mixer.commands).to.deep.equal([{ type: 'playSound', sound: { soundId: 's', path: '/sounds/chime.wav', loop: false, gainDb: -6, participantIds: undefined } }]);
    expect(sounds.describe()).to.deep.equal([begun]);
    second = 2;
    sounds.end('s', undefined);
    expect(told).to.deep.equal([begun, { ...begun, status: 'ended', endedAt: '2026-01-01T00:00:02.000Z' }]);
    expect(sounds.describe()).to.deep.equal([]);
    sounds.end('s', undefined);
    expect(told.length).to.equal(2);
  });

  it('is stopped once, and says so when it has ended', () => {
    play('s', { loop: true });
    sounds.stop('s');
    sounds.stop('s');
    expect(mixer.of('stopSound')).to.deep.equal([{ type: 'stopSound', soundId: 's' }]);
    expect(told.length).to.equal(1);
    sounds.end('s', undefined);
    expect(told.at(-1)?.status).to.equal('stopped');
    expect(() => sounds.stop('s')).to.throw().with.property('code', 'sound_not_playing');
  });

  for (const [error, code] of [['sound_too_long', 'sound_too_long'], ['sound_unreadable', 'sound_unreadable'], ['something else', 'sound_unreadable']] as const) {
    it(`fails with ${code} when the mixer says ${error}`, () => {
      play('s');
      sounds.end('s', error);
      expect(told.at(-1)).to.include({ status: 'failed', error: code });
    });
  }

  it('plays to some, who must be there; and to nobody no more', () => {
    expect(() => play('s', { participantIds: ['ann', 'max'] })).to.throw().with.deep.property('details', { participantIds: ['max'] });
    expect(mixer.commands).to.deep.equal([]);
    play('s', { participantIds: ['ann', 'ben'], loop: true });
    play('all', { loop: true });
    people.delete('ann');
    sounds.forget();
    expect(mixer.of('stopSound')).to.deep.equal([]);
    people.delete('ben');
    sounds.forget();
    expect(mixer.of('stopSound')).to.deep.equal([{ type: 'stopSound', soundId: 's' }]);
  });

  it('plays eight at a time and no more', () => {
    for (let i = 0; i < 8; i += 1) play(`s${i}`);
    expect(() => play('one more')).to.throw().with.property('code', 'too_many_sounds');
    sounds.end('s3', undefined);
    play('one more');
  });
});
