import { expect } from 'chai';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type ErrorCode } from '../../../src/errors.js';
import type { RoomRegistry } from '../../../src/rooms/room-registry.js';
import { RoomProcess } from '../../../src/rooms/room-process.js';
import type { SessionListener } from '../../../src/rooms/room-handle.js';
import { Log } from '../../../src/log.js';
import { systemTime } from '../../../src/time.js';
import { clientOffer } from '../../support/canned-media.js';
import { ManualTime } from '../../support/manual-time.js';
import { fakeRoomModule, startTestServer, type TestServer, type TestServerOptions } from '../../support/test-server.js';

async function codeOf(promise: Promise<unknown>): Promise<ErrorCode> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  throw new Error('it did not fail');
}

/** A session whose end a test can wait for. */
function listener(): SessionListener & { readonly end: Promise<string> } {
  let tell: (reason: string) => void = () => undefined;
  const end = new Promise<string>((resolve) => {
    tell = resolve;
  });
  return { end, ended: tell };
}

async function asked(registry: RoomRegistry, room: string): Promise<{ name: string; params: Record<string, unknown> }[]> {
  return (await (await registry.find(room)).stats())['asked'] as { name: string; params: Record<string, unknown> }[];
}

/** Resolves when the process is gone, killed by whoever. */
async function isGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('RoomRegistry', () => {
  /** For all tests that need no settings of their own, each with a room of another name: processes take their time to start. */
  let shared: TestServer;
  let running: TestServer[] = [];

  before(async () => {
    shared = await startTestServer();
  });

  after(() => shared.close());

  async function start(options?: TestServerOptions): Promise<{ registry: RoomRegistry; test: TestServer }> {
    const test = await startTestServer(options);
    running.push(test);
    return { registry: test.server.registry, test };
  }

  afterEach(async () => {
    await Promise.all(running.map((test) => test.close()));
    running = [];
  });

  it('hands the room its options, with what the creator chose', async () => {
    const { registry } = await start({ config: { maxParticipants: 7, videoBitrateBps: 900_000 } });
    const room = await registry.create('standup', { layout: 'SPEAKER', video: { width: 640 } });
    const [open] = await asked(registry, 'standup');
    expect(open?.name).to.equal('open');
    expect(open?.params['options']).to.deep.include({ name: 'standup', layout: 'speaker', video: { width: 640, height: 720, fps: 30 }, maxParticipants: 7, videoBitrateBps: 900_000, udpHosts: ['127.0.0.1'], iceTcp: true, announcedAddresses: ['127.0.0.1'], udpPortMin: 40_000, udpPortMax: 40_099 });
    expect(room.describe()).to.deep.include({ name: 'standup', layout: 'speaker', participants: [], viewers: 0, recordings: [] });
    const { argv, threadPool } = await room.stats();
    expect(argv).to.include('--enable-source-maps');
    expect(threadPool).to.equal('4');
  });

  it('makes one room for two who join at the same moment', async () => {
    const { registry } = shared.server;
    const [ann, bob] = await Promise.all([registry.findOrCreate('pair'), registry.findOrCreate('pair')]);
    expect(ann).to.equal(bob);
    expect(registry.list().filter(({ name }) => name === 'pair')).to.have.length(1);
    expect(await codeOf(registry.create('pair'))).to.equal('room_exists');
  });

  it('makes no room for a joiner when that is switched off, and never for a viewer', async () => {
    const { registry } = await start({ config: { createOnJoin: false } });
    expect(await codeOf(registry.findOrCreate('standup'))).to.equal('room_not_found');
    const { registry: open } = await start();
    expect(await codeOf(open.findOrBringBack('standup'))).to.equal('room_not_found');
  });

  it('knows layouts by name and alias, and tells which there are', async () => {
    const { registry } = shared.server;
    expect(registry.findLayout('Grid')).to.equal('grid');
    const error = await registry.create('painted', { layout: 'mosaic' }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(AppError).that.deep.includes({ code: 'unknown_layout', details: { layouts: registry.layoutNames } });
    expect(await codeOf(registry.find('painted'))).to.equal('room_not_found');
  });

  it('opens as many rooms as it may, and not one more', async () => {
    const { registry } = await start({ config: { maxRooms: 2 } });
    await Promise.all([registry.create('a'), registry.create('b')]);
    expect(await codeOf(registry.create('c'))).to.equal('too_many_rooms');
    await registry.remove('a');
    await registry.create('c');
    expect(registry.list().map(({ name }) => name)).to.deep.equal(['b', 'c']);
  });

  it('closes a room a while after the last one left, not while somebody is there', async () => {
    const time = new ManualTime();
    const { registry } = await start({ time, config: { emptyTimeoutMs: 1000, unusedTimeoutMs: 5000 } });
    const room = await registry.findOrCreate('standup');
    const { sessionId } = await room.join('Ann', listener());
    const viewer = await room.view(clientOffer, sessionId, listener());
    time.advance(60_000);
    await room.end(sessionId, 'left');
    time.advance(60_000);
    expect(registry.list()).to.have.length(1);
    await room.end(viewer.sessionId, 'left');
    time.advance(999);
    const back = await room.join('Ann', listener());
    time.advance(60_000);
    expect(registry.list()).to.have.length(1);
    await room.end(back.sessionId, 'left');
    time.advance(1000);
    expect(registry.list()).to.deep.equal([]);
    await isGone(room.pid);
  });

  it('closes a room that nobody ever joined', async () => {
    const time = new ManualTime();
    const { registry } = await start({ time, config: { emptyTimeoutMs: 1000, unusedTimeoutMs: 5000 } });
    const room = await registry.create('standup');
    time.advance(4999);
    expect(registry.list()).to.have.length(1);
    time.advance(1);
    expect(registry.list()).to.deep.equal([]);
    await isGone(room.pid);
  });

  it('tells everyone when a room is removed, and a new one of the name can be made at once', async () => {
    const { registry } = shared.server;
    const room = await registry.findOrCreate('removed');
    const ann = listener();
    await room.join('Ann', ann);
    const removing = registry.remove('removed');
    expect(await ann.end).to.equal('room_closed');
    const next = await registry.findOrCreate('removed');
    expect(next).to.not.equal(room);
    await removing;
    await isGone(room.pid);
    expect(await codeOf(room.join('Bob', listener()))).to.equal('room_closed');
  });

  it('tells everyone when the process of a room is killed, and brings the room back as it was', async () => {
    const { registry, test } = await start({ config: { createOnJoin: false } });
    const room = await registry.create('standup', { layout: 'grid', video: { width: 640, height: 360 }, audio: { mode: 'music' } });
    await room.setLayout('single');
    const ann = listener();
    const bob = listener();
    await room.join('Ann', ann);
    await room.view(clientOffer, undefined, bob);
    process.kill(room.pid, 'SIGKILL');
    expect(await Promise.all([ann.end, bob.end])).to.deep.equal(['room_failed', 'room_failed']);
    expect(registry.list()).to.deep.equal([]);
    expect(await codeOf(room.join('Ann', listener()))).to.equal('room_closed');
    const [again, same] = await Promise.all([registry.findOrBringBack('standup'), registry.findOrCreate('standup')]);
    expect(again).to.equal(same);
    expect(again.pid).to.not.equal(room.pid);
    expect(again.describe()).to.deep.include({ name: 'standup', createdAt: room.options.createdAt, layout: 'single', video: { width: 640, height: 360, fps: 30 }, audio: { mode: 'music' }, participants: [] });
    expect(test.logLines.filter((line) => line.includes('ended unexpectedly'))).to.have.length(1);
  });

  it('forgets a failed room that nobody rejoins', async () => {
    const time = new ManualTime();
    const { registry } = await start({ time, config: { createOnJoin: false } });
    const room = await registry.create('standup');
    const ann = listener();
    await room.join('Ann', ann);
    process.kill(room.pid, 'SIGKILL');
    await ann.end;
    time.advance(30_000);
    expect(await codeOf(registry.findOrCreate('standup'))).to.equal('room_not_found');
  });

  it('answers room_failed to whoever waits for a process that dies, and room_timeout when it is stuck', async () => {
    const time = new ManualTime();
    const { registry } = await start({ time });
    const room = await registry.create('standup');
    process.kill(room.pid, 'SIGSTOP');
    const stuck = codeOf(room.stats());
    time.advance(5000);
    expect(await stuck).to.equal('room_timeout');
    const waiting = codeOf(room.stats());
    process.kill(room.pid, 'SIGKILL');
    expect(await waiting).to.equal('room_failed');
  });

  it('gives up a process that hangs, and brings its room back', async () => {
    const time = new ManualTime();
    const { registry } = await start({ time });
    const room = await registry.create('standup');
    const ann = listener();
    await room.join('Ann', ann);
    process.kill(room.pid, 'SIGSTOP');
    // Nobody asks it anything; the registry does.
    for (let tick = 0; tick < 7; tick += 1) {
      time.advance(2_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await ann.end).to.equal('room_failed');
    await isGone(room.pid);
    expect((await registry.findOrCreate('standup')).pid).not.to.equal(room.pid);
  });

  it('takes nothing from the time of an unused room when an offer is refused', async () => {
    const time = new ManualTime();
    const { registry } = await start({ time, config: { emptyTimeoutMs: 1000, unusedTimeoutMs: 5000 } });
    const room = await registry.create('standup');
    time.advance(3000);
    expect(await codeOf(room.publish('Ann', 'no SDP', listener()))).to.equal('sdp_invalid');
    expect(await codeOf(room.view('no SDP', undefined, listener()))).to.equal('sdp_invalid');
    time.advance(1999);
    expect(registry.list()).to.have.length(1);
    time.advance(1);
    await isGone(room.pid);
  });

  it('leaves no room behind that was made for a joiner who is refused', async () => {
    const time = new ManualTime();
    const { registry } = await start({ time });
    const asksForRoom = await registry.create('asked');
    const forJoiner = await registry.findOrCreate('joined');
    for (const room of [asksForRoom, forJoiner]) expect(await codeOf(room.publish('Ann', 'no SDP', listener()))).to.equal('sdp_invalid');
    time.advance(0);
    await isGone(forJoiner.pid);
    expect(registry.list().map(({ name }) => name)).to.deep.equal(['asked']);
    // Somebody else heard that it is there.
    const wanted = await registry.findOrCreate('wanted');
    expect(await codeOf(registry.create('wanted'))).to.equal('room_exists');
    expect(await codeOf(wanted.publish('Ann', 'no SDP', listener()))).to.equal('sdp_invalid');
    time.advance(0);
    expect(registry.list().map(({ name }) => name)).to.deep.equal(['asked', 'wanted']);
    // Somebody was in it: then it stays a while.
    const kept = await registry.findOrCreate('kept');
    const { sessionId } = await kept.join('Ann', listener());
    await kept.end(sessionId, 'left');
    time.advance(0);
    expect(registry.list().map(({ name }) => name)).to.deep.equal(['asked', 'wanted', 'kept']);
  });

  it('marks what a killed process was recording as failed, with what is on the disk', async () => {
    const test = shared;
    const { registry } = test.server;
    const room = await registry.create('cut');
    const told: string[] = [];
    const ann = listener();
    await room.join('Ann', { ...ann, recordingChanged: ({ status, error }) => told.push(`${status} ${String(error)}`) });
    const done = await room.startRecording('webm');
    await room.stopRecording(done.id);
    const cut = await room.startRecording('mp4');
    process.kill(room.pid, 'SIGKILL');
    await ann.end;
    expect(told.at(-1)).to.equal('failed The process of the room ended unexpectedly.');
    expect(registry.recordings.get('cut', cut.id)).to.deep.include({ status: 'failed', bytes: 10, error: 'The process of the room ended unexpectedly.' });
    expect(registry.recordings.get('cut', done.id).status).to.equal('complete');
    const again = await registry.findOrCreate('cut');
    expect(again.describe().recordings.map(({ id }) => id)).to.deep.equal([done.id, cut.id]);
    expect(existsSync(join(test.recordingsFolder, cut.url.replace('/recordings/', '')))).to.equal(true);
  });

  it('finishes recordings when a room is closed, and lists them afterwards', async () => {
    const { registry } = shared.server;
    const room = await registry.create('finished');
    const { id, url } = await room.startRecording('mp4');
    expect(url).to.match(new RegExp(`^/recordings/finished-\\d{8}T\\d{6}Z-${id}\\.mp4$`));
    await registry.remove('finished');
    expect(registry.recordings.list('finished').map(({ status }) => status)).to.deep.equal(['complete']);
  });

  it('tells a session that its room let it go', async () => {
    const { registry } = shared.server;
    const room = await registry.create('timed-out');
    const ann = listener();
    await room.join('Ann', ann);
    process.kill(room.pid, 'SIGUSR2');
    expect(await ann.end).to.equal('timeout');
    expect(room.isOccupied).to.equal(false);
  });

  it('can make rooms as soon as a process is warm, and says so no more when processes die', async () => {
    const { registry } = await start();
    await registry.create('standup');
    expect(registry.canMakeRooms).to.equal(true);

    process.env['FAKE_ROOM'] = 'dies';
    try {
      const time = new ManualTime();
      const { registry: dying, test } = await start({ time });
      expect(await codeOf(dying.create('standup'))).to.equal('starting');
      expect(dying.canMakeRooms).to.equal(false);
      expect(dying.list()).to.deep.equal([]);
      // The second try, when the time for it has come, finds processes that live.
      delete process.env['FAKE_ROOM'];
      time.advance(500);
      await dying.create('standup');
      expect(dying.canMakeRooms).to.equal(true);
      expect(test.logLines.filter((line) => line.includes('before it was ready'))).to.have.length(1);
    } finally {
      delete process.env['FAKE_ROOM'];
    }
  });

  it('gives up a process that hangs before it is ready', async () => {
    process.env['FAKE_ROOM'] = 'spins';
    try {
      const time = new ManualTime();
      const { registry } = await start({ time });
      const refused = codeOf(registry.create('standup'));
      delete process.env['FAKE_ROOM'];
      time.advance(15_000);
      expect(await refused).to.equal('starting');
      time.advance(500);
      expect(await registry.create('standup')).to.have.property('name', 'standup');
    } finally {
      delete process.env['FAKE_ROOM'];
    }
  });

  it('leaves nothing behind when a room cannot be opened', async () => {
    process.env['FAKE_ROOM'] = 'refuses';
    try {
      const { registry } = await start();
      expect(await codeOf(registry.findOrCreate('standup'))).to.equal('no_media_port');
      expect(registry.list()).to.deep.equal([]);
      expect(await codeOf(registry.find('standup'))).to.equal('room_not_found');
    } finally {
      delete process.env['FAKE_ROOM'];
    }
  });

  it('ends all rooms and makes no more after close', async () => {
    const { registry, test } = await start();
    const rooms = await Promise.all([registry.create('a'), registry.create('b')]);
    const ann = listener();
    await rooms[0].join('Ann', ann);
    await test.server.close();
    expect(await ann.end).to.equal('server_closing');
    for (const { pid } of rooms) await isGone(pid);
    expect(await codeOf(registry.create('c'))).to.equal('server_closing');
    expect(registry.canMakeRooms).to.equal(false);
  });
});

describe('RoomProcess', () => {
  const log = new Log({ level: 'error', format: 'json', time: systemTime, write: () => undefined });

  it('kills a process that does not end when it is closed', async () => {
    process.env['FAKE_ROOM'] = 'hangs';
    const time = new ManualTime();
    const hanging = new RoomProcess({ modulePath: fakeRoomModule, time, log });
    delete process.env['FAKE_ROOM'];
    await hanging.ready;
    const closing = hanging.close('room_closed', 7000);
    // The answer to `close` starts the time it has to end; a timer appears and is let run out.
    while (time.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    const isClosed = closing.then(() => true);
    while (!(await Promise.race([isClosed, new Promise<false>((resolve) => setImmediate(() => resolve(false)))]))) time.advance(500);
    expect((await hanging.exited).signal).to.equal('SIGKILL');
  });

  it('is a failure, not an exception, when the process ends before it is ready', async () => {
    process.env['FAKE_ROOM'] = 'dies';
    const dying = new RoomProcess({ modulePath: fakeRoomModule, time: systemTime, log });
    delete process.env['FAKE_ROOM'];
    expect(await codeOf(dying.ready)).to.equal('room_failed');
    expect(await dying.exited).to.deep.equal({ code: 3, signal: null });
    expect(await codeOf(dying.request('stats', {}))).to.equal('room_failed');
  });

  it('ends with the server, even when that is killed', async () => {
    const script = `import { RoomProcess } from ${JSON.stringify(new URL('../../../src/rooms/room-process.js', import.meta.url).href)};
      import { systemTime } from ${JSON.stringify(new URL('../../../src/time.js', import.meta.url).href)};
      import { Log } from ${JSON.stringify(new URL('../../../src/log.js', import.meta.url).href)};
      const log = new Log({ level: 'error', format: 'json', time: systemTime, write: () => undefined });
      const room = new RoomProcess({ modulePath: ${JSON.stringify(fakeRoomModule)}, time: systemTime, log });
      await room.ready; process.send(room.pid);`;
    const { fork } = await import('node:child_process');
    const parent = fork('-', { execArgv: ['--input-type=module', '-e', script], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [pid] = (await once(parent, 'message')) as [number];
    parent.kill('SIGKILL');
    await isGone(pid);
  });
});
