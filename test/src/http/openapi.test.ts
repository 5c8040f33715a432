import { expect } from 'chai';
import { AllowedOrigins } from '../../../src/origins.js';
import { makeRouter } from '../../../src/http/app.js';
import { ControlAllowance } from '../../../src/http/control-allowance.js';
import { IceServers } from '../../../src/ice-servers.js';
import { systemTime } from '../../../src/time.js';
import { MediaSessions } from '../../../src/http/media-sessions.js';
import { PageFiles } from '../../../src/http/page-files.js';
import { openApiDocument } from '../../../src/http/openapi.js';
import { loadLayouts } from '../../../layouts/load-layouts.js';
import { Log } from '../../../src/log.js';
import { RoomRegistry } from '../../../src/rooms/room-registry.js';
import { ManualTime } from '../../support/manual-time.js';
import { pagesFolder } from '../../support/static-files.js';

type Operations = Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>>; readonly parameters?: readonly { readonly name: string; readonly in: string }[] }>>;

const paths = openApiDocument['paths'] as Readonly<Record<string, Operations>>;

/** `GET /api/rooms/{room}`, for each route there is. */
async function routes(): Promise<readonly string[]> {
  const time = new ManualTime();
  const log = new Log({ level: 'error', format: 'json', time, write: () => undefined });
  const registry = new RoomRegistry({ roomModulePath: '', defaults: {} as never, layouts: loadLayouts(), createOnJoin: true, maxRooms: 1, emptyTimeoutMs: 0, unusedTimeoutMs: 0, recordingsFolder: '', sounds: { folder: '', holdFile: '' }, time, log });
  const router = makeRouter({ registry, sessions: new MediaSessions(), pages: await PageFiles.read(pagesFolder), recordingsFolder: '', allowedOrigins: new AllowedOrigins(['*']), iceServers: new IceServers({ urls: [], turnSecret: '', turnUsername: '', turnPassword: '', turnCredentialMs: 60_000, time: systemTime }), bodyLimitBytes: 1, controls: new ControlAllowance(time) });
  return router.stack.flatMap(({ path, methods }) => {
    const documented = String(path).replace(/[:*](\w+)/g, '{$1}');
    // Koa answers HEAD wherever there is a GET.
    return methods.filter((method) => method !== 'HEAD').map((method) => `${method} ${documented}`);
  });
}

describe('/openapi.json', () => {
  it('has every route and no other', async () => {
    const documented = Object.entries(paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
    expect(documented).to.include('PATCH /whip/sessions/{secret}');
    expect(documented).to.have.members(await routes());
  });

  it('names the parameters that each path has', () => {
    for (const [path, operations] of Object.entries(paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const [method, { parameters = [] }] of Object.entries(operations)) expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name), `${method} ${path}`).to.have.members(inPath);
    }
  });

  it('has a schema behind every reference', () => {
    const { schemas } = openApiDocument['components'] as { schemas: object };
    const references = [...JSON.stringify(openApiDocument).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name = '']) => name);
    expect(references).to.include('Room');
    for (const name of references) expect(schemas).to.have.property(name);
  });
});
