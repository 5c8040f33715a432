/**
 * When the description of a room goes to everybody in it. Each of them gets all of it, so what one person can change often must not be told as often: at once
 * after a quiet while, then once a period, the newest. What a single session has to know (errors, `joined`, its end) does not wait here, and who asks is answered
 * from the newest description itself.
 */
import type { CancelTimer, Time } from '../time.js';

export interface RoomNewsOptions {
  readonly time: Pick<Time, 'after'>;
  readonly newest: () => News;
}

/** What holds at this moment. */
export interface News {
  /** About: what is long is told more seldom. */
  readonly bytes: number;
  /** To everybody. */
  readonly tell: () => void;
}

/** Five a second: borders, names and buttons follow within what people take for at once. */
export const newsPeriodMs = 200;
/** To each of them, all the time. A full room of 50 (18 kB) that never rests may have its five a second; one in which everybody has a row of hearing (200 kB) comes to one in two seconds. */
export const mostNewsBps = 750_000;

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
    const { time, newest } = this.#options;
    const { bytes, tell } = newest();
    this.#isDue = false;
    this.#cancelPeriod = time.after(Math.max(newsPeriodMs, Math.round((bytes * 8000) / mostNewsBps)), () => {
      this.#cancelPeriod = undefined;
      if (this.#isDue) this.#tell();
    });
    tell();
  }
}
