/**
 * WebSockets of pages that may not use this server. Browsers show their programs nothing of an upgrade that is refused, so a page could only say that the server
 * cannot be reached, and try for ever: it is upgraded, told why, and closed at once. Nothing that it sends is looked at, and no session is made.
 */
import type { WebSocket } from 'ws';
import type { AppError } from '../errors.js';
import type { CancelTimer, Time } from '../time.js';

/** To read the reason before the connection is cut, over a slow line as well. */
const graceMs = 2000;
/** They are gone in two seconds, and whoever is one too many is refused in HTTP; each costs some 20 kB. */
const maxSockets = 200;

export class RefusedSockets {
  readonly #time: Pick<Time, 'after'>;
  readonly #cutOf = new Map<WebSocket, CancelTimer>();

  constructor(time: Pick<Time, 'after'>) {
    this.#time = time;
  }

  get isFull(): boolean {
    return this.#cutOf.size >= maxSockets;
  }

  add(socket: WebSocket, error: AppError): void {
    this.#cutOf.set(socket, this.#time.after(graceMs, () => socket.terminate()));
    socket.once('close', () => {
      this.#cutOf.get(socket)?.();
      this.#cutOf.delete(socket);
    });
    socket.on('error', () => socket.terminate());
    socket.send(JSON.stringify({ type: 'error', error }));
    socket.close(1008);
  }

  close(): void {
    for (const socket of this.#cutOf.keys()) socket.terminate();
  }
}
