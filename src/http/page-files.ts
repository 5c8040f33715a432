/**
 * The pages and what they load, as the build leaves them in `dist/public`: read once, when the server starts, so that no disk stands between a visitor and a page. Each goes out
 * compressed to those who can read that, which is all browsers: a page on a mobile network waits for little else.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context } from 'koa';
import { AppError } from '../errors.js';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.map': 'application/json; charset=utf-8',
};
const gzipEncoding = 'gzip';
export const errorPage = 'error.html';
const compress = promisify(gzip);

/** The build has not run. */
export class NoPagesError extends Error {}

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly tag: string;
  /** By gzip. */
  readonly compressed: Buffer;
}

export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  /** All files of a folder that a browser can load. @throws {NoPagesError} @throws {Error} for what no browser can load */
  static async read(folder: string): Promise<PageFiles> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    if (!entries.some(({ name }) => name === errorPage)) throw new NoPagesError(`${folder} has no pages: \`npm run build\` puts them there`);
    const files = entries.filter((entry) => entry.isFile()).map(async (entry): Promise<readonly [path: string, file: PageFile]> => {
      const path = join(entry.parentPath, entry.name);
      const body = await readFile(path);
      const type = contentTypes[extname(path)];
      if (type === undefined) throw new Error(`${path} is no file of a page`);
      return [relative(folder, path).replaceAll(sep, '/'), { type, body, tag: createHash('sha256').update(body).digest('base64url'), compressed: await compress(body) }];
    });
    return new PageFiles(new Map(await Promise.all(files)));
  }

  /** @throws {AppError} not_found */
  find(path: string): PageFile {
    const file = this.#files.get(path);
    if (file === undefined) throw new AppError('not_found');
    return file;
  }

  /** @param path as it stands in the URL behind `/static/`, decoded once @throws {AppError} not_found */
  send(context: Context, path: string): void {
    const file = this.find(path);
    const isCompressed = context.acceptsEncodings(gzipEncoding, 'identity') === gzipEncoding;
    context.status = 200;
    context.type = file.type;
    context.vary('Accept-Encoding');
    // Either form is a thing of its own (RFC 9110 8.8.3.3).
    context.etag = isCompressed ? `${file.tag}-${gzipEncoding}` : file.tag;
    context.set('Cache-Control', 'no-cache');
    if (context.fresh) {
      context.status = 304;
      return;
    }
    if (isCompressed) context.set('Content-Encoding', gzipEncoding);
    context.body = isCompressed ? file.compressed : file.body;
  }
}
