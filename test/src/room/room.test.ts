import { expect } from 'chai';
import { systemTimers } from '../../../mixer/index.js';
import { createCertificate } from '../../../src/peer/index.js';
import { Room } from '../../../src/room/room.js';
import type { RoomDescription, RoomEvent } from '../../../src/rooms/protocol.js';
import { counting, roomOptions } from './room-rig.js';

/** A room with a real port and a real mixer; nobody connects. */
describe('Room', () => {
  let room: Room;
  const events: RoomEvent[] = [];

  before(async () => {
    room = await Room.open({
      options: roomOptions,
      certificate: await createCertificate(),
      timers: systemTimers,
      random: counting(),
      environmentPath: undefined,
      onEvent: (event) => events.push(event),
      onFatal: (reason) => expect.fail(reason),
    });
    await room.settled();
  });
  after(() => room.close('test'));
  beforeEach(() => (events.length = 0));

  function told(): RoomDescription[] {
    return events.flatMap((event) => (event.type === 'changed' ? [event.room] : []));
  }

  /** As the process does it: the answer leaves after what it brought about. */
  async function answered<Result>(result: Promise<Result>): Promise<Result> {
    const value = await result;
    await room.settled();
    return value;
  }

  it('knows of each who comes before he has his answer', async () => {
    const join = async (id: string): Promise<void> => {
      const { offer } = await answered(room.join({ sessionId: id, name: `Name of ${id}` }));
      expect(offer).to.include('m=audio').and.to.include('m=video');
      expect(told().at(-1)?.participants.find((participant) => participant.id === id)).to.include({ name: `Name of ${id}`, kind: 'browser', audio: false, speaking: false });
    };
    await Promise.all(['ann', 'ben', 'eve'].map(join));
    expect(told().length, 'descriptions').to.be.at.most(3);
  });

  it('is full then, and says so without a trace', async () => {
    const refused = await room.join({ sessionId: 'max', name: 'Max' }).catch((error: unknown) => error);
    expect(refused).to.include({ code: 'room_full' });
    await room.settled();
    expect(told()).to.deep.equal([]);
  });

  it('tells what somebody switches on, once, and nothing when it was on', async () => {
    room.setMedia({ sessionId: 'ann', audio: true, video: true, screen: false });
    room.setMedia({ sessionId: 'ben', audio: true, video: false, screen: false });
    await room.settled();
    expect(told().map(({ participants }) => participants.map(({ audio, video }) => [audio, video]))).to.deep.equal([[[true, true], [true, false], [false, false]]]);
    room.setMedia({ sessionId: 'ann', audio: true, video: true, screen: false });
    await room.settled();
    expect(told().length).to.equal(1);
    expect(() => room.setMedia({ sessionId: 'nobody', audio: true, video: true, screen: true })).to.throw().with.property('code', 'participant_not_found');
  });

  it('follows the layout', async () => {
    room.setLayout('speaker');
    await room.settled();
    expect(told().map(({ layout }) => layout)).to.deep.equal(['speaker']);
    expect(() => room.setLayout('sofa')).to.throw().with.property('code', 'unknown_layout');
  });

  it('tells first who left, then the list without him', async () => {
    await answered(room.end('eve', 'left'));
    expect(events.map((event) => event.type)).to.deep.equal(['sessionEnded', 'changed']);
    expect(events[0]).to.deep.equal({ type: 'sessionEnded', sessionId: 'eve', reason: 'left' });
    expect(told()[0]?.participants.map(({ id }) => id)).to.deep.equal(['ann', 'ben']);
    expect(() => room.answer({ sessionId: 'eve', answer: '' })).to.throw().with.property('code', 'session_not_found');
  });

  it('has nobody in it whose offer was refused, when he hears of it', async () => {
    const refusal = await answered(room.publish({ sessionId: 'whip', name: 'Camera', offer: 'no SDP' }).catch((error: unknown) => error));
    expect(refusal).to.include({ code: 'sdp_invalid' });
    expect(told().at(-1)?.participants.map(({ id }) => id) ?? ['ann', 'ben']).to.deep.equal(['ann', 'ben']);
    expect(events).to.deep.include({ type: 'sessionEnded', sessionId: 'whip', reason: 'refused' });
  });

  it('shows in its stats who is connected and what is open', async () => {
    const stats = await room.stats();
    expect(stats).to.have.keys('uptimeMs', 'memory', 'cpu', 'resources', 'port', 'sessions', 'outputs', 'voices', 'mixer');
    expect(Object.keys(stats['sessions'] as object)).to.deep.equal(['ann', 'ben']);
  });

  it('lets nobody in once it closes, and tells everybody why', async () => {
    const closing = room.close('room_closed');
    const late = await room.join({ sessionId: 'late', name: 'Late' }).catch((error: unknown) => error);
    await closing;
    expect(late).to.include({ code: 'room_closed' });
    expect(events.filter((event) => event.type === 'sessionEnded')).to.deep.equal(['ann', 'ben'].map((sessionId) => ({ type: 'sessionEnded', sessionId, reason: 'room_closed' })));
    await room.settled();
    expect(told().at(-1)?.participants).to.deep.equal([]);
    expect(events.filter((event) => event.type === 'log')).to.deep.equal([]);
  });
});
