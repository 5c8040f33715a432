/** A thread that is ready, and then turns its event loop no more for a while. */
import { parentPort } from 'node:worker_threads';

const hangsMs = 300;

parentPort?.once('message', () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hangsMs);
  parentPort?.close();
});
parentPort?.postMessage([{ type: 'ready' }]);
