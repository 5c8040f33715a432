/** Sends the recordings of a folder and nothing else, with Range, validators and HEAD. Other files may lie in a folder that somebody chose. */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Context } from 'koa';
import { AppError } from '../errors.js';
import { parseByteRange } from './byte-range.js';

const contentTypes: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
};

/** A plain name: no dot file, no folder, no backslash, no NUL. */
const safeName = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/**
 * @param folder absolute
 * @param name as it stands in the URL, decoded once
 * @throws {AppError} file_not_found, also for what is no plain file or lies elsewhere; range_not_satisfiable
 */
export async function sendRecording(context: Context, folder: string, name: string): Promise<void> {
  const type = contentTypes[extname(name)];
  if (type === undefined || !safeName.test(name)) throw new AppError('file_not_found');
  const file = await openWithin(folder, name);
  if (file === undefined) throw new AppError('file_not_found');
  let isHandedOver = false;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new AppError('file_not_found');
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
async function openWithin(folder: string, name: string): Promise<Awaited<ReturnType<typeof open>> | undefined> {
  try {
    const [base, real] = await Promise.all([realpath(folder), realpath(join(folder, name))]);
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
