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
/** For removals alone, when the rest is used up: whoever storms the room must not keep moderators from ending it. Each takes one person away, so they cannot be a storm themselves. */
const removals = { burst: 10, perSecond: 1 };

interface Buckets {
  readonly requests: TokenBucket;
  readonly removals: TokenBucket;
}

export class ControlAllowance {
  readonly #time: Pick<Time, 'nowMs'>;
  readonly #bucketsOf = new WeakMap<RoomHandle, Buckets>();

  constructor(time: Pick<Time, 'nowMs'>) {
    this.#time = time;
  }

  /** Of a request that is known to make sense: mistakes change nothing, and use up nothing. @throws {AppError} too_many_requests */
  take(room: RoomHandle): void {
    const nowUs = this.#time.nowMs() * 1000;
    if (!this.#buckets(room, nowUs).requests.take(nowUs)) throw new AppError('too_many_requests');
  }

  /** Somebody is to be removed. @throws {AppError} too_many_requests */
  takeRemoval(room: RoomHandle): void {
    const nowUs = this.#time.nowMs() * 1000;
    const buckets = this.#buckets(room, nowUs);
    if (!buckets.requests.take(nowUs) && !buckets.removals.take(nowUs)) throw new AppError('too_many_requests');
  }

  #buckets(room: RoomHandle, nowUs: number): Buckets {
    let buckets = this.#bucketsOf.get(room);
    if (buckets === undefined) {
      buckets = { requests: new TokenBucket(requests, nowUs), removals: new TokenBucket(removals, nowUs) };
      this.#bucketsOf.set(room, buckets);
    }
    return buckets;
  }
}
