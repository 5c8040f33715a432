/** DESIGN's borders: who may import whom, and which folder alone may name which library. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { rootFolder } from '../support/root-folder.js';

interface ImportLine {
  /** Relative to the root, with slashes. */
  readonly file: string;
  /** A file of ours relative to the root, or the name of a package. */
  readonly target: string;
  readonly isOurs: boolean;
  readonly isTypeOnly: boolean;
}

/** Whoever names them elsewhere has gone round the adapter. A folder ends with a slash. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  koa: ['src/http/'],
  '@koa/router': ['src/http/'],
  ws: ['src/signalling/'],
  // The build bundles this file; anywhere else the whole package would be loaded as a second copy.
  werift: ['src/peer/werift.ts'],
  'node-av': ['mixer/ffmpeg/'],
  'fluent-ffmpeg': ['mixer/output/'],
  '@ffmpeg-installer/ffmpeg': ['mixer/output/'],
  'libopus-wasm': ['mixer/audio/', 'mixer/ffmpeg/'],
  '@napi-rs/canvas': ['mixer/video/'],
};

/** Files of the server process and the room process alike. */
const shared = ['src/errors.ts', 'src/ids.ts', 'src/log.ts', 'src/names.ts', 'src/time.ts', 'src/token-bucket.ts', 'src/config.ts', 'src/config-option.ts', 'src/addresses.ts', 'src/origins.ts', 'src/origin-refusal.ts', 'src/ice-servers.ts', 'src/port-sockets.ts', 'src/udp-socket.ts'];

/** What of ours the files below the left one may import beside their own folder. A folder that is not here may import anything of ours. */
const borders: Readonly<Record<string, readonly string[]>> = {
  'src/http/': ['src/rooms/', ...shared],
  'src/signalling/': ['src/rooms/', ...shared],
  'src/rooms/': ['layouts/index.ts', 'mixer/clock/', ...shared],
  'src/room/': ['src/rooms/protocol.ts', 'src/peer/', 'src/rtp/', 'mixer/', 'layouts/index.ts', ...shared],
  'src/peer/': ['src/rtp/', 'src/rooms/protocol.ts', 'mixer/clock/', ...shared],
  'src/rtp/': [],
  'mixer/': ['layouts/index.ts'],
  'layouts/': [],
};

function listSources(folder: string, ending: string): readonly string[] {
  if (!existsSync(join(rootFolder, folder))) return [];
  return readdirSync(join(rootFolder, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.endsWith('.d.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
}

/** `./x.js` beside `a/b.ts` -> `a/x.ts`. */
function resolveOurs(file: string, specifier: string): string {
  const path = join(dirname(file), specifier);
  return file.startsWith('public/') ? path : path.replace(/\.js$/, '.ts');
}

function importsOf(file: string): readonly ImportLine[] {
  const source = ts.createSourceFile(file, readFileSync(join(rootFolder, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: ImportLine[] = [];
  const add = (specifier: string, isTypeOnly: boolean): void => {
    const isOurs = specifier.startsWith('.');
    const [scope = '', name = ''] = specifier.split('/');
    const target = isOurs ? resolveOurs(file, specifier) : specifier.startsWith('@') ? `${scope}/${name}` : scope;
    found.push({ file, target, isOurs, isTypeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const bindings = node.importClause?.namedBindings;
      const areAllTypes = bindings !== undefined && ts.isNamedImports(bindings) && node.importClause?.name === undefined && bindings.elements.every(({ isTypeOnly }) => isTypeOnly);
      add(node.moduleSpecifier.text, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || areAllTypes);
    }
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) add(node.moduleSpecifier.text, node.isTypeOnly);
    const [argument] = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments : [];
    if (argument !== undefined && ts.isStringLiteral(argument)) add(argument.text, false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}

/** The first way found from a file back to itself; undefined where there is none. */
function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const cleared = new Set<string>();
  const search = (file: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (cleared.has(file)) return undefined;
    for (const target of edges.get(file) ?? []) {
      const cycle = search(target, [...way, file]);
      if (cycle !== undefined) return cycle;
    }
    cleared.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const cycle = search(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function show({ file, target }: ImportLine): string {
  return `${file} imports ${target}`;
}

describe('imports', () => {
  const imports = ['src', 'mixer', 'layouts'].flatMap((folder) => listSources(folder, '.ts')).flatMap(importsOf);

  it('are read', () => {
    const known = imports.find(({ file, target }) => file === 'src/http/app.ts' && target === 'koa');
    expect(known).to.deep.include({ isOurs: false, isTypeOnly: false });
    expect(imports.find(({ file, target }) => file === 'src/http/error-funnel.ts' && target === 'koa')?.isTypeOnly).to.equal(true);
    expect(imports.find(({ file, target }) => file === 'src/rooms/room-handle.ts' && target === 'src/errors.ts')?.isOurs).to.equal(true);
  });

  for (const [library, homes] of Object.entries(libraries)) {
    it(`name ${library} only in ${homes.join(' and ')}`, () => {
      expect(imports.filter(({ file, target }) => target === library && !isIn(file, homes)).map(show)).to.deep.equal([]);
    });
  }

  it('name no library that is not one of the product', () => {
    const { dependencies } = JSON.parse(readFileSync(join(rootFolder, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
    const strange = imports.filter(({ target, isOurs }) => !isOurs && !target.startsWith('node:') && !Object.hasOwn(dependencies, target));
    expect(strange.map(show)).to.deep.equal([]);
    expect(imports.filter(({ target }) => builtinModules.includes(target)).map(show), 'a builtin is named with node:').to.deep.equal([]);
  });

  for (const [folder, allowed] of Object.entries(borders)) {
    it(`of ${folder} stay in ${['its folder', ...allowed.filter((place) => !shared.includes(place))].join(', ')}`, () => {
      const strays = imports.filter(({ file, target, isOurs, isTypeOnly }) => {
        if (!isOurs || !file.startsWith(folder) || isIn(target, [folder, ...allowed])) return false;
        // `src/rtp` may speak of other people's types.
        return !(folder === 'src/rtp/' && isTypeOnly);
      });
      expect(strays.map(show)).to.deep.equal([]);
    });
  }

  it('of the server process never reach media, except for the clock', () => {
    const media = ['src/room/', 'src/peer/', 'src/rtp/', 'mixer/'];
    const strays = imports.filter(({ file, target, isOurs }) => isOurs && file.startsWith('src/') && !isIn(file, media) && isIn(target, media) && !isIn(target, ['mixer/clock/']));
    expect(strays.map(show)).to.deep.equal([]);
  });

  it('of the pages are files of the pages', () => {
    const pages = listSources('public', '.js');
    expect(pages).to.include('public/room-page.js');
    const strays = pages.flatMap(importsOf).filter(({ target, isOurs }) => !isOurs || !target.startsWith('public/') || !existsSync(join(rootFolder, target)));
    expect(strays.map(show)).to.deep.equal([]);
  });

  it('run in no circle, types apart', () => {
    const all = [...imports, ...['bench', 'test', 'scripts'].flatMap((folder) => listSources(folder, '.ts')).flatMap(importsOf), ...listSources('public', '.js').flatMap(importsOf)];
    const targets = new Map<string, string[]>();
    for (const { file, target, isOurs, isTypeOnly } of all) if (isOurs && !isTypeOnly) targets.set(file, [...(targets.get(file) ?? []), target]);
    expect(targets.get('src/rtp/outbound-stream.ts')).to.include('src/rtp/packet-history.ts');
    expect(findCycle(targets)).to.equal(undefined);
    expect(findCycle(new Map([['a', ['b']], ['b', ['c', 'd']], ['d', ['b']]]))).to.deep.equal(['b', 'd', 'b']);
    expect(findCycle(new Map([['a', ['b', 'c']], ['b', ['d']], ['c', ['d']]])), 'two ways to one file').to.equal(undefined);
  });

  it('lead to files that are there', () => {
    const lost = imports.filter(({ target, isOurs }) => isOurs && !existsSync(join(rootFolder, target)));
    expect(lost.map((line) => show({ ...line, target: relative('.', line.target) }))).to.deep.equal([]);
  });
});
