import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../support/eventually.js';
import { rootFolder } from '../support/root-folder.js';
import { startRoomServer } from '../support/room-server.js';
import type { TestServer } from '../support/test-server.js';
import { WrtcListener } from '../support/wrtc-client.js';
import { WrtcMember } from '../support/wrtc-member.js';

interface Documented {
  readonly path: string;
  readonly isOptional: boolean;
}

/** Of docs/stats.md: a heading is the path of what its table's first column names. */
function readDocument(): readonly Documented[] {
  const [, ...sections] = readFileSync(join(rootFolder, 'docs/stats.md'), 'utf8').split(/^## /m);
  return sections.flatMap((section) => {
    const [, group = ''] = /^`([^`]+)`/.exec(section) ?? [];
    const rows = [...section.matchAll(/^\| (`[^|]+) \|/gm)].map(([, names = '']) => names);
    return rows.flatMap((row) => [...row.matchAll(/`(\w+)`(\??)/g)].map(([, name = '', mark]) => ({ path: group === '' ? name : `${group}.${name}`, isOptional: mark === '?' })));
  });
}

/** Every name in the answer down to those that the document has; ids and places in lists are all one. */
function pathsOf(value: unknown, path: string, documented: ReadonlySet<string>): readonly string[] {
  if (documented.has(path) || typeof value !== 'object' || value === null) return [path];
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${path}[]`, documented));
  return Object.entries(value).flatMap(([name, part]) => {
    const isId = path === 'sessions' || path === 'mixer.audio.participants';
    return pathsOf(part, path === '' ? name : `${path}.${isId ? '<id>' : name}`, documented);
  });
}

describe('docs/stats.md', function () {
  this.timeout(60_000);
  let server: TestServer;

  before(async () => {
    server = await startRoomServer();
  });
  after(() => server.close());

  it('names everything that a running room answers, and nothing else', async () => {
    const ann = await WrtcMember.join(server.url, 'stats', 'Ann', { color: 'red', toneHz: 500 });
    const viewer = await WrtcListener.join(server.url, 'stats');
    await viewer.mix.until('the viewer sees Ann', () => viewer.mix.sees('red', { left: 0, top: 0, width: 1, height: 1 }), 30_000);
    const documented = readDocument();
    const known = new Set(documented.map(({ path }) => path));
    expect(known.size).to.equal(documented.length).and.be.greaterThan(100);
    let answered = new Set<string>();
    // Gauges of media are there when the first of it has gone all the way.
    await eventually('all of it is there', async () => {
      const { body } = await server.call('GET', '/api/rooms/stats/stats');
      answered = new Set(pathsOf(body, '', known));
      return documented.every(({ path, isOptional }) => isOptional || answered.has(path));
    }).catch(() => undefined);
    expect([...answered].filter((path) => !known.has(path)), 'not documented').to.deep.equal([]);
    expect(documented.filter(({ path, isOptional }) => !isOptional && !answered.has(path)).map(({ path }) => path), 'not in the answer').to.deep.equal([]);
    await viewer.leave();
    await ann.leave();
  });
});
