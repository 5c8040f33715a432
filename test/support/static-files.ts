import { fileURLToPath } from 'node:url';
import { AppError } from '../../src/errors.js';
import { PageFiles, type PageFile } from '../../src/http/page-files.js';

/** As the build leaves them. */
export const pagesFolder = fileURLToPath(new URL('../../public/', import.meta.url));
const sourceFolder = new URL('../../../public/', import.meta.url);
const pages = await PageFiles.read(pagesFolder);

/** What the product serves of its pages at `path`; null: nothing. */
export function readPage(path: string): PageFile | null {
  const name = pageName(path);
  try {
    return name === null ? null : pages.find(name);
  } catch (error) {
    if (error instanceof AppError) return null;
    throw error;
  }
}

function pageName(path: string): string | null {
  if (path === '/') return 'index.html';
  if (/^\/r\/[^/]+$/.test(path)) return 'room.html';
  if (/^\/v\/[^/]+$/.test(path)) return 'viewer.html';
  return path.startsWith('/static/') ? path.slice('/static/'.length) : null;
}

/** A module of public/ that needs no browser; its types are the test's to say. */
export async function importPublic(name: string): Promise<unknown> {
  return import(new URL(name, sourceFolder).href) as Promise<unknown>;
}
