/** The koa application: what every request goes through, then the routes of each group. */
import Router from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import { AppError } from '../errors.js';
import type { Log } from '../log.js';
import { addControlRoutes } from './control-routes.js';
import { errorFunnel } from './error-funnel.js';
import { crossOrigin, refuseOtherOrigins, securityHeaders } from './headers.js';
import { addHealthRoutes } from './health-routes.js';
import type { HttpServices } from './http-services.js';
import { addWhepRoutes, addWhipRoutes } from './media-session-routes.js';
import { addPageRoutes } from './page-routes.js';
import { addRecordingRoutes } from './recording-routes.js';
import { addRoomRoutes } from './room-routes.js';

export function makeRouter(services: HttpServices): Router {
  const router = new Router({ sensitive: true });
  for (const addRoutes of [addHealthRoutes, addRoomRoutes, addRecordingRoutes, addControlRoutes, addWhipRoutes, addWhepRoutes, addPageRoutes]) addRoutes(router, services);
  return router;
}

export function makeApp(services: HttpServices, log: Log): Koa {
  const app = new Koa();
  const router = makeRouter(services);
  // Koa would print what goes wrong while an answer is being sent, mostly clients that hang up.
  app.on('error', (error: Error) => log.limited('debug', 'an answer could not be sent', { error: error.message }));
  app.use(securityHeaders).use(crossOrigin(services.allowedOrigins)).use(errorFunnel(log, services.pages)).use(refuseOtherOrigins(services.allowedOrigins, log)).use(refuseOtherMethods(router)).use(router.routes());
  return app;
}

/** 405 with `Allow` where the path exists for other methods only; OPTIONS is answered for every path. */
function refuseOtherMethods(router: Router) {
  return async (context: Context, next: Next): Promise<void> => {
    await next();
    if (context.status !== 404 || context.body !== undefined) return;
    const allowed = new Set(router.match(context.path, context.method).path.flatMap(({ methods }) => methods));
    if (allowed.size === 0) return;
    context.set('Allow', [...allowed, 'OPTIONS'].join(', '));
    if (context.method !== 'OPTIONS') throw new AppError('method_not_allowed');
    context.status = 200;
    context.body = '';
  };
}
