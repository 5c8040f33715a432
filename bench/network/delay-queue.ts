/** What waits for its time: in the order of these, and of coming where they are the same. Times are microseconds of any clock. */
export class DelayQueue<Item> {
  readonly #waiting: { readonly dueUs: number; readonly item: Item }[] = [];

  push(dueUs: number, item: Item): void {
    // Nearly always the last place or one close to it.
    let place = this.#waiting.length;
    while (place > 0 && (this.#waiting[place - 1]?.dueUs ?? 0) > dueUs) place -= 1;
    this.#waiting.splice(place, 0, { dueUs, item });
  }

  get nextDueUs(): number | undefined {
    return this.#waiting[0]?.dueUs;
  }

  /** The next that is due; undefined when none is. */
  take(nowUs: number): Item | undefined {
    const [first] = this.#waiting;
    if (first === undefined || first.dueUs > nowUs) return undefined;
    this.#waiting.shift();
    return first.item;
  }

  clear(): void {
    this.#waiting.length = 0;
  }
}
