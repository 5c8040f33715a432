import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadConfig } from '../../src/config-load.js';
import { checkStart } from '../../src/start-check.js';

describe('the check at the start', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-start-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lists layouts with mistakes among the others, by their files', async () => {
    writeFileSync(join(folder, 'broken.json'), '{');
    writeFileSync(join(folder, 'empty.json'), '{}');
    const { config } = loadConfig({ TESSERA_UDP_HOST: '203.0.113.9', TESSERA_RECORDINGS_FOLDER: folder }, () => undefined);
    const { mistakes } = await checkStart(config, [new URL('../../layouts/', import.meta.url), pathToFileURL(`${folder}/`)]);
    expect(mistakes.map((mistake) => mistake.split(/[: ]/)[0])).to.deep.equal(['layouts/broken.json', 'layouts/empty.json', 'udp.host']);
  });
});
