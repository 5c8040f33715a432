// The thread that renders names and avatars: it answers each request by its id.
import { parentPort } from 'node:worker_threads';
import { renderAvatar, renderNameLabel } from '../lettering/index.js';
import type { LetteringAnswer, LetteringRequest } from './lettering.js';

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a thread.');

port.on('message', (request: LetteringRequest) => port.postMessage(answer(request)));

function answer(request: LetteringRequest): LetteringAnswer {
  const { id } = request;
  try {
    return 'label' in request ? { id, label: renderNameLabel(request.label) } : { id, avatar: renderAvatar(request.avatar) };
  } catch (error) {
    return { id, error: String(error) };
  }
}
