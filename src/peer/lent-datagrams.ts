/**
 * Room for datagrams on their way to the kernel, which mostly takes them at once: then the same bytes serve again, in place of 1,200 new ones for each packet of each listener. A
 * datagram may be written over as soon as the next one is lent, so whoever keeps one copies it.
 */
const slotBytes = 1_536;
/** A listener's burst; with fewer the kernel is asked more often, with more they do not stay in the processor's cache. */
const slots = 32;

export class LentDatagrams {
  readonly #isIdle: () => boolean;
  #views: Buffer[] = [];
  #room = Buffer.alloc(0);
  #next = slots;

  /** @param isIdle whether the kernel has taken all that was sent; asked once for so many datagrams */
  constructor(isIdle: () => boolean) {
    this.#isIdle = isIdle;
  }

  /** Its bytes may be any. */
  lend(bytes: number): Buffer {
    if (bytes > slotBytes) return Buffer.allocUnsafe(bytes);
    if (this.#next === slots) this.#begin();
    const slot = this.#next;
    this.#next += 1;
    const known = this.#views[slot];
    // Most packets of a picture have the same length.
    if (known?.length === bytes) return known;
    const view = this.#room.subarray(slot * slotBytes, slot * slotBytes + bytes);
    this.#views[slot] = view;
    return view;
  }

  /** Where something waits, it keeps the room that it is in. */
  #begin(): void {
    this.#next = 0;
    if (this.#views.length > 0 && this.#isIdle()) return;
    this.#room = Buffer.allocUnsafeSlow(slots * slotBytes);
    this.#views = [];
  }
}
