import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { errorTable, type ErrorCode } from '../../../src/errors.js';
import { NoPagesError, PageFiles } from '../../../src/http/page-files.js';
import { recordingSchema, recordingsSchema } from '../../../src/http/schemas.js';
import { rootFolder } from '../../support/root-folder.js';
import { errorCode, startTestServer, type RawAnswer, type TestServer } from '../../support/test-server.js';

function expectError({ status, text }: RawAnswer, code: ErrorCode): void {
  expect(errorCode(JSON.parse(text))).to.equal(code);
  expect(status).to.equal(errorTable[code].status);
}

describe('recordings over HTTP', () => {
  let test: TestServer;

  before(async () => {
    test = await startTestServer({ config: { maxRecordings: 1 } });
    await test.server.registry.create('standup');
  });

  after(() => test.close());

  it('are started, listed, stopped and fetched', async () => {
    const started = await test.call('POST', '/api/rooms/standup/recordings', { format: 'webm' });
    expect(started.status).to.equal(201);
    const recording = recordingSchema.parse(started.body);
    expect(recording).to.deep.include({ room: 'standup', format: 'webm', status: 'active', endedAt: null, error: null });
    expect(started.headers.get('Location')).to.equal(`/api/rooms/standup/recordings/${recording.id}`);
    expect((await test.call('GET', `/api/rooms/standup/recordings/${recording.id}`)).body).to.deep.equal(recording);

    const stopped = await test.call('POST', `/api/rooms/standup/recordings/${recording.id}/stop`);
    expect(stopped.status).to.equal(200);
    expect(recordingSchema.parse(stopped.body)).to.deep.include({ id: recording.id, status: 'complete', bytes: 10 });
    expect(recordingsSchema.parse((await test.call('GET', '/api/rooms/standup/recordings')).body).recordings).to.deep.equal([stopped.body]);

    const file = await test.fetch(recording.url);
    expect([file.status, file.headers.get('Content-Type'), await file.text()]).to.deep.equal([200, 'video/webm', '0123456789']);
    const again = await test.raw('POST', `/api/rooms/standup/recordings/${recording.id}/stop`);
    expectError(again, 'recording_ended');
  });

  it('are mp4 when nobody says otherwise, one at a time here', async () => {
    const started = await test.call('POST', '/api/rooms/standup/recordings');
    expect(recordingSchema.parse(started.body).format).to.equal('mp4');
    expectError(await test.raw('POST', '/api/rooms/standup/recordings'), 'too_many_recordings');
    await test.call('POST', `/api/rooms/standup/recordings/${recordingSchema.parse(started.body).id}/stop`);
  });

  it('are listed after their room is gone', async () => {
    await test.server.registry.create('gone');
    const { id } = recordingSchema.parse((await test.call('POST', '/api/rooms/gone/recordings')).body);
    await test.call('DELETE', '/api/rooms/gone');
    const { recordings } = recordingsSchema.parse((await test.call('GET', '/api/rooms/gone/recordings')).body);
    expect(recordings.map(({ id: listed, status }) => [listed, status])).to.deep.equal([[id, 'complete']]);
    expectError(await test.raw('POST', `/api/rooms/gone/recordings/${id}/stop`), 'recording_ended');
    expectError(await test.raw('POST', '/api/rooms/gone/recordings'), 'room_not_found');
  });

  it('fail with their reason when the folder cannot be made', async () => {
    const blocked = await startTestServer({ config: { recordingsFolder: join(test.recordingsFolder, 'in-the-way', 'below') } });
    try {
      // It could be at the start; somebody has taken it away since.
      rmSync(join(test.recordingsFolder, 'in-the-way'), { recursive: true });
      writeFileSync(join(test.recordingsFolder, 'in-the-way'), '');
      await blocked.server.registry.create('standup');
      const answer = await blocked.raw('POST', '/api/rooms/standup/recordings');
      expectError(answer, 'recording_failed');
      expect(answer.text).to.include('ENOTDIR');
    } finally {
      await blocked.close();
    }
  });

  const bad: readonly [method: string, path: string, body: string | undefined, code: ErrorCode][] = [
    ['POST', '/api/rooms/standup/recordings', '{"format":"avi"}', 'invalid_body'],
    ['POST', '/api/rooms/standup/recordings', '{', 'invalid_json'],
    ['GET', '/api/rooms/nobody/recordings', undefined, 'room_not_found'],
    ['GET', '/api/rooms/standup/recordings/nothing', undefined, 'recording_not_found'],
    ['POST', '/api/rooms/standup/recordings/nothing/stop', undefined, 'recording_not_found'],
    ['GET', '/api/rooms/%3Cb%3E/recordings', undefined, 'invalid_room_name'],
  ];
  for (const [method, path, body, code] of bad) {
    it(`answer ${method} ${path} ${body ?? ''} with ${code}`, async () => {
      expectError(await test.raw(method, path, body === undefined ? {} : { 'Content-Type': 'application/json' }, body), code);
    });
  }

  it('come in parts', async () => {
    writeFileSync(join(test.recordingsFolder, 'part.mp4'), '0123456789');
    const part = await test.raw('GET', '/recordings/part.mp4', { Range: 'bytes=2-5' });
    expect(part.status).to.equal(206);
    expect(part.text).to.equal('2345');
    expect(part.headers).to.deep.include({ 'content-range': 'bytes 2-5/10', 'content-length': '4', 'content-type': 'video/mp4', 'accept-ranges': 'bytes' });
    expect((await test.raw('GET', '/recordings/part.mp4', { Range: 'bytes=-3' })).text).to.equal('789');
    expect((await test.raw('GET', '/recordings/part.mp4', { Range: 'bytes=8-' })).text).to.equal('89');
    const beyond = await test.raw('GET', '/recordings/part.mp4', { Range: 'bytes=10-' });
    expectError(beyond, 'range_not_satisfiable');
    expect(beyond.headers['content-range']).to.equal('bytes */10');
    const several = await test.raw('GET', '/recordings/part.mp4', { Range: 'bytes=0-1,4-5' });
    expect([several.status, several.text]).to.deep.equal([200, '0123456789']);
  });

  it('come in parts only of the file that the client has the rest of', async () => {
    writeFileSync(join(test.recordingsFolder, 'grown.mp4'), '0123');
    const { etag = '' } = (await test.raw('GET', '/recordings/grown.mp4')).headers;
    expect((await test.raw('GET', '/recordings/grown.mp4', { Range: 'bytes=2-', 'If-Range': etag })).status).to.equal(206);
    writeFileSync(join(test.recordingsFolder, 'grown.mp4'), '01234567');
    const whole = await test.raw('GET', '/recordings/grown.mp4', { Range: 'bytes=2-', 'If-Range': etag });
    expect([whole.status, whole.text]).to.deep.equal([200, '01234567']);
    const same = await test.raw('GET', '/recordings/grown.mp4', { 'If-None-Match': whole.headers.etag ?? '' });
    expect([same.status, same.text]).to.deep.equal([304, '']);
  });

  it('say how long they are without being sent', async () => {
    writeFileSync(join(test.recordingsFolder, 'head.webm'), '0123456789');
    const { status, headers, text } = await test.raw('HEAD', '/recordings/head.webm');
    expect([status, headers['content-length'], headers['content-type'], text]).to.deep.equal([200, '10', 'video/webm', '']);
    writeFileSync(join(test.recordingsFolder, 'empty.webm'), '');
    const empty = await test.raw('GET', '/recordings/empty.webm');
    expect([empty.status, empty.headers['content-length'], empty.headers['content-type'], empty.text]).to.deep.equal([200, '0', 'video/webm', '']);
  });

  it('are only what was recorded', async () => {
    writeFileSync(join(test.recordingsFolder, 'notes.html'), 'secret');
    writeFileSync(join(test.recordingsFolder, '.hidden.mp4'), 'secret');
    symlinkSync('/etc/hostname', join(test.recordingsFolder, 'link.mp4'));
    mkdirSync(join(test.recordingsFolder, 'folder.mp4'));
    for (const path of ['notes.html', '.hidden.mp4', 'link.mp4', 'folder.mp4', 'nothing.mp4', '..%2fpackage.json', '%2e%2e%2f%2e%2e%2fetc%2fpasswd', '..%5c..%5cx.mp4', 'a%00.mp4', '%.mp4', '%2fetc%2fpasswd.mp4']) {
      const answer = await test.raw('GET', `/recordings/${path}`);
      expectError(answer, 'file_not_found');
    }
    for (const path of ['/recordings/../package.json', '/recordings/', '/recordings/../../etc/passwd']) expectError(await test.raw('GET', path), 'not_found');
  });
});

describe('pages', () => {
  let test: TestServer;

  before(async () => {
    test = await startTestServer();
  });

  after(() => test.close());

  it('can be embedded when they are viewers, and cannot otherwise', async () => {
    const viewer = await test.fetch('/v/standup');
    expect(viewer.headers.get('Content-Security-Policy')).to.include('frame-ancestors *');
    expect(viewer.headers.get('X-Frame-Options')).to.equal(null);
    for (const path of ['/', '/r/standup', '/healthz']) {
      const { headers } = await test.fetch(path);
      expect(headers.get('Content-Security-Policy')).to.include("frame-ancestors 'self'").and.include("default-src 'self'").and.not.include('unsafe-eval');
      expect(headers.get('X-Frame-Options')).to.equal('SAMEORIGIN');
      expect(headers.get('X-Content-Type-Options')).to.equal('nosniff');
    }
  });

  for (const [path, file] of [['/', 'index.html'], ['/r/standup', 'room.html'], ['/v/standup', 'viewer.html']] as const) {
    it(`serve ${file} at ${path}`, async () => {
      expect(existsSync(join(rootFolder, 'public', file)), `public/${file}`).to.equal(true);
      const response = await test.fetch(path);
      expect([response.status, response.headers.get('Content-Type')]).to.deep.equal([200, 'text/html; charset=utf-8']);
      expect(await (await test.fetch(`/static/${file}`)).text()).to.equal(await response.text());
    });
  }

  it('answer a person who came by a wrong link with a page, a program with JSON', async () => {
    const browser = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8' };
    for (const [path, status, vary] of [['/r/a%20b', 400, 'Accept'], ['/v/%3Cb%3E', 400, 'Accept'], ['/nothing', 404, 'Accept'], ['/recordings/nothing.mp4', 404, 'Origin, Accept']] as const) {
      const page = await test.raw('GET', path, browser);
      expect([page.status, page.headers['content-type'], page.headers['cache-control'], page.headers.vary], path).to.deep.equal([status, 'text/html; charset=utf-8', 'no-store', vary]);
      expect(page.text).to.include('/static/error-page.js').and.not.include('<b>');
      for (const headers of [{}, { Accept: '*/*' }, { Accept: 'application/json' }]) expect(errorCode(JSON.parse((await test.raw('GET', path, headers)).text))).to.be.a('string');
    }
    expectError(await test.raw('GET', '/api/nothing', browser), 'not_found');
    expectError(await test.raw('GET', '/static/nothing.js', browser), 'not_found');
  });

  for (const page of ['index', 'room', 'viewer', 'error']) {
    it(`name one script and one style each, which ask for no other: ${page}.html`, async () => {
      const html = (await test.raw('GET', `/static/${page}.html`)).text;
      const named = [...html.matchAll(/(?:rel="stylesheet" href|type="module" src)="([^"]+)"/g)].map(([, path]) => path ?? '');
      expect(named).to.have.lengthOf(2);
      for (const path of named) {
        const { status, text } = await test.raw('GET', path);
        expect([status, text.length > 100], path).to.deep.equal([200, true]);
        expect(text, path).not.to.match(/@import|\bimport\s*[("'{*]|\bfrom\s*["']/);
      }
    });
  }

  it('come compressed to those who can read that, each form under a tag of its own', async () => {
    const path = '/static/room-page.js';
    const [plain, packed] = [await test.raw('GET', path), await test.raw('GET', path, { 'Accept-Encoding': 'gzip, br' })];
    expect([plain.headers['content-encoding'], packed.headers['content-encoding'], packed.headers.vary]).to.deep.equal([undefined, 'gzip', 'Origin, Accept-Encoding']);
    expect(gunzipSync(packed.bytes).toString()).to.equal(plain.text);
    expect(packed.headers['content-length']).to.equal(String(packed.bytes.length));
    expect(packed.bytes.length).to.be.below(plain.bytes.length / 2);
    const [plainTag = '', packedTag = ''] = [plain.headers.etag, packed.headers.etag];
    expect(plainTag).not.to.equal(packedTag);
    const ask = async (accepted: string, tag: string): Promise<number> => (await test.raw('GET', path, { 'Accept-Encoding': accepted, 'If-None-Match': tag })).status;
    expect([await ask('gzip', packedTag), await ask('gzip', plainTag), await ask('identity', plainTag), await ask('gzip;q=0', packedTag)]).to.deep.equal([304, 200, 304, 200]);
    const head = await test.raw('HEAD', path, { 'Accept-Encoding': 'gzip' });
    expect([head.status, head.headers['content-length'], head.bytes.length]).to.deep.equal([200, packed.headers['content-length'], 0]);
  });

  it('have to be there when the server starts, and nothing that it cannot serve beside them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-pages-'));
    const refusal = (): Promise<unknown> => PageFiles.read(folder).catch((error: unknown) => error);
    try {
      expect(await refusal()).to.be.instanceOf(NoPagesError).with.property('message').that.includes('npm run build');
      rmSync(folder, { recursive: true });
      expect(await refusal(), 'no folder').to.be.instanceOf(NoPagesError);
      mkdirSync(folder);
      writeFileSync(join(folder, 'error.html'), '');
      expect((await PageFiles.read(folder)).find('error.html').type).to.equal('text/html; charset=utf-8');
      writeFileSync(join(folder, 'film.mov'), '');
      expect(await refusal()).to.be.instanceOf(Error).with.property('message').that.includes('film.mov');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('have an icon where browsers look for one unasked', async () => {
    const { status, headers } = await test.raw('GET', '/favicon.ico');
    expect([status, headers['content-type']]).to.deep.equal([200, 'image/svg+xml']);
  });

  it('serve nothing but files of their folder', async () => {
    for (const path of ['../package.json', '..%2fpackage.json', '%2e%2e/package.json', '..%5cpackage.json', '.', 'nothing.js', '%00.js', 'a//b.js', '%2fetc%2fpasswd', '....//package.json']) {
      const { status } = await test.raw('GET', `/static/${path}`);
      expect([path, status]).to.deep.equal([path, 404]);
    }
    expectError(await test.raw('GET', '/r/%3Cb%3E'), 'invalid_room_name');
    expectError(await test.raw('GET', '/v/..'), 'invalid_room_name');
  });
});
