/** The pages and what they load. Rooms need not be there: whoever opens the page of a room is about to make it. */
import { parseRoomName } from '../names.js';
import type { AddRoutes } from './http-services.js';

export const addPageRoutes: AddRoutes = (router, { pages }) => {
  router.get('/', (context) => pages.send(context, 'index.html'));
  router.get('/r/:room', (context) => {
    parseRoomName(context.params['room'] ?? '');
    pages.send(context, 'room.html');
  });
  router.get('/v/:room', (context) => {
    parseRoomName(context.params['room'] ?? '');
    pages.send(context, 'viewer.html');
  });
  // Asked for by browsers that show something other than a page, which would have said where the icon is.
  router.get('/favicon.ico', (context) => pages.send(context, 'favicon.svg'));
  router.get('/static/*path', (context) => pages.send(context, context.params['path'] ?? ''));
};
