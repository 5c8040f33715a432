// A mixer thread that starts and dies of the first command: for the test of what its owner is told.
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', () => {
  throw new Error('a bug');
});
parentPort?.postMessage([{ type: 'ready' }]);
