/** Compares some of the pictures that are seen with what their numbers say was sent. Times are microseconds of any clock. */
import type { LumaPicture } from '../latency/time-code.js';
import { lumaPsnrDb } from './picture-likeness.js';

/** Comparing takes a millisecond or two of the process that is camera and screen at once. */
const everyUs = 500_000;

export class QualityWatch {
  readonly #sentPicture: (code: number) => LumaPicture;
  readonly #compared: { readonly atUs: number; readonly psnrDb: number }[] = [];

  constructor({ sentPicture }: { readonly sentPicture: (code: number) => LumaPicture }) {
    this.#sentPicture = sentPicture;
  }

  take(seen: LumaPicture, code: number, atUs: number): void {
    if (atUs - (this.#compared.at(-1)?.atUs ?? Number.NEGATIVE_INFINITY) < everyUs) return;
    this.#compared.push({ atUs, psnrDb: lumaPsnrDb(seen, this.#sentPicture(code)) });
  }

  /** Undefined when no picture came in that time. */
  meanDb(fromUs: number, toUs: number): number | undefined {
    const inside = this.#compared.filter(({ atUs }) => atUs >= fromUs && atUs < toUs);
    return inside.length === 0 ? undefined : inside.reduce((sum, { psnrDb }) => sum + psnrDb, 0) / inside.length;
  }
}
