/**
 * How often one room may be controlled over HTTP: what is changed of it is told to everybody in it, and costs its process work. A socket has such a bound of its
 * own; here it is the room's, since behind a proxy all requests come from one address. So one room that is stormed keeps no other from being controlled.
 */
import { AppError } from '../errors.js';
import type { RoomHandle } from '../rooms/room-handle.js';
import type { Time } from '../time.js';
import { TokenBucket } from '../token-bucket.js';

/** A row for each of a full room of 50, twice over, at once; nobody clicks 20 times a second, and a program that sets up a larger room waits as `Retry-After` says. */
const requests = { burst: 100, perSecond: 20 };

export class ControlAllowance {
  readonly #time: Pick<Time, 'nowMs'>;
  readonly #buckets = new WeakMap<RoomHandle, TokenBucket>();

  constructor(time: Pick<Time, 'nowMs'>) {
    this.#time = time;
  }

  /** @throws {AppError} too_many_requests */
  take(room: RoomHandle): void {
    const nowUs = this.#time.nowMs() * 1000;
    let bucket = this.#buckets.get(room);
    if (bucket === undefined) {
      bucket = new TokenBucket(requests, nowUs);
      this.#buckets.set(room, bucket);
    }
    if (!bucket.take(nowUs)) throw new AppError('too_many_requests');
  }
}
