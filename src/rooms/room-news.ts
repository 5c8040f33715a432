/**
 * When the description of a room goes to everybody in it. Each of them gets all of it, so what one person can change often must not be told as often: at once
 * after a quiet while, then once a period, the newest. What a single session has to know (errors, `joined`, its end) does not wait here, and who asks is answered
 * from the newest description itself.
 */
import type { CancelTimer, Time } from '../time.js';

export interface RoomNewsOptions {
  readonly time: Pick<Time, 'after'>;
  /** Tells everybody what holds at this moment. */
  readonly tell: () => void;
}

/** Five a second: borders, names and buttons follow within what people take for at once. A full room of 50 (18 kB) that never rests is 0.7 Mbps for each in it then, in place of as much as its people like. */
export const newsPeriodMs = 200;

export class RoomNews {
  readonly #options: RoomNewsOptions;
  /** Present while the period of the last telling lasts. */
  #cancelPeriod: CancelTimer | undefined;
  #isDue = false;

  constructor(options: RoomNewsOptions) {
    this.#options = options;
  }

  /** Something changed. */
  update(): void {
    if (this.#cancelPeriod === undefined) this.#tell();
    else this.#isDue = true;
  }

  /** Nothing is told any more until the next `update`. */
  stop(): void {
    this.#cancelPeriod?.();
    this.#cancelPeriod = undefined;
    this.#isDue = false;
  }

  #tell(): void {
    const { time, tell } = this.#options;
    this.#isDue = false;
    this.#cancelPeriod = time.after(newsPeriodMs, () => {
      this.#cancelPeriod = undefined;
      if (this.#isDue) this.#tell();
    });
    tell();
  }
}
