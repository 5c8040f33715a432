import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const publicFolder = fileURLToPath(new URL('../../../public/', import.meta.url));

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface StaticFile {
  readonly contentType: string;
  readonly body: Buffer;
}

/** What the product serves of public/ at `path`; null: nothing. */
export async function readPage(path: string): Promise<StaticFile | null> {
  const name = pageName(path);
  if (name === null) return null;
  const file = normalize(join(publicFolder, name));
  if (!file.startsWith(publicFolder.endsWith(sep) ? publicFolder : publicFolder + sep)) return null;
  const body = await readFile(file).catch(() => null);
  return body === null ? null : { contentType: contentTypes[extname(file)] ?? 'application/octet-stream', body };
}

function pageName(path: string): string | null {
  if (path === '/') return 'index.html';
  if (/^\/r\/[^/]+$/.test(path)) return 'room.html';
  if (/^\/v\/[^/]+$/.test(path)) return 'viewer.html';
  return path.startsWith('/static/') ? path.slice('/static/'.length) : null;
}

/** A module of public/ that needs no browser; its types are the test's to say. */
export async function importPublic(name: string): Promise<unknown> {
  return import(pathToFileURL(join(publicFolder, name)).href) as Promise<unknown>;
}
