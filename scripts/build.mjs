// Transpiles the tree to dist/ with esbuild: a file for a file, so that stack traces and import paths stay those of the source. Pages are bundled: a browser asks for each file,
// and over a mobile network each import that is found in a file costs a round trip.
// Types are not looked at here (`npm run check` does that): a start must take milliseconds, not the type checker's seconds.
import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Bundled with the part of its package that it names: each process of ours that loads a package whole pays for all of it. */
const bundled = [join(root, 'src/peer/werift.ts')];
const sourceFolders = ['src', 'mixer', 'layouts', 'test', 'bench', 'scripts'];

async function listFiles(folder, ending) {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith(ending)).map((entry) => join(entry.parentPath, entry.name));
}

const sources = (await Promise.all(sourceFolders.map((folder) => listFiles(folder, '.ts')))).flat();
const outdir = join(root, 'dist');
const options = { outdir, outbase: root, format: 'esm', platform: 'node', target: 'node20.19', logLevel: 'warning' };
// What comes from CommonJS asks for Node's own modules by `require`.
const requireBanner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
/** A script and a style for each page, and the client library, each whole in one file. */
const pageOptions = { outdir: join(outdir, 'public'), bundle: true, minify: true, sourcemap: 'linked', metafile: true, format: 'esm', target: 'es2023', external: ['/static/*'], absWorkingDir: root, logLevel: 'warning' };
const [pages] = await Promise.all([
  build({ ...pageOptions, entryPoints: ['public/*.js', 'public/*.css'] }),
  build({ ...options, entryPoints: sources.filter((file) => !bundled.includes(file)), sourcemap: 'linked', sourcesContent: false }),
  build({ ...options, entryPoints: bundled, bundle: true, banner: requireBanner }),
]);
// Everything else that is there, known or not: the server tells of what it cannot serve.
const copied = [...(await listFiles('layouts', '.json')), ...(await listFiles('public', '')).filter((file) => !/\.(?:js|css)$|tsconfig\.json$/.test(file))];
// A file that was renamed must not live on as its old self: a stale test would still run, a stale layout or page still be offered.
const expected = new Set([...sources.map((file) => file.replace(/\.ts$/, '.js')), ...copied].map((file) => file.replace(root, outdir)));
for (const file of Object.keys(pages.metafile.outputs)) expected.add(join(root, file));
for (const file of [...(await listFiles('dist', '.js')), ...(await listFiles('dist/layouts', '.json')), ...(await listFiles('dist/public', ''))]) {
  if (!expected.has(file)) await rm(file, { force: true });
}
for (const file of copied) {
  const target = file.replace(root, outdir);
  await mkdir(dirname(target), { recursive: true });
  await cp(file, target);
}
