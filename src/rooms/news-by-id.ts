/** News of several things of a kind, told to everybody as `RoomNews` does: of each thing the newest, at once after a quiet while, then once a period. */
import { RoomNews, type RoomNewsOptions } from './room-news.js';

export interface NewsByIdOptions<Thing> {
  readonly time: RoomNewsOptions['time'];
  readonly tell: (thing: Thing) => void;
}

/** 8 sounds at a time and some that have just ended. Who begins and ends more in a period floods everybody: the oldest are left out, and the description of the room has what there is. */
const maxDue = 16;

export class NewsById<Thing extends { readonly id: string }> {
  readonly #tell: (thing: Thing) => void;
  readonly #news: RoomNews;
  /** In the order in which they changed. */
  readonly #due = new Map<string, Thing>();

  constructor({ time, tell }: NewsByIdOptions<Thing>) {
    this.#tell = tell;
    this.#news = new RoomNews({ time, newest: () => ({ bytes: 0, tell: () => this.flush() }) });
  }

  update(thing: Thing): void {
    this.#due.delete(thing.id);
    this.#due.set(thing.id, thing);
    if (this.#due.size > maxDue) for (const id of [...this.#due.keys()].slice(0, -maxDue)) this.#due.delete(id);
    this.#news.update();
  }

  /** What is due does not wait: the end of those who listen comes next. */
  flush(): void {
    const things = [...this.#due.values()];
    this.#due.clear();
    for (const thing of things) this.#tell(thing);
  }

  /** Nothing is told any more until the next `update`. */
  stop(): void {
    this.#news.stop();
    this.#due.clear();
  }
}
