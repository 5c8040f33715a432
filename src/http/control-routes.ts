/** Who is heard, who hears whom, and what is played: the moderator's face. */
import { parseRoomName } from '../names.js';
import type { AddRoutes } from './http-services.js';
import { readJson } from './request-body.js';
import { newSoundSchema, participantChangeSchema } from './schemas.js';

export const addControlRoutes: AddRoutes = (router, { registry, bodyLimitBytes, controls }) => {
  router.get('/api/rooms/:room/participants/:id', async (context) => {
    const room = await registry.find(parseRoomName(context.params['room'] ?? ''));
    context.body = room.findParticipant(context.params['id'] ?? '');
  });
  router.patch('/api/rooms/:room/participants/:id', async (context) => {
    const room = await registry.find(parseRoomName(context.params['room'] ?? ''));
    const changes = await readJson(context, participantChangeSchema, bodyLimitBytes);
    const { id } = room.findParticipant(context.params['id'] ?? '');
    controls.take(room);
    await room.control.change(id, changes);
    context.body = room.findParticipant(id);
  });
  router.delete('/api/rooms/:room/participants/:id', async (context) => {
    const room = await registry.find(parseRoomName(context.params['room'] ?? ''));
    const { id } = room.findParticipant(context.params['id'] ?? '');
    controls.takeRemoval(room);
    await room.control.remove(id);
    context.status = 204;
  });
  router.post('/api/rooms/:room/sounds', async (context) => {
    const room = await registry.find(parseRoomName(context.params['room'] ?? ''));
    const wishes = await readJson(context, newSoundSchema, bodyLimitBytes);
    controls.take(room);
    const sound = await room.control.play(wishes);
    context.status = 201;
    context.set('Location', `/api/rooms/${room.name}/sounds/${sound.id}`);
    context.body = sound;
  });
  router.get('/api/rooms/:room/sounds', async (context) => {
    context.body = { sounds: (await registry.find(parseRoomName(context.params['room'] ?? ''))).control.sounds.list() };
  });
  router.get('/api/rooms/:room/sounds/:id', async (context) => {
    context.body = (await registry.find(parseRoomName(context.params['room'] ?? ''))).control.sounds.get(context.params['id'] ?? '');
  });
  router.delete('/api/rooms/:room/sounds/:id', async (context) => {
    const room = await registry.find(parseRoomName(context.params['room'] ?? ''));
    const { id } = room.control.sounds.get(context.params['id'] ?? '');
    controls.take(room);
    await room.control.stop(id);
    context.status = 204;
  });
  router.get('/api/sounds', async (context) => {
    context.body = { sounds: await registry.soundFolder.list() };
  });
};
