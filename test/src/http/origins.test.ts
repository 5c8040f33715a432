import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';
import { clientOffer } from '../../support/canned-media.js';
import { errorCode, startTestServer, type TestServer } from '../../support/test-server.js';

const own = 'https://meet.example.org';
const foreign = 'https://evil.example';

interface SocketAnswer {
  readonly types: readonly string[];
  /** Of the first message. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly closeCode: number;
}

/** What a WebSocket of a page of that origin is told until its end, whatever it says itself. */
function askSocket({ url }: TestServer, origin: string, headers: Record<string, string> = {}): Promise<SocketAnswer> {
  return new Promise((resolve) => {
    const messages: { readonly type: string; readonly error?: { readonly code: string; readonly message: string } }[] = [];
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { origin, headers });
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as (typeof messages)[number];
      messages.push(message);
      if (message.type === 'joined') socket.send('{"type":"leave"}');
    });
    socket.on('open', () => socket.send('{"type":"join","room":"made","name":"Ann","audio":false,"video":false}'));
    socket.on('close', (closeCode) => resolve({ types: messages.map(({ type }) => type), error: messages[0]?.error, closeCode }));
  });
}

function warnings({ logLines }: TestServer): readonly unknown[] {
  return logLines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ level }) => level === 'warn').map(({ message, origin, host, toAllowIt }) => ({ message, origin, host, toAllowIt }));
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

  it('are those of its WebSocket as well, where a page learns why', async () => {
    const refused = await askSocket(test, foreign);
    expect(refused).to.deep.include({ types: ['error'], closeCode: 1008 });
    expect(refused.error?.code).to.equal('origin_not_allowed');
    expect(refused.error?.message).to.include(`TESSERA_HTTP_ALLOWED_ORIGINS=${foreign}`);
    expect((await askSocket(test, 'http://evil.example:8080', { Host: 'evil.example:8080' })).error?.code).to.equal('host_not_known');
    expect(test.server.registry.list().map(({ name }) => name), 'nothing that it said was done').to.deep.equal(['standup']);
    expect((await askSocket(test, test.url)).types).to.include.members(['joined', 'closed']);
  });

  it('are told with the line that would allow them, to the log as well, once of each', async () => {
    const own = await startTestServer();
    try {
      const message = 'a page of an origin that is not listed may not use this server';
      const host = `127.0.0.1:${own.port}`;
      for (let i = 0; i < 3; i += 1) {
        await own.raw('GET', '/', { Host: 'myhost:8080' });
        await own.raw('GET', '/api/rooms', { Origin: 'https://meet.example.org' });
        await askSocket(own, foreign);
        await own.raw('GET', '/api/rooms', { Origin: foreign });
        await own.raw('GET', '/api/rooms', { Origin: 'null' });
      }
      expect(warnings(own)).to.deep.equal([
        { message: 'a request for a host name that is not known was refused', origin: '', host: 'myhost:8080', toAllowIt: 'TESSERA_HTTP_ALLOWED_ORIGINS=http://myhost:8080' },
        { message, origin: 'https://meet.example.org', host, toAllowIt: 'TESSERA_HTTP_ALLOWED_ORIGINS=https://meet.example.org' },
        { message, origin: foreign, host, toAllowIt: `TESSERA_HTTP_ALLOWED_ORIGINS=${foreign}` },
        { message, origin: 'null', host, toAllowIt: 'Files and sandboxed frames have no origin that could be listed: serve the page over HTTP.' },
      ]);
      const { text } = await own.raw('GET', '/', { Host: 'myhost:8080' });
      expect(text).to.include('TESSERA_HTTP_ALLOWED_ORIGINS=http://myhost:8080').and.include('http.allowedOrigins');
      expect(JSON.parse((await own.raw('GET', '/api/rooms', { Origin: 'null' })).text)).to.have.nested.property('error.message').that.includes('serve the page over HTTP').and.does.not.include('TESSERA');
    } finally {
      await own.close();
    }
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

  it('that are listed read recordings, in parts and on from where they were as well', async () => {
    writeFileSync(join(test.recordingsFolder, 'part.mp4'), '0123456789');
    const part = await test.raw('GET', '/recordings/part.mp4', { Origin: own, Range: 'bytes=2-5' });
    expect([part.status, part.text, part.headers['access-control-allow-origin']]).to.deep.equal([206, '2345', own]);
    expect(part.headers['access-control-expose-headers']?.split(', ')).to.include.members(['Content-Range', 'ETag']);
    const asked = { Origin: own, 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'if-range, range' };
    const preflight = await test.raw('OPTIONS', '/recordings/part.mp4', asked);
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).to.deep.equal([200, own]);
    expect(preflight.headers['access-control-allow-headers']?.split(', ')).to.include.members(['Range', 'If-Range', 'If-None-Match']);
  });

  it('that are no names of this server are told so where people begin, and nowhere else', async () => {
    for (const path of ['/', '/r/standup', '/v/standup']) expect(errorCode(JSON.parse((await test.raw('GET', path, { Host: 'evil.example:8080' })).text)), path).to.equal('host_not_known');
    for (const path of ['/healthz', '/openapi.json']) expect((await test.raw('GET', path, { Host: 'evil.example:8080' })).status, path).to.equal(200);
  });

  it('do not matter for the scripts of its own pages, which other pages cannot read', async () => {
    const { status, headers } = await test.raw('GET', '/static/tessera-client.js', { Origin: foreign });
    expect([status, headers['access-control-allow-origin']]).to.deep.equal([200, undefined]);
    expect((await test.raw('GET', '/static/tessera-client.js', { Origin: own })).headers['access-control-allow-origin']).to.equal(own);
    expect(errorCode(JSON.parse((await test.raw('GET', '/static/tessera-client.js', { Host: 'evil.example:8080' })).text))).to.equal('host_not_known');
  });

  it('are told to the log when their pages import the scripts, which browsers keep from them', async () => {
    const mixed = await startTestServer({ config: { allowedOrigins: [own] } });
    try {
      for (const headers of [{}, { Origin: own }, { Origin: mixed.url }]) await mixed.raw('GET', '/static/tessera-client.js', headers);
      // What is embedded or linked to is this server's own page.
      for (const path of ['/', '/v/standup', '/favicon.ico', '/openapi.json']) await mixed.raw('GET', path, { Origin: foreign });
      expect(warnings(mixed)).to.deep.equal([]);
      for (let i = 0; i < 2; i += 1) await mixed.raw('GET', '/static/tessera-client.js', { Origin: foreign });
      expect(warnings(mixed)).to.deep.equal([
        { message: 'a page of an origin that is not listed may not use this server', origin: foreign, host: `127.0.0.1:${mixed.port}`, toAllowIt: `TESSERA_HTTP_ALLOWED_ORIGINS=${own},${foreign}` },
      ]);
    } finally {
      await mixed.close();
    }
  });

  it('do not matter for the pages themselves', async () => {
    for (const path of ['/', '/r/standup', '/v/standup', '/openapi.json']) expect((await test.raw('GET', path, { Origin: foreign })).status, path).to.equal(200);
  });

  it('are looked at for the WebSocket', async () => {
    expect((await askSocket(test, foreign)).types).to.deep.equal(['error']);
    expect((await askSocket(test, own)).types).to.include('joined');
  });
});
