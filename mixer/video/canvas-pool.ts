import type { VideoFormat } from '../protocol.js';
import { Canvas } from './canvas.js';

/** One is encoded, one waits, one is drawn; encoders out of step with each other may hold more. */
const mostCanvases = 6;

/** The canvases of a room. A second one is made only when the first is still read at the next tick. */
export class CanvasPool {
  readonly #format: VideoFormat;
  readonly #canvases: Canvas[] = [];

  constructor(format: VideoFormat) {
    this.#format = format;
  }

  get size(): number {
    return this.#canvases.length;
  }

  /** One that shows just this content already; it may have readers. */
  showing(contentVersion: number): Canvas | undefined {
    return this.#canvases.find((canvas) => canvas.contentVersion === contentVersion);
  }

  /** The one to draw on: of those that nobody reads the one drawn last, where least is to do. Undefined when all are read. */
  takeFree(): Canvas | undefined {
    let free: Canvas | undefined;
    for (const canvas of this.#canvases) {
      if (!canvas.isRead && (free === undefined || canvas.contentVersion > free.contentVersion)) free = canvas;
    }
    if (free !== undefined || this.#canvases.length >= mostCanvases) return free;
    const canvas = new Canvas(this.#format.widthPx, this.#format.heightPx);
    this.#canvases.push(canvas);
    return canvas;
  }

  /** Gives back memory while nobody takes the picture; what is still read stays. */
  releaseUnread(): void {
    for (let index = this.#canvases.length - 1; index >= 0; index -= 1) {
      const canvas = this.#canvases[index];
      if (canvas === undefined || canvas.isRead) continue;
      canvas.close();
      this.#canvases.splice(index, 1);
    }
  }

  /** Only when nobody reads any more. */
  close(): void {
    for (const canvas of this.#canvases) canvas.close();
    this.#canvases.length = 0;
  }
}
