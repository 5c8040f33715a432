/**
 * Room for datagrams on their way to the kernel, which mostly takes them at once: then the same bytes serve again, in place of 1,200 new ones for each packet of each listener. A
 * datagram may be written over as soon as the next one is lent, so whoever keeps one copies it.
 */
const slotBytes = 1_536;
/** A listener's burst; with fewer the kernel is asked more often, with more they do not stay in the processor's cache. */
const slots = 32;

export class LentDatagrams {
  readonly #isIdle: () => boolean;
  readonly #room = Buffer.allocUnsafeSlow(slots * slotBytes);
  readonly #views = Array.from({ length: slots }, (_, slot) => this.#view(slot, 0));
  #next = slots;
  #isInUse = false;

  /** @param isIdle whether the kernel has taken all that was sent; asked once for so many datagrams */
  constructor(isIdle: () => boolean) {
    this.#isIdle = isIdle;
  }

  /** Its bytes may be any. */
  lend(bytes: number): Buffer {
    if (this.#next === slots) {
      this.#next = 0;
      // What waits keeps the room that it is in, and what follows gets its own.
      this.#isInUse = !this.#isIdle();
    }
    const slot = this.#next;
    this.#next += 1;
    if (this.#isInUse || bytes > slotBytes) return Buffer.allocUnsafe(bytes);
    const known = this.#views[slot];
    // Most packets of a picture have the same length.
    if (known?.length === bytes) return known;
    const view = this.#view(slot, bytes);
    this.#views[slot] = view;
    return view;
  }

  #view(slot: number, bytes: number): Buffer {
    return this.#room.subarray(slot * slotBytes, slot * slotBytes + bytes);
  }
}
