/** The room process: takes requests from the server process over IPC, answers each, tells what happens. One room in its life. */
import { randomBytes } from 'node:crypto';
import { systemTimers } from '../../mixer/index.js';
import { AppError } from '../errors.js';
import { newId } from '../ids.js';
import { createCertificate } from '../peer/index.js';
import type { RoomAnswerMessage, RoomProcessMessage, RoomRequestMessage } from '../rooms/protocol.js';
import { Room } from './room.js';

/** Recordings get their end, and FFmpeg has 5 s for it; after this nobody waits for whatever hangs. */
const orphanTimeoutMs = 8_000;

const certificate = createCertificate();
let opening: Promise<Room> | undefined;

function tell(message: RoomProcessMessage): void {
  // A server that is gone is noticed by `disconnect`.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

function endWith(reason: string): void {
  console.error(`room process ${process.pid} ends: ${reason}`);
  // `process.exit` would wait for the mixer's thread, which may be what hangs.
  process.kill(process.pid, 'SIGKILL');
}

async function handle(request: RoomRequestMessage): Promise<unknown> {
  if (request.name === 'ping') return {};
  if (request.name === 'open') {
    const { options } = request.params;
    opening ??= Room.open({
      options,
      certificate: await certificate,
      timers: systemTimers,
      random: () => randomBytes(4).readUInt32BE(),
      environmentPath: process.env['PATH'],
      onEvent: tell,
      onFatal: (reason) => endWith(reason),
    });
    return { udpPort: (await opening).udpPort };
  }
  const room = await opening;
  if (room === undefined) throw new AppError('room_not_found');
  switch (request.name) {
    case 'setLayout':
      room.setLayout(request.params.layout);
      return {};
    case 'join':
      return room.join(request.params);
    case 'answer':
      room.answer(request.params);
      return {};
    case 'addCandidates':
      room.session(request.params.sessionId).addCandidates(request.params.candidates);
      return {};
    case 'restartIce':
      return room.session(request.params.sessionId).restartIce();
    case 'restartIceFor':
      return room.session(request.params.sessionId).restartIceFor(request.params.iceUfrag, request.params.icePassword, request.params.candidates);
    case 'setMedia':
      room.setMedia(request.params);
      return {};
    case 'watchLevels':
      room.watchLevels(request.params);
      return {};
    case 'publish':
      return { answer: await room.publish(request.params) };
    case 'view':
      return { answer: await room.view(request.params) };
    case 'end':
      await room.end(request.params.sessionId, request.params.reason);
      return {};
    case 'snapshot':
      return { png: await room.snapshot() };
    case 'stats':
      return { stats: await room.stats() };
    case 'startRecording':
      return { recording: room.startRecording(request.params) };
    case 'stopRecording':
      return { recording: await room.stopRecording(request.params.recordingId) };
    case 'changeParticipant':
      room.control.change(request.params);
      return {};
    case 'removeParticipant':
      await room.control.remove(request.params);
      return {};
    case 'playSound':
      return { sound: room.control.play(request.params) };
    case 'stopSound':
      room.control.stop(request.params);
      return {};
    case 'close':
      await room.close(request.params.reason);
      return {};
  }
}

async function findAnswer(request: RoomRequestMessage): Promise<RoomAnswerMessage> {
  const { requestId } = request;
  try {
    return { type: 'answer', requestId, result: await handle(request) };
  } catch (error) {
    return { type: 'error', requestId, error: (error instanceof AppError ? error : unexpected(request, error)).toJSON() };
  }
}

/** A bug: whoever asked learns the id under which the log has the rest. */
function unexpected({ name }: RoomRequestMessage, error: unknown): AppError {
  const requestId = newId();
  tell({ type: 'log', level: 'error', message: `request ${name} failed`, fields: { requestId, error: error instanceof Error ? error.stack : String(error) } });
  return new AppError('internal', undefined, { requestId });
}

async function answer(request: RoomRequestMessage): Promise<void> {
  const message = await findAnswer(request);
  // Whoever gets an answer finds what he did in the description that the server holds.
  const room = await opening?.catch(() => undefined);
  await room?.settled();
  tell(message);
  // Its last act: nothing is left that could keep the process, but native threads sometimes do.
  if (request.name === 'close') process.disconnect();
}

process.on('message', (message) => void answer(message as RoomRequestMessage));
// The server is gone: recordings get their end, then nobody needs this process. A second disconnect is our own, after `close`.
process.on('disconnect', () => {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), orphanTimeoutMs);
  const ending = opening === undefined ? Promise.resolve() : opening.then((room) => room.close('server_gone'));
  void ending.catch(() => undefined).then(() => process.exit(0));
});
// Ctrl-C in a terminal reaches every process of the group: the server decides, and tells us.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

void certificate.then(() => tell({ type: 'ready' }));
