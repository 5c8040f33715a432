// The thread of a Lettering: renders what it is asked for, one after the other, and hands the bitmaps over without a copy.
import { parentPort } from 'node:worker_threads';
import { renderAvatar } from './avatar.js';
import type { LetteringAnswer, LetteringRequest } from './lettering-messages.js';
import { renderNameLabel } from './name-label.js';

if (parentPort === null) throw new Error('lettering-worker.js runs as a worker thread only.');
const port = parentPort;

function answer(request: LetteringRequest): LetteringAnswer {
  try {
    if (request.type === 'nameLabel') return { id: request.id, type: 'nameLabel', label: renderNameLabel(request.options) };
    return { id: request.id, type: 'avatar', picture: renderAvatar(request.options) };
  } catch (error) {
    return { id: request.id, type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Every array of a bitmap lies in a buffer of its own. */
function buffersOf(bitmap: object): ArrayBuffer[] {
  return Object.values(bitmap).flatMap((value) => (ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer ? [value.buffer] : []));
}

port.on('message', (request: LetteringRequest) => {
  const message = answer(request);
  port.postMessage(message, message.type === 'failed' ? [] : buffersOf(message.type === 'avatar' ? message.picture : message.label));
});

// Loads the renderer and the fonts that most names need before the first name comes.
renderNameLabel({ name: 'A', tileWidthPx: 640, tileHeightPx: 360 });
