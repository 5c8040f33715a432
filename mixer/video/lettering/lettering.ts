// Renders names and avatars on a thread of its own: the first use of a script takes up to 0.3 s, and the canvas has a tick every 33 ms.
import { Worker } from 'node:worker_threads';
import type { AvatarOptions } from './avatar.js';
import type { LetteringAnswer, LetteringRequest } from './lettering-messages.js';
import type { NameLabel, NameLabelOptions } from './name-label.js';
import type { Picture } from './pictures.js';

interface Pending {
  readonly resolve: (answer: LetteringAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Pixels are freed with their small wrappers, in the collection of young objects: at Node's default size that comes late (8 MB more over 1,800 labels). */
const maxYoungGenerationSizeMb = 2;

/**
 * Starts its thread at once and loads the fonts of Latin, Greek and Cyrillic names. Requests are answered in order; nothing is remembered:
 * the owner keeps a bitmap for as long as its tile shows it, and has at most one request under way for each.
 */
export class Lettering {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #closed: Promise<void> | undefined;
  #end: Error | undefined;

  constructor() {
    this.#worker = new Worker(new URL('./lettering-worker.js', import.meta.url), { name: 'lettering', resourceLimits: { maxYoungGenerationSizeMb } });
    this.#worker.on('message', (answer: LetteringAnswer) => this.#settle(answer));
    this.#worker.on('error', (error: unknown) => this.#rejectAll(new Error('The lettering thread failed.', { cause: error })));
    this.#worker.on('exit', () => this.#rejectAll(new Error('The lettering thread has ended.')));
  }

  /** @throws when the label cannot be rendered, or the thread has ended: the tile then goes without a name */
  async renderNameLabel(options: NameLabelOptions): Promise<NameLabel> {
    const answer = await this.#ask({ id: this.#takeId(), type: 'nameLabel', options });
    if (answer.type !== 'nameLabel') throw new Error(answer.type === 'failed' ? answer.message : `Asked for a label, got ${answer.type}.`);
    return answer.label;
  }

  /** @throws as renderNameLabel */
  async renderAvatar(options: AvatarOptions): Promise<Picture> {
    const answer = await this.#ask({ id: this.#takeId(), type: 'avatar', options });
    if (answer.type !== 'avatar') throw new Error(answer.type === 'failed' ? answer.message : `Asked for an avatar, got ${answer.type}.`);
    return answer.picture;
  }

  /** Ends the thread; what was asked for and not answered is rejected. */
  close(): Promise<void> {
    this.#closed ??= this.#worker.terminate().then(() => undefined);
    return this.#closed;
  }

  #takeId(): number {
    this.#nextId += 1;
    return this.#nextId;
  }

  #ask(request: LetteringRequest): Promise<LetteringAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined || this.#closed !== undefined) {
        reject(this.#end ?? new Error('The lettering thread has ended.'));
        return;
      }
      this.#pending.set(request.id, { resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  #settle(answer: LetteringAnswer): void {
    this.#pending.get(answer.id)?.resolve(answer);
    this.#pending.delete(answer.id);
  }

  #rejectAll(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#pending.clear();
  }
}
