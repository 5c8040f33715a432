/** What is told when the name or the origin of a request is refused: the client hears what to list, the log the whole line to set. A proxy that hides the name is set up by that. */
import { envName } from './config-option.js';
import { AppError, errorTable } from './errors.js';
import type { Log } from './log.js';
import { isOriginOrEvery, type AllowedOrigins } from './origins.js';

/** What a stranger writes into the log; names have 253 characters at most. */
const maxLoggedCharacters = 300;

export interface RefusedRequest {
  readonly origin: string | undefined;
  readonly host: string | undefined;
}

/** Of a request that `allowed` does not allow. */
export function refuseOrigin(allowed: AllowedOrigins, log: Log, { origin, host }: RefusedRequest): AppError {
  const code = allowed.knows(host) ? 'origin_not_allowed' : 'host_not_known';
  const option = envName('http.allowedOrigins');
  // Behind a proxy with TLS the page's own word has the right scheme; a proxy that gives this server another name has to have that listed first.
  const named = code === 'origin_not_allowed' || origin === `https://${host}` ? origin : `http://${host}`;
  const wanted = isListable(named) ? named : undefined;
  log.limited('warn', code === 'host_not_known' ? 'a request for a host name that is not known was refused' : 'a request of a page of another origin was refused', {
    origin: cut(origin),
    host: cut(host),
    ...(wanted === undefined ? {} : { toAllowIt: `${option}=${[...allowed.list, wanted].join(',')}` }),
  });
  return new AppError(code, wanted === undefined ? undefined : `${errorTable[code].meaning} To allow it, list \`${wanted}\` (${option}=${wanted}).`);
}

/** `null`, and what is no origin at all, cannot be listed. */
function isListable(text: string | undefined): text is string {
  return text !== undefined && text.length <= maxLoggedCharacters && text !== '*' && isOriginOrEvery(text);
}

function cut(text: string | undefined): string | undefined {
  return text?.slice(0, maxLoggedCharacters);
}
