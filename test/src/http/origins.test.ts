import { expect } from 'chai';
import WebSocket from 'ws';
import { clientOffer } from '../../support/canned-media.js';
import { errorCode, startTestServer, type TestServer } from '../../support/test-server.js';

const own = 'https://meet.example.org';
const foreign = 'https://evil.example';

/** What a WebSocket of a page of that origin is answered: 101 when it opens. */
function socketStatus({ url }: TestServer, origin: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { origin });
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => undefined);
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
  });
}

describe('origins that nobody has configured', () => {
  let test: TestServer;

  before(async () => {
    test = await startTestServer();
    await test.server.registry.create('standup');
  });
  after(() => test.close());

  it('are this server\'s own and no others', async () => {
    const json = { 'Content-Type': 'application/json' };
    const change = async (origin: string | undefined, host = `127.0.0.1:${test.port}`): Promise<unknown> => {
      const { status, text, headers } = await test.raw('PATCH', '/api/rooms/standup', { ...json, Host: host, ...(origin === undefined ? {} : { Origin: origin }) }, '{"layout":"grid"}');
      return status === 200 ? [status, headers['access-control-allow-origin']] : errorCode(JSON.parse(text));
    };
    expect(await change(foreign)).to.equal('origin_not_allowed');
    expect(await change('null')).to.equal('origin_not_allowed');
    expect(await change(`http://127.0.0.1:${test.port + 1}`), 'another program of this machine').to.equal('origin_not_allowed');
    expect(await change('http://evil.example:8080', 'evil.example:8080'), 'a name that a stranger lets point here').to.equal('host_not_known');
    for (const host of [`127.0.0.1:${test.port}`, `localhost:${test.port}`, '192.0.2.7']) expect(await change(`http://${host}`, host), host).to.deep.equal([200, `http://${host}`]);
    expect(await change(undefined), 'no browser').to.deep.equal([200, undefined]);
  });

  it('are those of its WebSocket as well', async () => {
    expect([await socketStatus(test, foreign), await socketStatus(test, test.url)]).to.deep.equal([403, 101]);
  });
});

describe('origins over HTTP', () => {
  let test: TestServer;

  before(async () => {
    test = await startTestServer({ config: { allowedOrigins: [own] } });
    await test.server.registry.create('standup');
  });
  after(() => test.close());

  const json = { 'Content-Type': 'application/json' };
  const sdp = { 'Content-Type': 'application/sdp' };
  for (const [method, path, headers, body] of [
    ['GET', '/api/rooms', {}, undefined],
    ['POST', '/api/rooms', json, '{"name":"made"}'],
    ['POST', '/API/rooms', json, '{"name":"made"}'],
    ['DELETE', '/api/rooms/standup', {}, undefined],
    ['DELETE', '/Api/Rooms/standup', {}, undefined],
    ['POST', '/api//rooms', json, '{"name":"made"}'],
    ['POST', '/whip/made', sdp, clientOffer],
    ['POST', '/Whip/made', sdp, clientOffer],
    ['POST', '/whep/standup', sdp, clientOffer],
    ['GET', '/recordings/x.mp4', {}, undefined],
    ['GET', '/static/tessera-client.js', {}, undefined],
  ] as const) {
    it(`are looked at for ${method} ${path}`, async () => {
      const refused = await test.raw(method, path, { ...headers, Origin: foreign }, body);
      expect([refused.status, errorCode(JSON.parse(refused.text))]).to.deep.equal([403, 'origin_not_allowed']);
      expect(refused.headers['access-control-allow-origin']).to.equal(undefined);
      expect(test.server.registry.list().map(({ name }) => name)).to.deep.equal(['standup']);
      // A page of a name that a stranger lets point here sends no Origin when it reads.
      const rebound = await test.raw(method, path, { ...headers, Host: 'evil.example:8080' }, body);
      expect([rebound.status, errorCode(JSON.parse(rebound.text))]).to.deep.equal([403, 'host_not_known']);
    });
  }

  it('that are listed are told so; programs without one come in', async () => {
    const listed = await test.raw('GET', '/api/rooms', { Origin: own });
    expect([listed.status, listed.headers['access-control-allow-origin'], listed.headers.vary]).to.deep.equal([200, own, 'Origin']);
    const program = await test.raw('GET', '/api/rooms');
    expect([program.status, program.headers['access-control-allow-origin']]).to.deep.equal([200, undefined]);
  });

  it('that are no names of this server are told so where people begin, and nowhere else', async () => {
    for (const path of ['/', '/r/standup', '/v/standup']) expect(errorCode(JSON.parse((await test.raw('GET', path, { Host: 'evil.example:8080' })).text)), path).to.equal('host_not_known');
    for (const path of ['/healthz', '/openapi.json']) expect((await test.raw('GET', path, { Host: 'evil.example:8080' })).status, path).to.equal(200);
  });

  it('do not matter for the pages themselves', async () => {
    for (const path of ['/', '/r/standup', '/v/standup', '/openapi.json']) expect((await test.raw('GET', path, { Origin: foreign })).status, path).to.equal(200);
  });

  it('are looked at for the WebSocket', async () => {
    expect([await socketStatus(test, foreign), await socketStatus(test, own)]).to.deep.equal([403, 101]);
  });
});
