/** Which packets of a sender were played, and how many are missing between them. Pure. */

/** Tells a duplicate from a packet that came too late, this far back. */
const remembered = 64;
/** The loss share looks back over about 10 s of packets. */
const lossForget = 0.002;
/** One long gap shall not pass for minutes of loss. */
const mostLostAtOnce = 10;
/** Loss begins to count above the first share and ends below the second: 5 packets in 10 s, 2 in 10 s. */
const lossyShare = 0.01;
const losslessShare = 0.004;

export class PlayedIndices {
  readonly #played = new Float64Array(remembered).fill(Number.NaN);
  #last: number | undefined;
  #loss = 0;
  #lossy = false;

  /** The newest index played. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Indices are marked in growing order. */
  mark(index: number): void {
    const lost = this.#last === undefined ? 0 : Math.min(mostLostAtOnce, index - this.#last - 1);
    for (let i = 0; i < lost; i += 1) this.#loss += (1 - this.#loss) * lossForget;
    this.#loss -= this.#loss * lossForget;
    this.#lossy = this.#loss > (this.#lossy ? losslessShare : lossyShare);
    this.#last = index;
    this.#played[slot(index)] = index;
  }

  /** Whether packets are missing between the last one played and this. */
  hasHoleBefore(index: number): boolean {
    return this.#last !== undefined && index > this.#last + 1;
  }

  /** Whether this very packet was played; beyond the memory the answer is no. */
  wasPlayed(index: number): boolean {
    return this.#played[slot(index)] === index;
  }

  /** Whether so much is lost lately that waiting for the next packet's FEC is worth its delay. */
  get lossy(): boolean {
    return this.#lossy;
  }

  clear(): void {
    this.#played.fill(Number.NaN);
    this.#last = undefined;
  }
}

/** Indices may be negative: packets from before the first one that was seen. */
function slot(index: number): number {
  return ((index % remembered) + remembered) % remembered;
}
