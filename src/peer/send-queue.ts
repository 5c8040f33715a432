/**
 * What waits in this process because the kernel did not take it at once. To ask the socket costs half a microsecond, a thirtieth of what a packet costs, so it is asked
 * now and then, and with each packet only while too much waits.
 */
import type { Socket } from 'node:dgram';

/** Behind 8 MB, a third of a second at 200 Mbps, media come too late for anybody. */
export const maxSendQueueBytes = 8 * 1024 * 1024;
/** So much more may be in the queue before that is noticed. */
const bytesBetweenLooks = 64 * 1024;

export class SendQueue {
  readonly #socket: Pick<Socket, 'getSendQueueSize'>;
  #bytesSinceLook = 0;
  #isFull = false;

  constructor(socket: Pick<Socket, 'getSendQueueSize'>) {
    this.#socket = socket;
  }

  /** Whether a datagram of so many bytes may follow. */
  admits(bytes: number): boolean {
    this.#bytesSinceLook += bytes;
    if (this.#isFull || this.#bytesSinceLook >= bytesBetweenLooks) {
      this.#bytesSinceLook = 0;
      this.#isFull = this.#socket.getSendQueueSize() > maxSendQueueBytes;
    }
    return !this.#isFull;
  }
}
