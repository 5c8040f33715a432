import { parseRoomName } from '../names.js';
import type { AddRoutes } from './http-services.js';
import { readJson } from './request-body.js';
import { newRoomSchema, roomChangeSchema } from './schemas.js';

export const addRoomRoutes: AddRoutes = (router, { registry, bodyLimitBytes, controls }) => {
  router.post('/api/rooms', async (context) => {
    const { name, ...choices } = await readJson(context, newRoomSchema, bodyLimitBytes);
    const room = await registry.create(parseRoomName(name), choices);
    context.status = 201;
    context.set('Location', `/api/rooms/${room.name}`);
    context.body = room.describe();
  });
  router.get('/api/rooms', (context) => {
    context.body = { rooms: registry.list() };
  });
  router.get('/api/rooms/:room', async (context) => {
    context.body = (await registry.find(parseRoomName(context.params['room'] ?? ''))).describe();
  });
  router.patch('/api/rooms/:room', async (context) => {
    const room = await registry.find(parseRoomName(context.params['room'] ?? ''));
    const { layout } = await readJson(context, roomChangeSchema, bodyLimitBytes);
    const chosen = layout === undefined ? undefined : registry.findLayout(layout);
    controls.take(room);
    if (chosen !== undefined) await room.setLayout(chosen);
    context.body = room.describe();
  });
  router.delete('/api/rooms/:room', async (context) => {
    await registry.remove(parseRoomName(context.params['room'] ?? ''));
    context.status = 204;
  });
  router.get('/api/rooms/:room/snapshot.png', async (context) => {
    const room = await registry.find(parseRoomName(context.params['room'] ?? ''));
    context.body = Buffer.from(await room.snapshot());
    context.type = 'image/png';
    context.set('Cache-Control', 'no-store');
  });
  router.get('/api/rooms/:room/stats', async (context) => {
    const room = await registry.find(parseRoomName(context.params['room'] ?? ''));
    context.body = await room.stats();
  });
  router.get('/api/layouts', (context) => {
    context.body = { layouts: registry.layoutNames };
  });
};
