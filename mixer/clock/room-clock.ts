/**
 * The room's time: integer microseconds from the room's zero, monotonic, the same in every thread of the process.
 * It never jumps and knows nothing of wall time; `wallClockZeroUs` is the one bridge.
 */
// The global `process` is looked up by a getter each time.
import { hrtime } from 'node:process';

export interface RoomTime {
  nowUs(): number;
}

export class RoomClock implements RoomTime {
  /** `process.hrtime()` at the room's zero; hand it to the other thread to get the same clock there. */
  readonly zero: readonly [seconds: number, nanoseconds: number];

  constructor(zero: readonly [seconds: number, nanoseconds: number] = hrtime()) {
    this.zero = zero;
  }

  nowUs(): number {
    const [seconds, nanoseconds] = hrtime();
    return (seconds - this.zero[0]) * 1_000_000 + Math.floor((nanoseconds - this.zero[1]) / 1000);
  }

  /** Unix time in microseconds of the room's zero, as the wall clock is now; sender reports want it (RFC 3550 6.4.1). */
  wallClockZeroUs(): number {
    return Date.now() * 1000 - this.nowUs();
  }
}

/** Time that stands until it is told to go on: what tests hand in where the product has a `RoomClock`. */
export class ManualClock implements RoomTime {
  #nowUs: number;

  constructor(startUs = 0) {
    this.#nowUs = startUs;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  advance(byUs: number): void {
    this.#nowUs += byUs;
  }
}
