/** Every failure of every request ends here, and leaves as `{"error":{code,message,details?}}`. */
import type { Context, Middleware, Next } from 'koa';
import { AppError } from '../errors.js';
import { newId } from '../ids.js';
import { describeError, type Log } from '../log.js';

/** Long enough for an empty room to close or a process to start, short enough that nobody thinks the server is gone. */
const retryAfterS = 5;

/** By then a bucket that was emptied has a second's worth of requests again. */
const slowDownS = 1;

export function errorFunnel(log: Log): Middleware {
  return async (context: Context, next: Next) => {
    try {
      await next();
      if (context.status === 404 && context.body === undefined) throw new AppError('not_found');
    } catch (error) {
      answerError(context, error instanceof AppError ? error : unexpected(context, error, log));
    }
  };
}

function answerError(context: Context, error: AppError): void {
  // Set for what would have been sent.
  for (const header of ['ETag', 'Last-Modified', 'Content-Length']) context.remove(header);
  context.status = error.status;
  context.body = { error };
  context.set('Cache-Control', 'no-store');
  if (error.status === 429) context.set('Retry-After', String(slowDownS));
  if (error.status === 503) context.set('Retry-After', String(retryAfterS));
}

/** A bug: the client learns the request's id, the log the rest. */
function unexpected(context: Context, error: unknown, log: Log): AppError {
  const requestId = newId();
  log.limited('error', 'a request failed unexpectedly', { requestId, method: context.method, path: context.path, error: describeError(error) });
  return new AppError('internal', undefined, { requestId });
}
