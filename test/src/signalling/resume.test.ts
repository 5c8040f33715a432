import { expect } from 'chai';
import type { RoomDescription } from '../../../src/rooms/protocol.js';
import { newsPeriodMs } from '../../../src/rooms/room-news.js';
import { closeCodes, isSocketLost } from '../../../src/signalling/close-codes.js';
import { cannedAnswer } from '../../support/canned-media.js';
import { ManualTime } from '../../support/manual-time.js';
import type { SignallingClient } from '../../support/signalling-client.js';
import { startTestServer, type TestServer } from '../../support/test-server.js';

const resumeTimeoutMs = 15_000;

/** How a page loses a socket: the network takes it, or nothing comes over it and the page gives it up. */
const losses: Readonly<Record<string, (client: SignallingClient) => void>> = {
  'whose WebSocket breaks': ({ socket }) => socket.terminate(),
  'who gives his WebSocket up': ({ socket }) => socket.close(4000),
};

interface Claim {
  readonly type: 'resume';
  readonly room: string;
  readonly participantId: string;
  readonly secret: string;
  readonly attempt?: number;
}

describe('a participant whose WebSocket was lost', () => {
  let test: TestServer;
  let time: ManualTime;
  let ann: SignallingClient;
  let bob: SignallingClient;
  let claim: Claim;

  beforeEach(async () => {
    time = new ManualTime();
    test = await startTestServer({ time, config: { resumeTimeoutMs, maxParticipants: 2, iceServers: ['turn:turn.example.org'], turnSecret: 'hush' } });
    [ann, bob] = [await test.connect(), await test.connect()];
    claim = await enter(ann, 'Ann');
    await enter(bob, 'Bob');
    await told(ann, ({ participants }) => participants.length === 2);
  });

  afterEach(() => test.close());

  /** Joined, with media that could go on. */
  async function enter(client: SignallingClient, name: string): Promise<Claim> {
    const { participantId, secret, resumeTimeoutMs: toldMs } = await client.join('move', name);
    expect(toldMs).to.equal(resumeTimeoutMs);
    client.send({ type: 'answer', sdp: cannedAnswer });
    await client.next('encoding');
    return { type: 'resume', room: 'move', participantId, secret };
  }

  /** Of the room, as soon as it is so: the second change of a period is told at its end. */
  async function told(client: SignallingClient, isSo: (room: RoomDescription) => boolean): Promise<void> {
    while (!test.server.registry.list().some(isSo)) await new Promise((resolve) => setImmediate(resolve));
    time.advance(newsPeriodMs);
    await client.next('room', ({ room }) => isSo(room));
  }

  /** Goes in beats, so that those with a network answer their pings, and the room its watchdog. */
  async function pass(ms: number, ...others: readonly SignallingClient[]): Promise<void> {
    const room = await test.server.registry.find('move');
    for (let leftMs = ms; leftMs > 0; leftMs -= 1000) {
      time.advance(Math.min(1000, leftMs));
      await noticed(bob, ...others);
      await room.stats();
    }
  }

  async function lose(client: SignallingClient, how = losses['whose WebSocket breaks']): Promise<void> {
    how?.(client);
    await client.closed;
    await noticed(bob);
  }

  /** A question that is asked afterwards is answered after a loss, and the second after the answer to a ping. */
  async function noticed(...clients: readonly SignallingClient[]): Promise<void> {
    for (let turn = 0; turn < 2; turn += 1) {
      for (const client of clients) client.send({ type: 'layout', layout: 'nothing' });
      for (const client of clients) await client.nextError();
    }
  }

  async function resume(changes: Partial<Claim> = {}): Promise<SignallingClient> {
    const client = await test.connect();
    client.send({ ...claim, ...changes });
    return client;
  }

  function peopleNow(): readonly string[] {
    return test.server.registry.list().flatMap(({ participants }) => participants.map(({ name }) => name));
  }

  it('goes on as the same one over another, which is told all that holds', async () => {
    await lose(ann);
    bob.send({ type: 'media', audio: false, video: true, screen: true });
    await told(bob, ({ participants }) => participants[1]?.screen === true);
    bob.send({ type: 'startRecording' });
    await bob.next('recording');
    const again = await resume();
    const resumed = await again.next('resumed');
    expect(resumed.participantId).to.equal(claim.participantId);
    expect(resumed.room.participants.map(({ name, screen }) => [name, screen])).to.deep.equal([['Ann', false], ['Bob', true]]);
    expect(resumed.room.recordings.map(({ status }) => status)).to.deep.equal(['active']);
    expect(resumed.layouts).to.include('grid');
    expect(resumed.iceServers[0]?.username).to.match(new RegExp(`:${claim.participantId}$`));
    expect(await again.next('encoding')).to.deep.include({ source: 'camera', width: 640, height: 360 });
    expect((await again.next('speaking')).dominant).to.be.a('string');
    again.send({ type: 'restart' });
    const { sdp, offerId } = await again.next('offer');
    expect(sdp).to.include('a=ice-ufrag:new0');
    again.send({ type: 'answer', sdp: cannedAnswer, offerId });
    again.send({ type: 'media', audio: true, video: false, screen: false });
    await told(bob, ({ participants }) => participants[0]?.video === false);
    await pass(2 * resumeTimeoutMs, again);
    expect(peopleNow()).to.deep.equal(['Ann', 'Bob']);
    again.send({ type: 'leave' });
    expect(await again.next('closed')).to.deep.include({ reason: 'left' });
    await told(bob, ({ participants }) => participants.length === 1);
  });

  it('has a secret of at least 128 bits, which nobody else learns', () => {
    expect(Buffer.from(claim.secret, 'base64url').length * 8).to.be.at.least(128);
    expect(JSON.stringify(test.server.registry.list())).to.not.include(claim.secret);
    expect(test.logLines.join('\n')).to.not.include(claim.secret);
  });

  for (const [who, how] of Object.entries(losses)) {
    it(`${who} is kept for the grace and no longer`, async () => {
      await lose(ann, how);
      await pass(resumeTimeoutMs - 1);
      expect(peopleNow()).to.deep.equal(['Ann', 'Bob']);
      time.advance(1);
      await told(bob, ({ participants }) => participants.length === 1);
      expect(await (await resume()).nextError()).to.equal('session_not_found');
    });

    it(`${who} may lose one after another, each with a grace of its own`, async () => {
      await lose(ann, how);
      for (let round = 0; round < 3; round += 1) {
        await pass(resumeTimeoutMs - 1);
        const again = await resume();
        await again.next('resumed');
        await lose(again, how);
      }
      expect(peopleNow()).to.deep.equal(['Ann', 'Bob']);
    });
  }

  // What no table lists was the client's own choice.
  const sentCodes = [...Object.keys(closeCodes).map(Number).filter((code) => code !== 1006), 3000, 4999];
  for (const code of sentCodes) {
    it(`${isSocketLost(code) ? 'is kept' : 'is gone'} when the client closes with ${code}`, async () => {
      ann.socket.close(code === 1005 ? undefined : code);
      await ann.closed;
      await noticed(bob);
      // Whoever is asked to go has gone when the room answers the next question.
      await (await test.server.registry.find('move')).stats();
      expect(peopleNow()).to.deep.equal(isSocketLost(code) ? ['Ann', 'Bob'] : ['Bob']);
    });
  }

  it('has left when his page says so, and not when his socket was lost', () => {
    expect([1000, 1001, 1005, 1008, 3000, 4001].filter(isSocketLost)).to.deep.equal([]);
    expect([1002, 1006, 1009, 1012, 4000].every(isSocketLost)).to.equal(true);
  });

  it('is gone as soon as his media are', async () => {
    await lose(ann);
    process.kill((await test.server.registry.find('move')).pid, 'SIGUSR2');
    expect(await bob.next('closed')).to.deep.include({ reason: 'timeout' });
    expect(await (await resume()).next('closed')).to.deep.include({ reason: 'timeout', rejoin: true });
  });

  it('is not somebody else: a wrong secret opens nothing, and five wrong ones close the socket', async () => {
    await lose(ann);
    const stranger = await resume({ secret: 'guess' });
    expect(await stranger.nextError()).to.equal('wrong_secret');
    for (const wrong of [{ participantId: 'nobody' }, { room: 'other' }]) {
      stranger.send({ ...claim, ...wrong });
      expect(await stranger.nextError()).to.equal('session_not_found');
    }
    for (let guess = 0; guess < 4; guess += 1) stranger.send({ ...claim, secret: `guess ${guess}` });
    expect(await stranger.next('closed')).to.deep.include({ reason: 'too_many_mistakes' });
    expect(await stranger.closed).to.equal(1008);
    await (await resume()).next('resumed');
  });

  it('takes the newer of two sockets, and the older one is told', async () => {
    // What has changed its network learns of it before the server does.
    const again = await resume();
    await again.next('resumed');
    expect(await ann.next('closed')).to.deep.include({ reason: 'resumed_elsewhere', rejoin: false });
    expect(await ann.closed).to.equal(1000);
    again.send({ type: 'media', audio: false, video: false, screen: false });
    await told(bob, ({ participants }) => participants[0]?.audio === false);
    await pass(2 * resumeTimeoutMs, again);
    expect(peopleNow()).to.deep.equal(['Ann', 'Bob']);
  });

  it('holds his place, and no more than that', async () => {
    await lose(ann);
    const cleo = await test.connect();
    cleo.send({ type: 'join', room: 'move', name: 'Cleo', audio: true, video: true });
    expect(await cleo.nextError()).to.equal('room_full');
    cleo.socket.close();
    await pass(resumeTimeoutMs - 1);
    time.advance(1);
    await told(bob, ({ participants }) => participants.length === 1);
    await enter(await test.connect(), 'Cleo');
  });

  it('cannot be resumed over a socket that has joined', async () => {
    bob.send(claim);
    expect(await bob.nextError()).to.equal('already_joined');
  });

  it('is told what ends him while he has none, when he asks', async () => {
    await lose(ann);
    const closing = test.call('DELETE', '/api/rooms/move');
    expect(await bob.next('closed')).to.deep.include({ reason: 'room_closed' });
    await closing;
    expect(await (await resume()).next('closed')).to.deep.include({ reason: 'room_closed', rejoin: false });
  });

  /** Taken out of the room, and told over a socket that he has lost, or that leads nowhere. */
  async function remove(): Promise<void> {
    expect((await test.call('DELETE', `/api/rooms/move/participants/${claim.participantId}`)).status).to.equal(204);
    await told(bob, ({ participants }) => participants.length === 1);
  }

  it('is told that he was removed meanwhile, as often as he asks, and only he is', async () => {
    await lose(ann);
    await remove();
    const stranger = await resume({ secret: 'guess' });
    expect(await stranger.nextError()).to.equal('wrong_secret');
    stranger.send({ ...claim, room: 'other' });
    expect(await stranger.nextError()).to.equal('session_not_found');
    for (let time = 0; time < 2; time += 1) {
      const again = await resume();
      expect(await again.next('closed')).to.deep.equal({ type: 'closed', reason: 'removed', rejoin: false, afterMs: 0 });
      expect(await again.closed).to.equal(1000);
    }
    await pass(2 * resumeTimeoutMs);
    expect(await (await resume()).nextError()).to.equal('session_not_found');
  });

  it('is told so as well when his socket led nowhere without anybody knowing', async () => {
    ann.socket.pause();
    await remove();
    expect(await (await resume()).next('closed')).to.deep.include({ reason: 'removed' });
    ann.socket.terminate();
  });

  it('is told nothing more when it was he who left', async () => {
    ann.send({ type: 'leave' });
    await ann.closed;
    expect(await (await resume()).nextError()).to.equal('session_not_found');
  });

  it('is not taken from his socket by one that he tried before it and that comes late', async () => {
    await lose(ann);
    const again = await resume({ attempt: 2 });
    await again.next('resumed');
    for (const attempt of [0, 1, 2]) expect(await (await resume({ attempt })).nextError()).to.equal('resume_outdated');
    again.send({ type: 'media', audio: false, video: true, screen: false });
    await told(bob, ({ participants }) => participants[0]?.audio === false);
    await (await resume({ attempt: 3 })).next('resumed');
    // Who does not count takes the newest.
    await (await resume()).next('resumed');
  });

  it('is not kept by a server that is told so', async () => {
    await test.close();
    test = await startTestServer({ time, config: { resumeTimeoutMs: 0 } });
    [ann, bob] = [await test.connect(), await test.connect()];
    for (const [client, name] of [[ann, 'Ann'], [bob, 'Bob']] as const) {
      expect((await client.join('move', name)).resumeTimeoutMs).to.equal(0);
      client.send({ type: 'answer', sdp: cannedAnswer });
      await client.next('encoding');
    }
    ann.socket.terminate();
    await told(bob, ({ participants }) => participants.length === 1);
  });

  it('whose network is silently gone is noticed by pings, and kept as well', async () => {
    ann.socket.pause();
    await pass(9_000);
    expect(peopleNow()).to.deep.equal(['Ann', 'Bob']);
    await (await resume()).next('resumed');
    ann.socket.terminate();
  });
});
