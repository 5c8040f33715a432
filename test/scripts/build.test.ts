import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rootFolder } from '../support/root-folder.js';

const run = promisify(execFile);

describe('the build', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-build-'));
    for (const part of ['scripts', 'src/peer', 'layouts']) mkdirSync(join(folder, part), { recursive: true });
    cpSync(join(rootFolder, 'scripts/build.mjs'), join(folder, 'scripts/build.mjs'));
    symlinkSync(join(rootFolder, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'src/peer/werift.ts'), 'export const library = 1;\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('leaves nothing of what was renamed, neither code nor layouts', async () => {
    const [source, layout] = [join(folder, 'src/old.ts'), join(folder, 'layouts/old.json')];
    writeFileSync(source, 'export const old = 1;\n');
    writeFileSync(layout, '{}');
    const build = (): Promise<unknown> => run(process.execPath, ['scripts/build.mjs'], { cwd: folder });
    await build();
    expect(readdirSync(join(folder, 'dist/layouts'))).to.deep.equal(['old.json']);
    cpSync(source, join(folder, 'src/new.ts'));
    cpSync(layout, join(folder, 'layouts/new.json'));
    rmSync(source);
    rmSync(layout);
    await build();
    expect(readdirSync(join(folder, 'dist/layouts'))).to.deep.equal(['new.json']);
    expect(readdirSync(join(folder, 'dist/src')).filter((name) => name.endsWith('.js'))).to.deep.equal(['new.js']);
  });
});
