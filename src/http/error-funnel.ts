/** Every failure of every request ends here, and leaves as `{"error":{code,message,details?}}`; to a person who came by a wrong link, as a page. */
import type { Context, Middleware, Next } from 'koa';
import { AppError, type ErrorCode } from '../errors.js';
import { newId } from '../ids.js';
import { describeError, type Log } from '../log.js';
import { errorPage, type PageFile, type PageFiles } from './page-files.js';

/** Long enough for an empty room to close or a process to start, short enough that nobody thinks the server is gone. */
const retryAfterS = 5;

/** By then a bucket that was emptied has a second's worth of requests again. */
const slowDownS = 1;

/** What a wrong link leads to. */
const pageCodes: readonly ErrorCode[] = ['not_found', 'invalid_room_name', 'file_not_found'];
/** A program's, whatever it accepts; who opens them in a browser looks for what programs get. */
const programPaths = /^\/(api|whip|whep|static)(\/|$)/;

export function errorFunnel(log: Log, pages: PageFiles): Middleware {
  const page = pages.find(errorPage);
  return async (context: Context, next: Next) => {
    try {
      await next();
      if (context.status === 404 && context.body === undefined) throw new AppError('not_found');
    } catch (error) {
      const known = error instanceof AppError ? error : unexpected(context, error, log);
      answerError(context, known);
      if (isForPerson(context, known)) answerPage(context, page);
    }
  };
}

function answerError(context: Context, error: AppError): void {
  // Set for what would have been sent.
  for (const header of ['ETag', 'Last-Modified', 'Content-Length', 'Content-Encoding']) context.remove(header);
  context.status = error.status;
  context.body = { error };
  context.set('Cache-Control', 'no-store');
  if (error.status === 429) context.set('Retry-After', String(slowDownS));
  if (error.status === 503) context.set('Retry-After', String(retryAfterS));
}

/** Browsers put HTML first in what they accept when they go to an address, and nobody else does. */
function isForPerson(context: Context, { code }: AppError): boolean {
  return context.method === 'GET' && pageCodes.includes(code) && !programPaths.test(context.path) && context.accepts('json', 'html') === 'html';
}

function answerPage(context: Context, { body, type }: PageFile): void {
  context.body = body;
  context.type = type;
  context.vary('Accept');
}

/** A bug: the client learns the request's id, the log the rest. */
function unexpected(context: Context, error: unknown, log: Log): AppError {
  const requestId = newId();
  log.limited('error', 'a request failed unexpectedly', { requestId, method: context.method, path: context.path, error: describeError(error) });
  return new AppError('internal', undefined, { requestId });
}
