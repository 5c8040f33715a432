/** Sends files of one folder and nothing else, with Range, validators and HEAD. */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Context } from 'koa';
import { AppError, type ErrorCode } from '../errors.js';
import { parseByteRange } from './byte-range.js';

export interface SendFileOptions {
  /** Absolute. */
  readonly folder: string;
  /** As it stands in the URL, decoded once; slashes part folders. */
  readonly path: string;
  /** Given for whatever is not there, is no plain file, or lies elsewhere. */
  readonly missing: ErrorCode;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
};

/** One plain name after another: no dot files, no `..`, no backslash, no NUL, no empty parts. */
const safePath = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** @throws {AppError} the `missing` code, range_not_satisfiable */
export async function sendFile(context: Context, { folder, path, missing }: SendFileOptions): Promise<void> {
  const type = contentTypes[extname(path).toLowerCase()];
  if (type === undefined || !safePath.test(path)) throw new AppError(missing);
  const file = await openWithin(folder, path);
  if (file === undefined) throw new AppError(missing);
  let isHandedOver = false;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new AppError(missing);
    context.type = type;
    context.set('Accept-Ranges', 'bytes');
    // Size and time: a recording that still grows is another entity at each look.
    context.etag = `${stats.size.toString(36)}-${Math.trunc(stats.mtimeMs).toString(36)}`;
    context.lastModified = stats.mtime;
    context.set('Cache-Control', 'no-cache');
    context.status = 200;
    if (context.fresh) {
      context.status = 304;
      return;
    }
    const range = requestedRange(context, stats.size);
    const { first, last } = range ?? { first: 0, last: stats.size - 1 };
    if (range !== undefined) {
      context.status = 206;
      context.set('Content-Range', `bytes ${first}-${last}/${stats.size}`);
    }
    context.length = last - first + 1;
    if (context.method === 'HEAD') return;
    if (stats.size === 0) {
      context.body = '';
      return;
    }
    // Read no further than announced, should the file grow meanwhile; the stream closes the file.
    context.body = file.createReadStream({ start: first, end: last });
    context.type = type;
    context.length = last - first + 1;
    isHandedOver = true;
  } finally {
    if (!isHandedOver) await file.close();
  }
}

/** Links are followed only to places within the folder. */
async function openWithin(folder: string, path: string): Promise<Awaited<ReturnType<typeof open>> | undefined> {
  try {
    const [base, real] = await Promise.all([realpath(folder), realpath(join(folder, path))]);
    if (!real.startsWith(base + sep)) return undefined;
    // A pipe of that name would make a blocking open wait for its writer.
    return await open(real, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

function requestedRange(context: Context, sizeBytes: number): { first: number; last: number } | undefined {
  const header = context.get('Range');
  if (header === '' || !isSameEntity(context)) return undefined;
  const range = parseByteRange(header, sizeBytes);
  if (range !== 'unsatisfiable') return range;
  context.set('Content-Range', `bytes */${sizeBytes}`);
  throw new AppError('range_not_satisfiable');
}

/** RFC 9110 13.1.5: a part of another entity than the client has the rest of is of no use to it. */
function isSameEntity(context: Context): boolean {
  const condition = context.get('If-Range');
  return condition === '' || condition === context.response.get('ETag') || condition === context.response.get('Last-Modified');
}
