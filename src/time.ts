/** Time of the server process: whoever waits, measures or dates is given this, so that tests hand in time that they move themselves. */
import { RoomClock } from '../mixer/clock/room-clock.js';
import { systemTimers, type Timers } from '../mixer/clock/timers.js';

export type { CancelTimer } from '../mixer/clock/timers.js';

export interface Time extends Timers {
  /** Monotonic milliseconds from an unnamed zero: for differences only. */
  nowMs(): number;
  /** Wall time, for what people read: never for differences, it may jump. */
  date(): Date;
}

const clock = new RoomClock();

export const systemTime: Time = { ...systemTimers, nowMs: () => clock.nowUs() / 1000, date: () => new Date() };
