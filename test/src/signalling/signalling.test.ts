import { expect } from 'chai';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { ErrorCode } from '../../../src/errors.js';
import { roomSchema } from '../../../src/http/schemas.js';
import type { RoomDescription } from '../../../src/rooms/protocol.js';
import { newsPeriodMs } from '../../../src/rooms/room-news.js';
import type { ServerMessage } from '../../../src/signalling/messages.js';
import { cannedAnswer, cannedOffer, clientCandidate } from '../../support/canned-media.js';
import { ManualTime } from '../../support/manual-time.js';
import type { SignallingClient } from '../../support/signalling-client.js';
import { errorCode, startTestServer, type TestServer } from '../../support/test-server.js';

/** Lets what is on its way arrive: each turn of the event loop takes what the system has ready. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe('signalling', () => {
  let test: TestServer;

  before(async () => {
    test = await startTestServer({ config: { iceServers: ['stun:stun.example.org', 'turn:turn.example.org'], turnSecret: 'hush', maxParticipants: 3 } });
  });

  after(() => test.close());

  function roomOf(name: string): ReturnType<TestServer['server']['registry']['find']> {
    return test.server.registry.find(name);
  }

  async function asked(room: string, name: string): Promise<Record<string, unknown>[]> {
    const stats = (await (await roomOf(room)).stats()) as { asked: { name: string; params: Record<string, unknown> }[] };
    return stats.asked.filter((question) => question.name === name).map(({ params }) => params);
  }

  it('joins: the room as it is, then the offer', async () => {
    const ann = await test.connect();
    ann.send({ type: 'join', room: 'join', name: 'Ann', audio: true, video: false });
    const joined = await ann.next('joined');
    const room = roomSchema.parse(joined.room);
    expect(room.participants).to.have.length(1);
    expect(room.participants[0]).to.deep.include({ id: joined.participantId, name: 'Ann', kind: 'browser', audio: true, video: false, screen: false });
    expect(joined.layouts).to.include('grid');
    const [stun, turn] = joined.iceServers;
    expect(stun).to.deep.equal({ urls: ['stun:stun.example.org'] });
    expect(turn?.urls).to.deep.equal(['turn:turn.example.org']);
    expect(turn?.username).to.match(new RegExp(`^\\d{10}:${joined.participantId}$`));
    expect(test.logLines.join('\n')).to.not.include('hush').and.not.include(turn?.credential);
    expect((await ann.next('offer')).sdp).to.equal(cannedOffer);
  });

  it('passes on what the client says', async () => {
    const ann = await test.connect();
    const { participantId: sessionId } = await ann.join('says', 'Ann');
    ann.send({ type: 'answer', sdp: cannedAnswer });
    ann.send({ type: 'candidate', candidate: clientCandidate });
    ann.send({ type: 'candidate', candidate: '' });
    ann.send({ type: 'media', audio: false, video: true, screen: true });
    ann.send({ type: 'layout', layout: 'Speaker' });
    await ann.next('room', ({ room }) => room.layout === 'speaker');
    expect(await asked('says', 'answer')).to.deep.equal([{ sessionId, answer: cannedAnswer, offerId: undefined }]);
    expect(await asked('says', 'addCandidates')).to.deep.equal([{ sessionId, candidates: [clientCandidate] }, { sessionId, candidates: [''] }]);
    expect((await asked('says', 'setMedia')).at(-1)).to.deep.equal({ sessionId, audio: false, video: true, screen: true });
  });

  it('makes a new offer when the client asks to restart ICE, and takes its answer', async () => {
    const ann = await test.connect();
    const { participantId: sessionId } = await ann.join('restart', 'Ann');
    await ann.next('offer');
    ann.send({ type: 'answer', sdp: cannedAnswer });
    ann.send({ type: 'restart' });
    const offer = await ann.next('offer');
    expect(offer.sdp).to.include('a=ice-ufrag:new0');
    expect(offer.iceServers?.map(({ urls }) => urls)).to.deep.equal([['stun:stun.example.org'], ['turn:turn.example.org']]);
    ann.send({ type: 'answer', sdp: cannedAnswer, offerId: offer.offerId });
    ann.send({ type: 'layout', layout: 'speaker' });
    await ann.next('room', ({ room }) => room.layout === 'speaker');
    expect(await asked('restart', 'restartIce')).to.deep.equal([{ sessionId }]);
    expect((await asked('restart', 'answer')).map(({ offerId }) => offerId)).to.deep.equal([undefined, offer.offerId]);
    ann.send({ type: 'answer', sdp: cannedAnswer, offerId: offer.offerId - 1 });
    expect(await ann.nextError()).to.equal('answer_outdated');
  });

  it('tells everyone who comes, who speaks and who leaves', async () => {
    const [ann, eve, bob] = [await test.connect(), await test.connect(), await test.connect()];
    await ann.join('talk', 'Ann');
    await eve.join('talk', 'Eve');
    const { participantId } = await bob.join('talk', 'Bob');
    await ann.next('room', ({ room }) => room.participants.length === 3);
    expect(await eve.next('speaking', ({ dominant }) => dominant === participantId)).to.deep.include({ participantIds: [participantId] });
    bob.send({ type: 'leave' });
    expect(await bob.next('closed')).to.deep.include({ reason: 'left', rejoin: false });
    expect(await bob.closed).to.equal(1000);
    const { room } = await ann.next('room', ({ room: now }) => now.participants.length === 2);
    expect(room.participants.map(({ name }) => name)).to.deep.equal(['Ann', 'Eve']);
  });

  it('tells him alone whose picture it is what is worth sending', async () => {
    const [ann, bob] = [await test.connect(), await test.connect()];
    await ann.join('worth', 'Ann');
    await bob.join('worth', 'Bob');
    const toldBob: string[] = [];
    bob.socket.on('message', (data: Buffer) => toldBob.push((JSON.parse(data.toString()) as { type: string }).type));
    ann.send({ type: 'answer', sdp: cannedAnswer });
    expect(await ann.next('encoding')).to.deep.equal({ type: 'encoding', source: 'camera', active: true, width: 640, height: 360, maxFps: 30, maxBitrate: 600_000 });
    ann.send({ type: 'media', audio: false, video: true, screen: false });
    // What is told to all comes to him, too, and after it would have come.
    await bob.next('room', ({ room }) => room.participants.some(({ audio }) => !audio));
    expect(toldBob).to.include('room').and.not.to.include('encoding');
  });

  it('tells levels to him alone who asks for them', async () => {
    const [ann, bob] = [await test.connect(), await test.connect()];
    const { participantId } = await ann.join('loud', 'Ann');
    await bob.join('loud', 'Bob');
    const toldBob: string[] = [];
    bob.socket.on('message', (data: Buffer) => toldBob.push((JSON.parse(data.toString()) as { type: string }).type));
    ann.send({ type: 'levels', wanted: true });
    expect(await ann.next('levels')).to.deep.equal({ type: 'levels', participants: { [participantId]: -20 } });
    ann.send({ type: 'levels', wanted: false });
    ann.send({ type: 'media', audio: false, video: true, screen: false });
    await bob.next('room', ({ room }) => room.participants.some(({ audio }) => !audio));
    expect(toldBob).to.include('room').and.not.to.include('levels');
    expect((await asked('loud', 'watchLevels')).map(({ wanted }) => wanted)).to.deep.equal([true, false]);
  });

  it('answers who asks whether anybody hears', async () => {
    const ann = await test.connect();
    ann.send({ type: 'ping' });
    expect(await ann.nextError()).to.equal('not_joined');
    await ann.join('beat', 'Ann');
    ann.send({ type: 'ping' });
    expect(await ann.next('pong')).to.deep.equal({ type: 'pong' });
  });

  it('lets two people of the same name in', async () => {
    const [first, second] = await Promise.all([test.connect(), test.connect()]);
    const ids = [(await first.join('same', 'Ann')).participantId, (await second.join('same', 'Ann')).participantId];
    expect(new Set(ids).size).to.equal(2);
    expect((await roomOf('same')).describe().participants.map(({ name }) => name)).to.deep.equal(['Ann', 'Ann']);
  });

  it('records on request, and tells everyone', async () => {
    const ann = await test.connect();
    const bob = await test.connect();
    await ann.join('tape', 'Ann');
    await bob.join('tape', 'Bob');
    ann.send({ type: 'startRecording', format: 'webm' });
    const { recording } = await bob.next('recording');
    expect(recording).to.deep.include({ room: 'tape', format: 'webm', status: 'active' });
    bob.send({ type: 'stopRecording', recordingId: recording.id });
    expect((await ann.next('recording', ({ recording: { status } }) => status !== 'active')).recording).to.deep.include({ id: recording.id, status: 'complete' });
    ann.send({ type: 'stopRecording', recordingId: recording.id });
    expect(await ann.nextError()).to.equal('recording_ended');
    ann.send({ type: 'stopRecording', recordingId: 'nothing' });
    expect(await ann.nextError()).to.equal('recording_not_found');
  });

  it('lets go at once who closes his socket, and who loses it before his media are there', async () => {
    const ann = await test.connect();
    const bob = await test.connect();
    await ann.join('gone', 'Ann');
    await bob.join('gone', 'Bob');
    await ann.next('room', ({ room }) => room.participants.length === 2);
    bob.socket.terminate();
    await ann.next('room', ({ room }) => room.participants.length === 1);
    const cleo = await test.connect();
    await cleo.join('gone', 'Cleo');
    cleo.send({ type: 'answer', sdp: cannedAnswer });
    await ann.next('room', ({ room }) => room.participants.at(-1)?.connection === 'connected');
    // As a browser does whose page is closed.
    cleo.socket.close(1001);
    await ann.next('room', ({ room }) => room.participants.length === 1);
    expect((await asked('gone', 'end')).map(({ reason }) => reason)).to.deep.equal(['connection_lost', 'left']);
  });

  it('says that the room failed, and takes everyone back', async () => {
    const ann = await test.connect();
    const bob = await test.connect();
    await ann.join('crash', 'Ann');
    await bob.join('crash', 'Bob');
    process.kill((await roomOf('crash')).pid, 'SIGKILL');
    for (const client of [ann, bob]) {
      const closed = await client.next('closed');
      expect(closed).to.deep.include({ reason: 'room_failed', rejoin: true });
      expect(closed.afterMs).to.be.within(0, 1000);
      await client.closed;
    }
    const again = await Promise.all([test.connect(), test.connect()]);
    await Promise.all([again[0].join('crash', 'Ann'), again[1].join('crash', 'Bob')]);
    expect((await roomOf('crash')).describe().participants.map(({ name }) => name)).to.have.members(['Ann', 'Bob']);
  });

  it('says that the room was closed, and that it is for good', async () => {
    const ann = await test.connect();
    await ann.join('done', 'Ann');
    const closing = test.call('DELETE', '/api/rooms/done');
    expect(await ann.next('closed')).to.deep.include({ reason: 'room_closed', rejoin: false });
    expect((await closing).status).to.equal(204);
  });

  it('says that the media connection died', async () => {
    const ann = await test.connect();
    await ann.join('dead', 'Ann');
    process.kill((await roomOf('dead')).pid, 'SIGUSR2');
    expect(await ann.next('closed')).to.deep.include({ reason: 'timeout', rejoin: true });
    await ann.closed;
  });

  const join = { type: 'join', room: 'mistakes', name: 'Ann', audio: true, video: true };
  const mistakes: readonly [what: string, sent: string | Buffer, code: ErrorCode][] = [
    ['no JSON', 'hello', 'invalid_message'],
    ['half a JSON', '{"type":', 'invalid_message'],
    ['a number', '7', 'invalid_message'],
    ['null', 'null', 'invalid_message'],
    ['an unknown type', '{"type":"dance"}', 'invalid_message'],
    ['a missing field', '{"type":"join","room":"x"}', 'invalid_message'],
    ['an unknown field', JSON.stringify({ ...join, admin: true }), 'invalid_message'],
    ['a wrong type of field', JSON.stringify({ ...join, audio: 'yes' }), 'invalid_message'],
    ['bytes', Buffer.from([1, 2, 3]), 'invalid_message'],
    ['1 MB of SDP', JSON.stringify({ type: 'answer', sdp: 'x'.repeat(1_000_000) }), 'sdp_too_large'],
    ['SDP that is a little too long', JSON.stringify({ type: 'answer', sdp: 'x'.repeat(100_001) }), 'sdp_too_large'],
    ['1 MB of something else', JSON.stringify({ type: 'join', name: 'x'.repeat(1_000_000) }), 'message_too_large'],
    ['an answer before it joined', JSON.stringify({ type: 'answer', sdp: cannedAnswer }), 'not_joined'],
    ['a room name with markup', JSON.stringify({ ...join, room: '<b>x</b>' }), 'invalid_room_name'],
    ['a room name that climbs', JSON.stringify({ ...join, room: '../../etc' }), 'invalid_room_name'],
    ['a name with markup', JSON.stringify({ ...join, name: '<img src=x onerror=alert(1)>' }), 'invalid_participant_name'],
    ['a name without anything to see', JSON.stringify({ ...join, name: ' \u200b ' }), 'invalid_participant_name'],
  ];
  for (const [what, sent, code] of mistakes) {
    it(`answers ${what} with ${code}, and goes on`, async () => {
      const client = await test.connect();
      client.socket.send(sent);
      expect(await client.nextError()).to.equal(code);
      await client.join('fine', 'Ann');
      client.send({ type: 'leave' });
      await client.closed;
    });
  }

  it('answers mistakes of who has joined', async () => {
    const ann = await test.connect();
    await ann.join('late', 'Ann');
    for (const [message, code] of [
      [{ ...join, room: 'late' }, 'already_joined'],
      [{ type: 'layout', layout: 'mosaic' }, 'unknown_layout'],
      [{ type: 'candidate', candidate: 'nonsense' }, 'invalid_candidate'],
      [{ type: 'answer', sdp: '' }, 'sdp_empty'],
      [{ type: 'answer', sdp: 'nonsense' }, 'sdp_invalid'],
    ] as const) {
      ann.send(message);
      expect(await ann.nextError()).to.equal(code);
    }
    expect((await roomOf('late')).describe().participants).to.have.length(1);
  });

  it('is full at some point, and another room can still be joined', async () => {
    for (const name of ['Ann', 'Bob', 'Cleo']) await (await test.connect()).join('full', name);
    const dan = await test.connect();
    dan.send({ ...join, room: 'full', name: 'Dan' });
    expect(await dan.nextError()).to.equal('room_full');
    await dan.join('roomy', 'Dan');
  });

  it('closes who makes nothing but mistakes, with one line in the log', async () => {
    const before = test.logLines.length;
    for (let times = 0; times < 20; times += 1) {
      const client = await test.connect();
      for (let index = 0; index < 10; index += 1) client.socket.send('garbage');
      expect(await client.next('closed')).to.deep.include({ reason: 'too_many_mistakes', rejoin: false });
      expect(await client.closed).to.equal(1008);
    }
    const lines = test.logLines.slice(before).filter((line) => !line.includes('"level":"debug"'));
    expect(lines).to.have.length(1);
  });

  it('closes who sends too fast', async () => {
    const client = await test.connect();
    await client.join('flood', 'Ann');
    for (let index = 0; index < 200; index += 1) client.send({ type: 'candidate', candidate: '' });
    expect(await client.nextError()).to.equal('too_many_messages');
    expect(await client.closed).to.equal(1008);
    await until(() => test.server.registry.list().every(({ name, participants }) => name !== 'flood' || participants.length === 0));
  });

  it('cuts off who sends more than a message can be', async () => {
    const client = await test.connect();
    client.socket.send('x'.repeat(3_000_000));
    expect(await client.closed).to.equal(1009);
  });

  it('survives bytes that are no WebSocket', async () => {
    const socket = connect(test.port, '127.0.0.1');
    socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
    await once(socket, 'data');
    socket.write(Buffer.alloc(1000, 0xff));
    await once(socket, 'close');
    await (await test.connect()).join('alive', 'Ann');
  });

  it('is found at /ws only', async () => {
    for (const [path, status, code] of [['/', 404, 'not_found'], ['/wss', 404, 'not_found']] as const) {
      const upgrade = request({ port: test.port, path, headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': '13' } });
      upgrade.end();
      const [response] = (await once(upgrade, 'response')) as [import('node:http').IncomingMessage];
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
      expect([response.statusCode, errorCode(JSON.parse(text))]).to.deep.equal([status, code]);
    }
  });
});

describe('signalling in time', () => {
  let test: TestServer;
  let time: ManualTime;

  beforeEach(async () => {
    time = new ManualTime();
    test = await startTestServer({ time });
  });

  afterEach(() => test.close());

  it('closes who does not join within 10 s', async () => {
    const silent = await test.connect();
    const ann = await test.connect();
    await ann.join('standup', 'Ann');
    for (let beat = 0; beat < 3; beat += 1) {
      const pings = [silent, ann].map((client) => once(client.socket, 'ping'));
      time.advance(3000);
      await Promise.all(pings);
      // Its answer comes after that of the ping.
      for (const client of [silent, ann]) client.send({ type: 'layout', layout: 'nothing' });
      expect(await silent.nextError()).to.equal('not_joined');
      expect(await ann.nextError()).to.equal('unknown_layout');
    }
    time.advance(999);
    expect(silent.socket.readyState).to.equal(silent.socket.OPEN);
    time.advance(1);
    expect(await silent.next('closed')).to.deep.include({ reason: 'join_timeout' });
    expect(await silent.closed).to.equal(1008);
    expect(test.server.registry.list()[0]?.participants).to.have.length(1);
    ann.socket.close();
    await ann.closed;
  });

  it('notices within 10 s who does not answer any more', async () => {
    const ann = await test.connect();
    await ann.join('standup', 'Ann');
    const bob = await test.connect();
    await bob.join('standup', 'Bob');
    // Bob's machine has lost its network: nothing comes, and nothing says so.
    bob.socket.pause();
    for (let beat = 0; beat < 3; beat += 1) {
      const ping = once(ann.socket, 'ping');
      time.advance(3000);
      await ping;
      // Its answer comes before that of a question that is asked after it.
      ann.send({ type: 'layout', layout: 'nothing' });
      await ann.nextError();
    }
    await until(() => test.server.registry.list()[0]?.participants.length === 1);
    expect(time.nowMs()).to.be.below(10_000);
    expect(ann.socket.readyState).to.equal(ann.socket.OPEN);
    bob.socket.terminate();
    ann.socket.close();
    await ann.closed;
  });

  it('tells everybody of the room at once, then five times a second the newest, however often one person changes something', async () => {
    const [ann, bob] = [await test.connect(), await test.connect()];
    const { participantId } = await ann.join('standup', 'Ann');
    await bob.join('standup', 'Bob');
    time.advance(newsPeriodMs);
    await ann.next('room', ({ room }) => room.participants.length === 2);
    await bob.next('room');
    time.advance(newsPeriodMs);
    const rooms: RoomDescription[] = [];
    bob.socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as ServerMessage;
      if (message.type === 'room') rooms.push(message.room);
    });
    const answered = async (client: SignallingClient): Promise<void> => {
      client.send({ type: 'layout', layout: 'nothing' });
      await client.nextError();
    };
    /** All that Ann sent has come to the room, and Bob has read what he was told of it. */
    const settled = async (): Promise<void> => {
      await answered(ann);
      await (await test.server.registry.find('standup')).stats();
      await answered(bob);
    };
    const gains = (): readonly number[] => rooms.map(({ participants }) => participants.find(({ id }) => id === participantId)?.gainDb ?? 99);
    for (let db = 1; db <= 20; db += 1) ann.send({ type: 'participant', participantId, gainDb: -db });
    await settled();
    expect(gains()).to.deep.equal([-1]);
    expect((await test.call('GET', `/api/rooms/standup/participants/${participantId}`)).body, 'who asks is told the newest').to.deep.include({ gainDb: -20 });
    time.advance(newsPeriodMs);
    await settled();
    expect(gains()).to.deep.equal([-1, -20]);
    time.advance(10 * newsPeriodMs);
    await settled();
    expect(gains(), 'nothing new').to.deep.equal([-1, -20]);
  });

  it('cuts off who reads too slowly', async () => {
    const room = await test.server.registry.findOrCreate('standup');
    const slow = await test.connect();
    const { participantId } = await slow.join('standup', 'Bob');
    slow.socket.pause();
    // Long lists make long messages, and nobody waits with them: what the system buffers by itself is a few megabytes.
    const participantIds = Array.from({ length: 1000 }, (_unused, index) => String(index).padStart(64, 'x'));
    const isHere = (): boolean => room.describe().participants.some((participant) => participant.id === participantId);
    while (isHere()) {
      for (let played = 0; played < 8; played += 1) {
        const { id } = await room.control.play({ file: 'join.wav', participantIds });
        await room.control.stop(id);
      }
      time.advance(newsPeriodMs);
    }
    expect(test.logLines.some((line) => line.includes('reads too slowly'))).to.equal(true);
    slow.socket.terminate();
  });

  it('tells everyone when the server closes', async () => {
    const ann = await test.connect();
    await ann.join('standup', 'Ann');
    const idle = await test.connect();
    const closing = test.server.close();
    for (const client of [ann, idle]) expect(await client.next('closed')).to.deep.include({ reason: 'server_closing', rejoin: true });
    await closing;
    expect(time.pending).to.equal(0);
  });
});
