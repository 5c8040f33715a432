/** The pages and what they load. Rooms need not be there: whoever opens the page of a room is about to make it. */
import { parseRoomName } from '../names.js';
import type { AddRoutes } from './http-services.js';
import { sendFile } from './send-file.js';

export const addPageRoutes: AddRoutes = (router, { publicFolder }) => {
  router.get('/', (context) => sendFile(context, { folder: publicFolder, path: 'index.html', missing: 'not_found' }));
  router.get('/r/:room', (context) => {
    parseRoomName(context.params['room'] ?? '');
    return sendFile(context, { folder: publicFolder, path: 'room.html', missing: 'not_found' });
  });
  router.get('/v/:room', (context) => {
    parseRoomName(context.params['room'] ?? '');
    return sendFile(context, { folder: publicFolder, path: 'viewer.html', missing: 'not_found' });
  });
  // Asked for by browsers that show something other than a page, which would have said where the icon is.
  router.get('/favicon.ico', (context) => sendFile(context, { folder: publicFolder, path: 'favicon.svg', missing: 'not_found' }));
  router.get('/static/*path', (context) => sendFile(context, { folder: publicFolder, path: context.params['path'] ?? '', missing: 'not_found' }));
};
