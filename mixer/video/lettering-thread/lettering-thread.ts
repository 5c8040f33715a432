import { Worker } from 'node:worker_threads';
import type { AvatarOptions, NameLabel, NameLabelOptions, Picture } from '../lettering/index.js';
import type { Lettering, LetteringAnswer, LetteringRequest } from './lettering.js';

export interface LetteringThreadOptions {
  readonly onFault: (message: string) => void;
}

/** Labels of a room's people in the sizes of a few layouts, some 20 kB each. Avatars are kept by their tiles. */
const mostLabels = 200;
/** Pixels are freed with their small wrappers, in the collection of young objects: at Node's default size that comes late (8 MB more over 1,800 labels). */
const maxYoungGenerationSizeMb = 2;

/** Starts its thread with the first request, and again after the thread died: a name that kills it costs the labels that were asked for with it, no more. */
export class LetteringThread implements Lettering {
  readonly #onFault: (message: string) => void;
  readonly #waiting = new Map<number, (answer: LetteringAnswer) => void>();
  readonly #labels = new Map<string, NameLabel>();
  #worker: Worker | undefined;
  #lastId = 0;
  #closed = false;

  constructor({ onFault }: LetteringThreadOptions) {
    this.#onFault = onFault;
  }

  renderLabel(options: NameLabelOptions, onRendered: (label: NameLabel) => void): void {
    const key = JSON.stringify([options.tileWidthPx, options.tileHeightPx, options.muted === true, options.name]);
    const known = this.#labels.get(key);
    if (known !== undefined) {
      onRendered(known);
      return;
    }
    this.#ask({ label: options }, (answer) => {
      if (!('label' in answer)) return;
      this.#keepLabel(key, answer.label);
      onRendered(answer.label);
    });
  }

  renderAvatar(options: AvatarOptions, onRendered: (avatar: Picture) => void): void {
    this.#ask({ avatar: options }, (answer) => {
      if ('avatar' in answer) onRendered(answer.avatar);
    });
  }

  #keepLabel(key: string, label: NameLabel): void {
    for (const oldest of this.#labels.keys()) {
      if (this.#labels.size < mostLabels) break;
      this.#labels.delete(oldest);
    }
    this.#labels.set(key, label);
  }

  #ask(request: { readonly label: NameLabelOptions } | { readonly avatar: AvatarOptions }, onAnswer: (answer: LetteringAnswer) => void): void {
    if (this.#closed) return;
    this.#worker ??= this.#startWorker();
    this.#lastId += 1;
    this.#waiting.set(this.#lastId, onAnswer);
    this.#worker.postMessage({ id: this.#lastId, ...request } satisfies LetteringRequest);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./main.js', import.meta.url), { name: 'lettering', resourceLimits: { maxYoungGenerationSizeMb } });
    worker.on('message', (answer: LetteringAnswer) => {
      const onAnswer = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('error' in answer) this.#onFault(answer.error);
      onAnswer?.(answer);
    });
    worker.on('error', (error) => this.#onFault(`the lettering thread died: ${error.message}`));
    worker.on('exit', () => {
      this.#waiting.clear();
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await this.#worker?.terminate();
    this.#labels.clear();
  }
}
