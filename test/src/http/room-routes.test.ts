import { expect } from 'chai';
import type { ErrorCode } from '../../../src/errors.js';
import { errorTable } from '../../../src/errors.js';
import { errorSchema, healthSchema, layoutsSchema, roomSchema, roomsSchema } from '../../../src/http/schemas.js';
import type { RoomDescription } from '../../../src/rooms/protocol.js';
import { clientOffer, tinyPng } from '../../support/canned-media.js';
import { errorCode, startTestServer, type Answer, type TestServer } from '../../support/test-server.js';

function expectError({ status, body }: Pick<Answer, 'status' | 'body'>, code: ErrorCode): void {
  expect(errorCode(body)).to.equal(code);
  expect(errorSchema.safeParse(body).success).to.equal(true);
  expect(status).to.equal(errorTable[code].status);
}

describe('the HTTP face of rooms', () => {
  let test: TestServer;

  before(async () => {
    test = await startTestServer({ config: { allowedOrigins: ['*'], maxRooms: 3, httpBodyLimitBytes: 2000 } });
  });

  after(() => test.close());

  afterEach(async () => {
    for (const { name } of test.server.registry.list()) await test.server.registry.remove(name);
  });

  it('is healthy once rooms can be made', async () => {
    await test.server.registry.create('standup');
    const { status, body } = await test.call('GET', '/healthz');
    expect(status).to.equal(200);
    expect(healthSchema.parse(body)).to.deep.equal({ status: 'ok' });
  });

  it('makes, shows, changes and closes a room', async () => {
    const made = await test.call('POST', '/api/rooms', { name: 'standup', layout: 'speaker', video: { width: 640, height: 360, fps: 15 }, audio: { mode: 'music' } });
    expect(made.status).to.equal(201);
    expect(made.headers.get('Location')).to.equal('/api/rooms/standup');
    const room = roomSchema.parse(made.body);
    expect(room).to.deep.include({ name: 'standup', layout: 'speaker', video: { width: 640, height: 360, fps: 15 }, audio: { mode: 'music' }, participants: [], viewers: 0, recordings: [] });

    const changed = await test.call('PATCH', '/api/rooms/standup', { layout: 'single' });
    expect([changed.status, roomSchema.parse(changed.body).layout]).to.deep.equal([200, 'single']);
    expect((await test.call('PATCH', '/api/rooms/standup', {})).body).to.deep.equal(changed.body);
    expect((await test.call('GET', '/api/rooms/standup')).body).to.deep.equal(changed.body);
    expect(roomsSchema.parse((await test.call('GET', '/api/rooms')).body)).to.deep.equal({ rooms: [changed.body] });

    const closed = await test.call('DELETE', '/api/rooms/standup');
    expect([closed.status, closed.body]).to.deep.equal([204, undefined]);
    expectError(await test.call('GET', '/api/rooms/standup'), 'room_not_found');
    expect((await test.call('GET', '/api/rooms')).body).to.deep.equal({ rooms: [] });
  });

  it('shows who is in it', async () => {
    const published = await test.fetch('/whip/standup?name=%D0%90%D0%BD%D0%BD%D0%B0%20%F0%9F%8E%88', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: clientOffer });
    await test.fetch('/whep/standup', { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: clientOffer });
    const room = roomSchema.parse((await test.call('GET', '/api/rooms/standup')).body);
    expect(room.viewers).to.equal(1);
    expect(room.participants).to.have.length(1);
    expect(room.participants[0]).to.deep.include({ id: published.headers.get('Tessera-Participant'), name: 'Анна 🎈', kind: 'whip', audio: true, video: true, screen: false, speaking: false });
  });

  it('hands out the canvas, the counters and the layouts', async () => {
    await test.server.registry.create('standup');
    const picture = await test.fetch('/api/rooms/standup/snapshot.png');
    expect(picture.headers.get('Content-Type')).to.equal('image/png');
    expect(Buffer.from(await picture.arrayBuffer()).equals(tinyPng)).to.equal(true);
    expect((await test.call('GET', '/api/rooms/standup/stats')).body).to.have.property('threadPool', '4');
    expect(layoutsSchema.parse((await test.call('GET', '/api/layouts')).body).layouts).to.include.members(['grid', 'presentation', 'single', 'speaker']);
  });

  const badRooms: readonly [string, unknown, ErrorCode][] = [
    ['a name with markup', { name: '<b>standup</b>' }, 'invalid_room_name'],
    ['an empty name', { name: '' }, 'invalid_room_name'],
    ['a name of 65 characters', { name: 'a'.repeat(65) }, 'invalid_room_name'],
    ['a name that climbs', { name: '../standup' }, 'invalid_room_name'],
    ['no name', {}, 'invalid_body'],
    ['a name that is no text', { name: 7 }, 'invalid_body'],
    ['an unknown field', { name: 'standup', colour: 'red' }, 'invalid_body'],
    ['an odd width', { name: 'standup', video: { width: 641, height: 360, fps: 30 } }, 'invalid_body'],
    ['a canvas of 8K', { name: 'standup', video: { width: 7680, height: 4320, fps: 30 } }, 'invalid_body'],
    ['half a frame a second', { name: 'standup', video: { fps: 0.5 } }, 'invalid_body'],
    ['an unknown layout', { name: 'standup', layout: 'mosaic' }, 'unknown_layout'],
    ['a list', [], 'invalid_body'],
    ['too much', { name: 'standup', layout: 'x'.repeat(3000) }, 'body_too_large'],
  ];
  for (const [what, body, code] of badRooms) {
    it(`refuses ${what} with ${code}`, async () => {
      expectError(await test.call('POST', '/api/rooms', body), code);
      expect(test.server.registry.list()).to.deep.equal([]);
    });
  }

  it('names every mistake of a body at once', async () => {
    const { body } = await test.call('POST', '/api/rooms', { name: 7, video: { width: 'wide' }, colour: 'red' });
    const { details } = (body as { error: { details: { issues: string[] } } }).error;
    expect(details.issues).to.have.length(3);
    for (const word of ['name:', 'video.width:', 'colour']) expect(details.issues.some((issue) => issue.includes(word)), word).to.equal(true);
  });

  const badBodies: readonly [string, string | undefined, string | Buffer, ErrorCode][] = [
    ['no JSON', 'application/json', '{"name":', 'invalid_json'],
    ['nothing', 'application/json', '', 'invalid_json'],
    ['bytes that are no UTF-8', 'application/json', Buffer.from([0x22, 0xff, 0x22]), 'invalid_json'],
    ['a form', 'application/x-www-form-urlencoded', 'name=standup', 'unsupported_media_type'],
    ['JSON that is not called so', undefined, '{"name":"standup"}', 'unsupported_media_type'],
    ['a megabyte', 'application/json', JSON.stringify({ name: 'x'.repeat(1_000_000) }), 'body_too_large'],
  ];
  for (const [what, type, body, code] of badBodies) {
    it(`refuses ${what} with ${code}`, async () => {
      const { status, text } = await test.raw('POST', '/api/rooms', { ...(type === undefined ? {} : { 'Content-Type': type }), 'Content-Length': String(Buffer.byteLength(body)) }, body);
      expectError({ status, body: JSON.parse(text) as unknown }, code);
    });
  }

  it('refuses a body that grows beyond the limit without having announced it', async () => {
    const { status, text } = await test.raw('POST', '/api/rooms', { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }, 'x'.repeat(100_000));
    expectError({ status, body: JSON.parse(text) as unknown }, 'body_too_large');
  });

  it('takes a body whose type names the character set', async () => {
    const { status } = await test.raw('POST', '/api/rooms', { 'Content-Type': 'application/json; charset=utf-8' }, '{"name":"standup"}');
    expect(status).to.equal(201);
  });

  const unknownPaths: readonly [string, string, ErrorCode][] = [
    ['GET', '/api/rooms/nobody', 'room_not_found'],
    ['PATCH', '/api/rooms/nobody', 'room_not_found'],
    ['DELETE', '/api/rooms/nobody', 'room_not_found'],
    ['GET', '/api/rooms/nobody/stats', 'room_not_found'],
    ['GET', '/api/rooms/nobody/snapshot.png', 'room_not_found'],
    ['GET', '/api/rooms/%3Cscript%3E', 'invalid_room_name'],
    ['GET', '/api/rooms/..', 'invalid_room_name'],
    ['GET', '/api/rooms/..%2f..%2fetc%2fpasswd', 'invalid_room_name'],
    ['GET', '/api/rooms/%', 'invalid_room_name'],
    ['GET', '/api/rooms/a%00b', 'invalid_room_name'],
    ['GET', '/api/chairs', 'not_found'],
    ['GET', '/api/rooms/a/b/c', 'not_found'],
  ];
  for (const [method, path, code] of unknownPaths) {
    it(`answers ${method} ${path} with ${code}`, async () => {
      const { status, text } = await test.raw(method, path);
      expectError({ status, body: JSON.parse(text) as unknown }, code);
    });
  }

  it('names the methods that a path takes', async () => {
    const wrong = await test.call('PUT', '/api/rooms/standup');
    expectError(wrong, 'method_not_allowed');
    expect(wrong.headers.get('Allow')?.split(', ')).to.have.members(['GET', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS']);
    const strange = await test.raw('PROPFIND', '/api/rooms');
    expectError({ status: strange.status, body: JSON.parse(strange.text) as unknown }, 'method_not_allowed');
  });

  it('tells when to come back when there are too many rooms', async () => {
    for (const name of ['a', 'b', 'c']) await test.server.registry.create(name);
    const refused = await test.call('POST', '/api/rooms', { name: 'd' });
    expectError(refused, 'too_many_rooms');
    expect(Number(refused.headers.get('Retry-After'))).to.be.greaterThan(0);
    expectError(await test.call('POST', '/api/rooms', { name: 'a' }), 'room_exists');
  });

  it('lets pages of other origins ask, and read what they need', async () => {
    const preflight = await test.fetch('/api/rooms/standup', { method: 'OPTIONS', headers: { Origin: 'https://example.org', 'Access-Control-Request-Method': 'PATCH' } });
    expect(preflight.status).to.equal(200);
    expect(preflight.headers.get('Access-Control-Allow-Origin')).to.equal('*');
    expect(preflight.headers.get('Access-Control-Allow-Methods')).to.include('PATCH').and.include('DELETE');
    expect(preflight.headers.get('Access-Control-Allow-Headers')).to.include('Content-Type').and.include('If-Match');
    const failed = await test.call('GET', '/api/rooms/nobody');
    expect(failed.headers.get('Access-Control-Allow-Origin')).to.equal('*');
    expect((await test.call('GET', '/healthz')).headers.get('Access-Control-Allow-Origin')).to.equal(null);
  });

  it('answers what is no HTTP in the same form, and does not fall', async () => {
    const { connect } = await import('node:net');
    const socket = connect(test.port, '127.0.0.1');
    socket.write('GET /\x01 what\r\n\r\n');
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
    expect(text).to.match(/^HTTP\/1\.1 400 /).and.include('"code":"bad_request"');
    const { status, text: overflow } = await test.raw('GET', '/healthz', { Cookie: 'x'.repeat(20_000) });
    expectError({ status, body: JSON.parse(overflow) as unknown }, 'headers_too_large');
    expect((await test.call('GET', '/api/rooms')).status).to.equal(200);
  });

  it('logs nothing about the mistakes of strangers', async () => {
    const before = test.logLines.length;
    for (let index = 0; index < 50; index += 1) await test.call('POST', '/api/rooms', { name: '<b>' });
    expect(test.logLines.length).to.equal(before);
  });

  it('tells a bug from a mistake: a request id, and one line in the log', async () => {
    const registry = test.server.registry as { list: unknown };
    const broken = (): RoomDescription[] => {
      throw new TypeError('broken on purpose');
    };
    const restore = test.server.registry.list.bind(test.server.registry);
    registry.list = broken;
    try {
      const { status, body } = await test.call('GET', '/api/rooms');
      expectError({ status, body }, 'internal');
      const { requestId } = (body as { error: { details: { requestId: string } } }).error.details;
      const lines = test.logLines.filter((line) => line.includes(requestId));
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include('broken on purpose');
      expect(JSON.stringify(body)).to.not.include('broken');
    } finally {
      registry.list = restore;
    }
  });
});

describe('the HTTP face before rooms can be made', () => {
  it('says that it is starting', async () => {
    process.env['FAKE_ROOM'] = 'dies';
    const test = await startTestServer().finally(() => delete process.env['FAKE_ROOM']);
    try {
      const { status, body, headers } = await test.call('GET', '/healthz');
      expectError({ status, body }, 'starting');
      expect(headers.get('Retry-After')).to.not.equal(null);
    } finally {
      await test.close();
    }
  });
});
