/**
 * What is told when the name or the origin of a request is refused: the client hears what to list, the log the whole line to set, once an hour of each origin.
 * A proxy that hides the name is set up by that.
 */
import { envName } from './config-option.js';
import { AppError, errorTable } from './errors.js';
import type { Log } from './log.js';
import { isOriginOrEvery, type AllowedOrigins } from './origins.js';

/** What a stranger writes into the log; names have 253 characters at most. */
const maxLoggedCharacters = 300;
const option = envName('http.allowedOrigins');
/** Of pages whose browser says `Origin: null`. */
const nameless = 'Files and sandboxed frames have no origin that could be listed: serve the page over HTTP.';

export interface RefusedRequest {
  readonly origin: string | undefined;
  readonly host: string | undefined;
}

/** Of a request that `allowed` does not allow. */
export function refuseOrigin(allowed: AllowedOrigins, log: Log, request: RefusedRequest): AppError {
  logRefusal(allowed, log, request);
  const { code, wanted } = judge(allowed, request);
  const advice = wanted === undefined ? adviceWithout(request) : `To allow it, list \`${wanted}\` (${option}=${wanted}).`;
  return new AppError(code, advice === undefined ? undefined : `${errorTable[code].meaning} ${advice}`);
}

/** The same for what is answered, but kept from the page by its browser, which tells nobody but the page's own console. */
export function logRefusal(allowed: AllowedOrigins, log: Log, request: RefusedRequest): void {
  const { code, wanted } = judge(allowed, request);
  const message = code === 'host_not_known' ? 'a request for a host name that is not known was refused' : 'a page of an origin that is not listed may not use this server';
  const toAllowIt = wanted === undefined ? adviceWithout(request) : `${option}=${[...allowed.list, wanted].join(',')}`;
  const origin = cut(request.origin);
  log.hourly('warn', message, wanted ?? origin ?? '', { origin, host: cut(request.host), ...(toAllowIt === undefined ? {} : { toAllowIt }) });
}

/** Why, and which origin would have to be listed. */
function judge(allowed: AllowedOrigins, { origin, host }: RefusedRequest): { readonly code: 'origin_not_allowed' | 'host_not_known'; readonly wanted: string | undefined } {
  const code = allowed.knows(host) ? 'origin_not_allowed' : 'host_not_known';
  // Behind a proxy with TLS the page's own word has the right scheme; a proxy that gives this server another name has to have that listed first.
  const named = code === 'origin_not_allowed' || origin === `https://${host}` ? origin : `http://${host}`;
  return { code, wanted: isListable(named) ? named : undefined };
}

function adviceWithout({ origin }: RefusedRequest): string | undefined {
  return origin === 'null' ? nameless : undefined;
}

/** `null`, and what is no origin at all, cannot be. */
function isListable(text: string | undefined): text is string {
  return text !== undefined && text.length <= maxLoggedCharacters && text !== '*' && isOriginOrEvery(text);
}

function cut(text: string | undefined): string | undefined {
  return text?.slice(0, maxLoggedCharacters);
}
