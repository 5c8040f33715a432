import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadLayouts, readLayouts } from '../../layouts/load-layouts.js';
import { LayoutError } from '../../layouts/schema.js';

const template = (name: string, aliases: string[] = []): string =>
  JSON.stringify({ name, description: 'x', aliases, variants: [{ regions: [{ kind: 'seat', id: 'a', area: { left: 0, top: 0, width: 1, height: 1 } }] }] });

describe('loadLayouts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'layouts-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const load = (files: Record<string, string>): ReturnType<typeof loadLayouts> => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return loadLayouts([pathToFileURL(`${folder}/`)]);
  };

  it('ships grid, presentation, single and speaker', () => {
    expect(loadLayouts().names).to.deep.equal(['grid', 'presentation', 'single', 'speaker']);
  });

  it('knows the names other systems use, in any case', () => {
    const layouts = loadLayouts();
    const wanted = { 'single-speaker': 'single', bestFit: 'grid', BESTFIT: 'grid', dominant: 'speaker', 'active-participant': 'speaker', horizontalPresentation: 'presentation' };
    for (const [alias, name] of Object.entries(wanted)) expect(layouts.find(alias)?.name, alias).to.equal(name);
    expect(layouts.find('constructor')).to.equal(undefined);
  });

  it('reads the files of any folder', () => {
    const layouts = load({ 'one.json': template('one', ['uno']), 'a %20b.json': template('two'), 'notes.txt': 'no template' });
    expect(layouts.names).to.deep.equal(['one', 'two']);
    expect(layouts.find('uno')?.name).to.equal('one');
  });

  it('names both files that claim a name', () => {
    expect(() => load({ 'a.json': template('a', ['Shared']), 'b.json': template('shared') })).to.throw(LayoutError, 'b.json: "shared" is already taken by a.json');
  });

  it('names the file that is no JSON', () => {
    expect(() => load({ 'broken.json': '{' })).to.throw(LayoutError, 'broken.json: cannot be read as JSON');
  });

  it('tells of every file that has a mistake at once', () => {
    for (const [name, text] of Object.entries({ 'a.json': template('a'), 'broken.json': '{', 'empty.json': '{}' })) writeFileSync(join(folder, name), text);
    const { layouts, errors } = readLayouts([pathToFileURL(`${folder}/`)]);
    expect(layouts.names).to.deep.equal(['a']);
    expect(errors.map(({ message }) => message.split(':')[0])).to.deep.equal(['broken.json', 'empty.json']);
  });

  it('has a README that names every shipped layout with every alias', () => {
    // The tests run from dist/, the README stays in the source tree.
    const source = new URL('../../../layouts/', import.meta.url);
    const rows = readFileSync(new URL('README.md', source), 'utf8').split('\n').filter((line) => line.startsWith('| `'));
    const files = readdirSync(source).filter((file) => file.endsWith('.json'));
    expect(files).to.have.length.above(3);
    for (const file of files) {
      const { name, aliases } = JSON.parse(readFileSync(new URL(file, source), 'utf8')) as { name: string; aliases: string[] };
      const cells = rows.find((row) => row.startsWith(`| \`${name}\` `))?.split('|') ?? [];
      expect(cells[3]?.match(/[\w:-]+/g), file).to.deep.equal(aliases);
    }
  });
});
