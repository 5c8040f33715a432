import { expect } from 'chai';
import { RoomSessions } from '../../../src/room/room-sessions.js';
import { deferred, type Deferred } from '../../support/deferred.js';
import { systemTimers } from '../../../mixer/index.js';
import { counting, FakePeer, listenerTiers, ManualRoomClock } from './room-rig.js';

/** Peers are made at once, or, while `gate` is set, when it opens. */
describe('RoomSessions', () => {
  let clock: ManualRoomClock;
  let peers: FakePeer[];
  let told: string[];
  let gate: Deferred<undefined> | undefined;
  let hasMedia: boolean;
  let sessions: RoomSessions;

  beforeEach(() => {
    clock = new ManualRoomClock();
    peers = [];
    told = [];
    gate = undefined;
    hasMedia = true;
    sessions = new RoomSessions({
      maxParticipants: 2,
      maxViewers: 2,
      requiredMedia: ['audio'],
      clock,
      timers: systemTimers,
      tiersFor: () => listenerTiers,
      stereoBps: undefined,
      random: counting(),
      openPeer: async (events) => {
        await gate?.promise;
        const peer = new FakePeer(events);
        if (!hasMedia) peer.remote = [];
        peers.push(peer);
        return peer;
      },
      events: {
        onEntered: ({ id, kind, joinedAt }) => told.push(`${id} entered as ${kind} ${joinedAt}`),
        onConnected: ({ id }) => told.push(`${id} connected`),
        onConnectionChanged: () => told.push('connection changed'),
        onAudioPacket: () => undefined,
        onVideoFrame: () => undefined,
        onKeyframeWish: ({ id }) => told.push(`keyframe ${id}`),
        onTierChanged: ({ id }) => told.push(`tier ${id}`),
        onLeft: ({ id }, participant, reason) => told.push(`${id} left${participant === undefined ? '' : ' the room'}: ${reason}`),
      },
    });
  });

  function codeOf(act: Promise<unknown>): Promise<unknown> {
    return act.then(
      () => 'let in',
      (error: unknown) => (error as { code: string }).code,
    );
  }

  it('lets a browser in with our offer, and a WHIP client with our answer', async () => {
    clock.advance(2_500_000);
    expect(await sessions.join('ann', 'Ann')).to.equal('offer');
    expect(await sessions.publish('cam', 'Camera', 'sdp')).to.equal('answer');
    expect(told).to.deep.equal(['ann entered as browser 2026-01-01T00:00:02.500Z', 'cam entered as whip 2026-01-01T00:00:02.500Z']);
    expect(sessions.participants.map(({ id, name }) => [id, name])).to.deep.equal([['ann', 'Ann'], ['cam', 'Camera']]);
    peers[0]!.events.onConnected();
    expect(told.at(-1)).to.equal('ann connected');
    peers[0]!.events.onDisconnected?.();
    expect(told.at(-1)).to.equal('connection changed');
  });

  it('counts those who are on their way in: the limit holds for who comes in the same moment', async () => {
    gate = deferred();
    const coming = ['a', 'b', 'c'].map((id) => codeOf(sessions.join(id, id)));
    gate.resolve(undefined);
    expect(await Promise.all(coming)).to.deep.equal(['let in', 'let in', 'room_full']);
    const viewing = ['v', 'w', 'x'].map((id) => codeOf(sessions.view(id, 'sdp', undefined)));
    expect(await Promise.all(viewing)).to.deep.equal(['let in', 'let in', 'room_full']);
  });

  it('keeps no participant out because viewers come, and no viewer because participants come', async () => {
    gate = deferred();
    const coming = [sessions.view('v', 'sdp', undefined), sessions.view('w', 'sdp', undefined), sessions.join('a', 'a'), sessions.join('b', 'b')].map(codeOf);
    gate.resolve(undefined);
    expect(await Promise.all(coming)).to.deep.equal(['let in', 'let in', 'let in', 'let in']);
  });

  it('has a place again when one leaves, or could not be let in', async () => {
    await sessions.join('a', 'a');
    await sessions.join('b', 'b');
    await sessions.end('a', 'left');
    expect(await codeOf(sessions.join('c', 'c'))).to.equal('let in');
    await sessions.end('c', 'left');
    gate = deferred();
    const failing = codeOf(sessions.join('d', 'd'));
    gate.reject(Object.assign(new Error('no port'), { code: 'internal' }));
    expect(await failing).to.equal('internal');
    gate = undefined;
    expect(await codeOf(sessions.join('e', 'e'))).to.equal('let in');
  });

  it('sees a client off whose offer is refused: nothing is left of him', async () => {
    hasMedia = false;
    expect(await codeOf(sessions.publish('cam', 'Camera', 'sdp'))).to.equal('sdp_without_audio');
    expect(told.slice(1)).to.deep.equal(['cam left the room: refused']);
    expect(sessions.participants).to.deep.equal([]);
    expect(peers[0]!.isClosed).to.equal(true);
  });

  it('counts as viewers those who are connected and hear nobody but the mix', async () => {
    await sessions.join('ann', 'Ann');
    await sessions.view('v', 'sdp', undefined);
    await sessions.view('second', 'sdp', 'ann');
    expect(sessions.viewerCount).to.equal(0);
    for (const peer of peers) peer.events.onConnected();
    expect(sessions.viewerCount).to.equal(1);
  });

  it('has no own mix for who is not there, or leaves while his second connection is made', async () => {
    expect(await codeOf(sessions.view('v', 'sdp', 'ann'))).to.equal('participant_not_found');
    await sessions.join('ann', 'Ann');
    gate = deferred();
    const viewing = codeOf(sessions.view('v', 'sdp', 'ann'));
    await sessions.end('ann', 'left');
    gate.resolve(undefined);
    expect(await viewing).to.equal('participant_not_found');
    expect(peers.every(({ isClosed }) => isClosed)).to.equal(true);
    expect(() => sessions.requireSession('v')).to.throw().with.property('code', 'session_not_found');
  });

  it('sees off with a participant who hears as he does, and nobody else', async () => {
    await sessions.join('ann', 'Ann');
    await sessions.join('ben', 'Ben');
    await sessions.view('second', 'sdp', 'ann');
    await sessions.view('viewer', 'sdp', undefined);
    told.length = 0;
    peers[0]!.events.onEnded('timeout', '');
    expect(told).to.deep.equal(['second left: timeout', 'ann left the room: timeout']);
    expect(peers.map(({ isClosed }) => isClosed)).to.deep.equal([false, false, true, false]);
    expect(Object.keys(sessions.stats())).to.deep.equal(['ben', 'viewer']);
  });

  it('tells an end once, whoever says it first, and ends nobody twice', async () => {
    await sessions.join('ann', 'Ann');
    told.length = 0;
    await sessions.end('ann', 'left');
    await sessions.end('ann', 'timeout');
    peers[0]!.events.onEnded('ice_failed', '');
    peers[0]!.events.onConnected();
    expect(told).to.deep.equal(['ann left the room: left']);
    expect(peers[0]!.isClosed).to.equal(true);
  });

  it('ends who has not connected within 15 s, and nobody who once has', async () => {
    await sessions.join('ann', 'Ann');
    await sessions.join('ben', 'Ben');
    peers[0]!.events.onConnected();
    told.length = 0;
    clock.advance(15_000_000);
    sessions.endUnconnected(clock.nowUs());
    expect(told).to.deep.equal([]);
    clock.advance(1);
    sessions.endUnconnected(clock.nowUs());
    expect(told).to.deep.equal(['ben left the room: timeout']);
  });

  it('lets nobody in once it is closed, not even who is on his way', async () => {
    await sessions.join('ann', 'Ann');
    gate = deferred();
    const coming = codeOf(sessions.join('ben', 'Ben'));
    const closing = sessions.close('room_closed');
    gate.resolve(undefined);
    expect(await coming).to.equal('room_closed');
    expect(await codeOf(sessions.view('v', 'sdp', undefined))).to.equal('room_closed');
    await closing;
    expect(told.slice(1)).to.deep.equal(['ann left the room: room_closed']);
    expect(peers.map(({ isClosed }) => isClosed)).to.deep.equal([true, true]);
  });
});
