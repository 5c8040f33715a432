/** What every answer says to browsers: who may embed it, who may read it, what a page may load. */
import type { Context, Next } from 'koa';
import type { Log } from '../log.js';
import { logRefusal, refuseOrigin } from '../origin-refusal.js';
import type { AllowedOrigins } from '../origins.js';

/** Scripts and styles come from this server's files only; the camera and the mix are blobs and streams. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob: mediastream:",
  "connect-src 'self' ws: wss:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

/** The viewer page is there to be embedded, anywhere; the room page has a camera, and nobody may lay it under his own. */
function isEmbeddable(path: string): boolean {
  return path.startsWith('/v/');
}

export async function securityHeaders(context: Context, next: Next): Promise<void> {
  const ancestors = isEmbeddable(context.path) ? '*' : "'self'";
  context.set({
    'Content-Security-Policy': `${contentSecurityPolicy}; frame-ancestors ${ancestors}`,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
  });
  if (!isEmbeddable(context.path)) context.set('X-Frame-Options', 'SAMEORIGIN');
  await next();
}

/** The faces for other programs, which may be pages of other origins; `/static` has the client library, `/recordings` what `/api` tells the addresses of. */
const sharedPaths = /^\/(api|whip|whep|static|recordings)\//;
const exposedHeaders = 'Location, Link, ETag, Retry-After, Accept-Patch, Accept-Post, Accept-Ranges, Allow, Content-Range, Tessera-Participant';
const allowedHeaders = 'Content-Type, If-Match, If-None-Match, If-Range, Range, Authorization';
/** A day; browsers cap it at two hours or less themselves. */
const preflightMaxAgeS = 86_400;

/** No cookie and no other ambient right is ever looked at: a page of an allowed origin can do what it could do without a browser. */
export function crossOrigin(allowed: AllowedOrigins) {
  return async (context: Context, next: Next): Promise<void> => {
    if (!sharedPaths.test(context.path)) {
      await next();
      return;
    }
    if (allowed.isEvery) context.set('Access-Control-Allow-Origin', '*');
    else {
      context.vary('Origin');
      const origin = context.get('Origin');
      if (origin !== '' && allowed.allow(origin, context.get('Host'))) context.set('Access-Control-Allow-Origin', origin);
    }
    context.set('Access-Control-Expose-Headers', exposedHeaders);
    await next();
    if (context.method === 'OPTIONS' && context.status < 400) {
      context.set({
        'Access-Control-Allow-Methods': context.response.get('Allow'),
        'Access-Control-Allow-Headers': allowedHeaders,
        'Access-Control-Max-Age': String(preflightMaxAgeS),
      });
    }
  };
}

/** Nothing of any room is there: whoever watches the server may ask under any name. */
const openPaths = /^\/(healthz|openapi\.json)$/;
/**
 * What pages of any origin may link to and embed: they talk to this server as pages of its own origin. Their scripts as well: Chromium names the origin when it
 * loads modules, and a page behind a proxy that hides the server's name would stay empty in place of saying why; pages of other sites may not read them all the same.
 */
const pagePaths = /^\/([rv]\/.*|static\/.*|favicon\.ico)?$/;

/** A page that asks for these with its `Origin` gets them from its browser only when `crossOrigin` names it; the log says why not. */
const scriptPath = '/static/';

/** Simple requests of other pages arrive without a preflight: their answer would only be hidden, not prevented. */
export function refuseOtherOrigins(allowed: AllowedOrigins, log: Log) {
  return async (context: Context, next: Next): Promise<void> => {
    if (!openPaths.test(context.path)) {
      const [origin, host] = [context.get('Origin'), context.get('Host')];
      const isAllowed = pagePaths.test(context.path) ? allowed.knows(host) : allowed.allow(origin, host);
      if (!isAllowed) throw refuseOrigin(allowed, log, { origin, host });
      if (context.path.startsWith(scriptPath) && !allowed.allow(origin, host)) logRefusal(allowed, log, { origin, host });
    }
    await next();
  };
}
