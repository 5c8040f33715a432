import { AppError } from '../errors.js';
import type { AddRoutes } from './http-services.js';
import { openApiDocument } from './openapi.js';

export const addHealthRoutes: AddRoutes = (router, { registry }) => {
  router.get('/healthz', (context) => {
    if (!registry.canMakeRooms) throw new AppError('starting');
    context.body = { status: 'ok' };
  });
  router.get('/openapi.json', (context) => {
    context.body = openApiDocument;
  });
};
