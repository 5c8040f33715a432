/**
 * Which packet indices of one source were seen (RFC 3711 3.3.2), and which index a 16-bit sequence number means (3.3.1).
 * An index is rollover counter * 65536 + sequence number, at most 48 bits.
 */

/**
 * How far behind the newest a packet may come. RFC 3711 asks for at least 64; browsers take 1,024, because a retransmission on a fast link comes that late.
 * A power of two.
 */
const windowPackets = 1_024;
const sequenceRange = 0x1_0000;

export class ReplayWindow {
  /** Bit i modulo its size says whether index i was seen, for the newest {@link windowPackets} indices. */
  readonly #seen = new Uint32Array(windowPackets / 32);
  #newest = -1;

  /**
   * The index nearest to the newest one, so that any loss shorter than 32,768 packets is survived, over a wrap too. Changes nothing: a guess counts only
   * when {@link add} is called, after authentication.
   */
  guessIndex(sequenceNumber: number): number {
    if (this.#newest < 0) return sequenceNumber;
    const index = this.#newest + (((sequenceNumber - this.#newest) << 16) >> 16);
    // Before the first round there is none to go back to.
    return index < 0 ? index + sequenceRange : index;
  }

  /** True for an index that was seen or is too far behind to tell. */
  isReplay(index: number): boolean {
    if (index > this.#newest) return false;
    if (index <= this.#newest - windowPackets) return true;
    return ((this.#word(index) >>> (index & 31)) & 1) !== 0;
  }

  add(index: number): void {
    if (index > this.#newest) {
      if (index - this.#newest >= windowPackets) this.#seen.fill(0);
      else for (let skipped = this.#newest + 1; skipped < index; skipped += 1) this.#seen[(skipped >>> 5) & 31] = this.#word(skipped) & ~(1 << (skipped & 31));
      this.#newest = index;
    }
    this.#seen[(index >>> 5) & 31] = this.#word(index) | (1 << (index & 31));
  }

  #word(index: number): number {
    // Bit operators take the index modulo 2^32, which the power of two divides.
    return this.#seen[(index >>> 5) & 31] ?? 0;
  }
}
