import { expect } from 'chai';
import type { HeardVoice } from '../../../mixer/index.js';
import { LevelWatchers, type ToldLevels } from '../../../src/room/level-watchers.js';
import type { ParticipantVoice } from '../../../src/room/participant-voice.js';
import { newVoice } from '../../support/voices.js';

const data = new Uint8Array(0);

describe('LevelWatchers', () => {
  let watchers: LevelWatchers;
  let voices: Map<string, ParticipantVoice>;

  beforeEach(() => {
    watchers = new LevelWatchers();
    voices = new Map(['ann', 'ben', 'eve'].map((id) => [id, newVoice()]));
    for (const id of ['ann', 'ben']) watchers.watch(id);
  });

  function heard(levels: Readonly<Record<string, number>>): readonly HeardVoice[] {
    return Object.entries(levels).map(([participantId, levelDbov]) => ({ participantId, levelDbov }));
  }

  const tell = (): readonly ToldLevels[] => watchers.tell((id) => voices.get(id));

  it('are told of the mix, nothing twice, and once that nobody is heard', () => {
    expect(tell(), 'nobody, as at the beginning').to.deep.equal([]);
    watchers.take({ heard: heard({ eve: -20 }), streams: [] });
    expect(tell()).to.deep.equal([{ sessionIds: ['ann', 'ben'], levels: { eve: -20 } }]);
    watchers.take({ heard: heard({ eve: -20 }), streams: [{ participantIds: ['ann'], heard: undefined, data }] });
    expect(tell()).to.deep.equal([]);
    expect(tell()).to.deep.equal([{ sessionIds: ['ann', 'ben'], levels: {} }]);
    expect(tell()).to.deep.equal([]);
  });

  it('of whom one comes later is told how it is', () => {
    watchers.take({ heard: heard({ eve: -20 }), streams: [] });
    tell();
    watchers.watch('eve');
    watchers.watch('ann');
    watchers.take({ heard: heard({ eve: -20 }), streams: [] });
    expect(tell()).to.deep.equal([{ sessionIds: ['eve'], levels: { eve: -20 } }]);
  });

  it('who are deaf or on hold are told that they hear nobody, and nothing after that', () => {
    watchers.take({ heard: heard({ eve: -20 }), streams: [] });
    tell();
    voices.get('ann')?.change({ deaf: true });
    voices.get('ben')?.change({ hold: { sound: null } });
    watchers.take({ heard: heard({ eve: -30 }), streams: [{ participantIds: ['ann', 'ben'], heard: [], data }] });
    expect(tell()).to.deep.equal([{ sessionIds: ['ann', 'ben'], levels: {} }]);
    watchers.take({ heard: heard({ eve: -10 }), streams: [{ participantIds: ['ann', 'ben'], heard: [], data }] });
    expect(tell()).to.deep.equal([]);
    voices.get('ann')?.change({ deaf: false });
    watchers.take({ heard: heard({ eve: -10 }), streams: [] });
    expect(tell()).to.deep.equal([{ sessionIds: ['ann'], levels: { eve: -10 } }]);
  });

  it('who have a row of their own are told of the stream that they get', () => {
    voices.get('ann')?.change({ hears: { rest: null, sources: { eve: -10 } } });
    watchers.take({ heard: heard({ ben: -12, eve: -20 }), streams: [{ participantIds: ['ann'], heard: heard({ eve: -30 }), data }] });
    expect(tell()).to.deep.equal([{ sessionIds: ['ann'], levels: { eve: -30 } }, { sessionIds: ['ben'], levels: { ben: -12, eve: -20 } }]);
  });

  it('are not told of who has left, though a tick that was mixed before still names him', () => {
    watchers.take({ heard: heard({ eve: -20 }), streams: [] });
    tell();
    voices.delete('eve');
    watchers.take({ heard: heard({ eve: -20 }), streams: [] });
    expect(tell()).to.deep.equal([{ sessionIds: ['ann', 'ben'], levels: {} }]);
  });

  it('leave nothing behind for who asks next', () => {
    watchers.take({ heard: heard({ eve: -20 }), streams: [] });
    for (const id of ['ann', 'ben']) watchers.unwatch(id);
    watchers.take({ heard: heard({ eve: -20 }), streams: [] });
    watchers.watch('ann');
    expect(tell()).to.deep.equal([]);
  });
});
