import { encodePng } from '../ffmpeg/png.js';
import type { Canvas } from './canvas.js';

interface Request {
  readonly untilUs: number;
  readonly resolve: (png: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** Where nobody was watching, keyframes have to be asked for and come; whoever has none by then is shown by his avatar. */
const longestWaitUs = 1_500_000;

/** Who waits for a snapshot. All who wait get the same one. */
export class Snapshots {
  #waiting: Request[] = [];
  readonly #encoding = new Set<Promise<void>>();
  #closed = false;
  #taken = 0;

  get wanted(): boolean {
    return this.#waiting.length > 0;
  }

  get taken(): number {
    return this.#taken;
  }

  request(nowUs: number): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new Error('The mixer is closed.'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ untilUs: nowUs + longestWaitUs, resolve, reject });
    });
  }

  /** @param complete every tile shows what it can show */
  isDue(complete: boolean, nowUs: number): boolean {
    return this.#waiting.length > 0 && (complete || this.#waiting.some(({ untilUs }) => nowUs >= untilUs));
  }

  take(canvas: Canvas): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    canvas.retain();
    const encoding = encodePng(canvas.picture)
      .then(
        (png) => {
          this.#taken += 1;
          for (const { resolve } of waiting) resolve(png);
        },
        (error: unknown) => {
          for (const { reject } of waiting) reject(error instanceof Error ? error : new Error(String(error)));
        },
      )
      .finally(() => {
        canvas.release();
        this.#encoding.delete(encoding);
      });
    this.#encoding.add(encoding);
  }

  /** Who still waits is told so; resolves when no canvas is read any more. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#waiting) reject(new Error('The mixer was closed before the snapshot was taken.'));
    this.#waiting = [];
    await Promise.all(this.#encoding);
  }
}
