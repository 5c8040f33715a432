/** Starting, stopping and fetching recordings. What is known of them outlives the room; the files outlive the server. */
import { AppError } from '../errors.js';
import { parseRoomName } from '../names.js';
import type { RecordingDescription } from '../rooms/protocol.js';
import type { RoomRegistry } from '../rooms/room-registry.js';
import type { AddRoutes } from './http-services.js';
import { readJson } from './request-body.js';
import { newRecordingSchema } from './schemas.js';
import { sendRecording } from './send-recording.js';

export const addRecordingRoutes: AddRoutes = (router, { registry, recordingsFolder, bodyLimitBytes }) => {
  router.post('/api/rooms/:room/recordings', async (context) => {
    const room = await registry.find(parseRoomName(context.params['room'] ?? ''));
    const { format } = await readJson(context, newRecordingSchema, bodyLimitBytes, {});
    const recording = await room.startRecording(format ?? 'mp4');
    context.status = 201;
    context.set('Location', `/api/rooms/${room.name}/recordings/${recording.id}`);
    context.body = recording;
  });
  router.post('/api/rooms/:room/recordings/:id/stop', async (context) => {
    const roomName = parseRoomName(context.params['room'] ?? '');
    const { id } = recordingOf(registry, roomName, context.params['id']);
    const room = await registry.find(roomName).catch(() => undefined);
    // Its room is gone, and with it every recording of it has ended.
    if (room === undefined) throw new AppError('recording_ended');
    context.body = await room.stopRecording(id);
  });
  router.get('/api/rooms/:room/recordings', async (context) => {
    const roomName = parseRoomName(context.params['room'] ?? '');
    const recordings = registry.recordings.list(roomName);
    if (recordings.length === 0) await registry.find(roomName);
    context.body = { recordings };
  });
  router.get('/api/rooms/:room/recordings/:id', (context) => {
    context.body = recordingOf(registry, parseRoomName(context.params['room'] ?? ''), context.params['id']);
  });
  router.get('/recordings/:file', async (context) => {
    await sendRecording(context, recordingsFolder, context.params['file'] ?? '');
  });
};

function recordingOf(registry: RoomRegistry, roomName: string, id: string | undefined): RecordingDescription {
  return registry.recordings.get(roomName, id ?? '');
}
