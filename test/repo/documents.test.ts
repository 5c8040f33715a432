/** The documents say what the code does: tables are those of the code, every message and route is named, links lead somewhere. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { generatedDocuments, fillTables, sampleConfigPath, sampleConfig, tableWriters } from '../../scripts/tables.js';
import { loadConfig } from '../../src/config-load.js';
import { optionTable } from '../../src/config.js';
import { openApiDocument } from '../../src/http/openapi.js';
import { clientMessageSchema } from '../../src/signalling/messages.js';
import { rootFolder } from '../support/root-folder.js';

function read(path: string): string {
  return readFileSync(join(rootFolder, path), 'utf8');
}

/** Of a union of object types: the words that its `type` fields can be. */
function typeWords(file: string, union: string): readonly string[] {
  const words: string[] = [];
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const collect = (node: ts.Node): void => {
    if (ts.isPropertySignature(node) && node.name.getText() === 'type' && node.type !== undefined && ts.isLiteralTypeNode(node.type) && ts.isStringLiteral(node.type.literal)) words.push(node.type.literal.text);
    ts.forEachChild(node, collect);
  };
  source.forEachChild((node) => {
    if (ts.isTypeAliasDeclaration(node) && node.name.text === union) collect(node);
  });
  return words;
}

const documents = ['.', 'docs', 'layouts'].flatMap((folder) => readdirSync(join(rootFolder, folder)).filter((name) => name.endsWith('.md')).map((name) => join(folder, name)));

describe('documents', () => {
  // The README is written last; the other two are there.
  const present = generatedDocuments;

  it('that have tables are there', () => {
    expect(present.map(({ path }) => path)).to.include.members(['docs/http.md', 'docs/signalling.md']);
  });

  for (const { path, tables } of present) {
    it(`${path} has the tables of the code: ${tables.join(', ')} (npm run docs writes them)`, () => {
      const text = read(path);
      expect(text).to.equal(fillTables(text, tables));
    });
  }

  it('tessera.yaml is every option with its default (npm run docs writes it)', () => {
    const text = read(sampleConfigPath);
    expect(text).to.equal(sampleConfig());
    expect(loadConfig({}, () => text).config).to.deep.equal(loadConfig({}, () => undefined).config);
    for (const { key } of Object.values(optionTable)) expect(text).to.include(`\n  ${key.split('.')[1] ?? ''}: `);
  });

  it('tables are made of every option and every error', () => {
    expect(tableWriters['options']?.().split('\n')).to.have.length(Object.keys(optionTable).length + 2);
    expect(tableWriters['options']?.()).to.include('| `http.port` | `TESSERA_HTTP_PORT` | `8080` | 0 to 65535 |');
    expect(tableWriters['errors']?.()).to.include('| `room_full` | 503 |');
  });

  it('docs/signalling.md names every message, both ways', () => {
    const [fromClient = '', fromServer = ''] = read('docs/signalling.md').split('## From the server');
    const client = clientMessageSchema.options.map((option) => option.shape.type.value);
    const server = typeWords('src/signalling/messages.ts', 'ServerMessage');
    expect(client).to.include('join');
    expect(server).to.include('joined');
    const named = (text: string): string[] => [...text.matchAll(/^\| `(\w+)` \|/gm)]
      .map(([, word = '']) => word)
      .filter((word) => word !== 'type');
    expect(named(fromClient)).to.have.members(client);
    expect(named(fromServer.split('## Limits')[0] ?? '')).to.have.members(server);
    for (const option of clientMessageSchema.options) {
      const row = fromClient.split('\n').find((line) => line.startsWith(`| \`${option.shape.type.value}\` |`)) ?? '';
      for (const field of Object.keys(option.shape)) if (field !== 'type') expect(row, option.shape.type.value).to.include(`\`${field}\``);
    }
  });

  it('docs/http.md names every path of the API', () => {
    const text = read('docs/http.md');
    const paths = Object.keys(openApiDocument['paths'] as object).filter((path) => /^\/(healthz|api|recordings|whip|whep)/.test(path) && !path.includes('{secret}'));
    expect(paths.length).to.be.greaterThan(8);
    for (const path of paths) expect(text).to.include(path.replace(/\{(\w+)\}/g, ':$1'));
  });

  it('have links that lead somewhere', () => {
    const lost: string[] = [];
    let count = 0;
    for (const document of documents) {
      for (const [, target = ''] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        count += 1;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? document : join(dirname(document), path);
        const isThere = existsSync(join(rootFolder, file)) && (anchor === undefined || headings(read(file)).includes(anchor));
        if (!isThere) lost.push(`${document}: ${target}`);
      }
    }
    expect(lost).to.deep.equal([]);
    expect(count).to.be.greaterThan(3);
  });
});

/** As GitHub makes anchors of them. */
function headings(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}
