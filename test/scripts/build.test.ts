import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rootFolder } from '../support/root-folder.js';

const run = promisify(execFile);

describe('the build', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-build-'));
    for (const part of ['scripts', 'src/peer', 'layouts', 'public']) mkdirSync(join(folder, part), { recursive: true });
    cpSync(join(rootFolder, 'scripts/build.mjs'), join(folder, 'scripts/build.mjs'));
    symlinkSync(join(rootFolder, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'src/peer/werift.ts'), 'export const library = 1;\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('leaves nothing of what was renamed, neither code nor layouts nor pages', async () => {
    const files = [['src/old.ts', 'export const old = 1;\n'], ['layouts/old.json', '{}'], ['public/old.html', '<!doctype html>'], ['public/old.js', 'document.title = "old";\n'], ['public/old.css', 'p { margin: 0 }\n']] as const;
    for (const [path, text] of files) writeFileSync(join(folder, path), text);
    const build = (): Promise<unknown> => run(process.execPath, ['scripts/build.mjs'], { cwd: folder });
    await build();
    expect(readdirSync(join(folder, 'dist/layouts'))).to.deep.equal(['old.json']);
    expect(readdirSync(join(folder, 'dist/public')).sort()).to.deep.equal(['old.css', 'old.css.map', 'old.html', 'old.js', 'old.js.map']);
    for (const [path] of files) renameSync(join(folder, path), join(folder, path.replace('old', 'new')));
    await build();
    expect(readdirSync(join(folder, 'dist/public')).sort()).to.deep.equal(['new.css', 'new.css.map', 'new.html', 'new.js', 'new.js.map']);
    expect(readdirSync(join(folder, 'dist/layouts'))).to.deep.equal(['new.json']);
    expect(readdirSync(join(folder, 'dist/src')).filter((name) => name.endsWith('.js'))).to.deep.equal(['new.js']);
  });
});
