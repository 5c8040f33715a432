import { expect } from 'chai';
import WebSocket from 'ws';
import { clientOffer } from '../../support/canned-media.js';
import { errorCode, startTestServer, type TestServer } from '../../support/test-server.js';

const own = 'https://meet.example.org';
const foreign = 'https://evil.example';

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
      expect(rebound.status).to.equal(403);
    });
  }

  it('that are listed are told so; programs without one come in', async () => {
    const listed = await test.raw('GET', '/api/rooms', { Origin: own });
    expect([listed.status, listed.headers['access-control-allow-origin'], listed.headers.vary]).to.deep.equal([200, own, 'Origin']);
    const program = await test.raw('GET', '/api/rooms');
    expect([program.status, program.headers['access-control-allow-origin']]).to.deep.equal([200, undefined]);
  });

  it('do not matter for the pages themselves', async () => {
    for (const path of ['/', '/r/standup', '/v/standup', '/openapi.json']) expect((await test.raw('GET', path, { Origin: foreign })).status, path).to.equal(200);
  });

  it('are looked at for the WebSocket', async () => {
    const statusOf = (origin: string): Promise<number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${test.url.replace('http', 'ws')}/ws`, { origin });
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        socket.on('error', () => undefined);
        socket.on('open', () => {
          socket.terminate();
          resolve(101);
        });
      });
    expect([await statusOf(foreign), await statusOf(own)]).to.deep.equal([403, 101]);
  });
});
