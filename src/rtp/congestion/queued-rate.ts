/**
 * What a bottleneck lets through: the rate of packets that all waited before it, up to the one that waited longest. Unlike the rate of everything that arrives it says
 * nothing of what came before the queue, be it more, on a path that was just cut, or less, where a keyframe follows sound alone. To be asked where a queue was seen to
 * grow: on a way that only became longer it is the rate of what was sent. Times are microseconds.
 */

interface Arrival {
  readonly sentUs: number;
  readonly arrivalUs: number;
  readonly bytes: number;
}

/** A queue that has stood for longer fills the window, and whatever comes then comes at the bottleneck's rate. */
const windowUs = 500_000;
/** The bottleneck may have been another one before, with a queue already. */
const mostUs = 120_000;
/** Beyond the least of the window. Who waited for less may have waited for his neighbours of the same frame only. */
const queuedUs = 20_000;
/** The same of the longest wait: a way that became longer by less than that is no queue, and there were gaps on it. */
const queuedShare = 1 / 3;
/** Two or three packets on a slow path: fewer intervals tell nothing. */
const leastUs = 50_000;
/** The receiver's clock began anew. */
const leapUs = 3_000_000;

export class QueuedRate {
  readonly #recent: Arrival[] = [];

  /** Of each packet, in the order of sending. @param arrivalUs by any clock that stays the same */
  add(sentUs: number, arrivalUs: number, bytes: number): void {
    const newest = this.#recent.at(-1);
    if (newest !== undefined && Math.abs(arrivalUs - newest.arrivalUs - (sentUs - newest.sentUs)) > leapUs) this.#recent.length = 0;
    this.#recent.push({ sentUs, arrivalUs, bytes });
    while ((this.#recent[0]?.sentUs ?? sentUs) < sentUs - windowUs) this.#recent.shift();
  }

  /** Undefined where too few packets have waited. */
  get bitrateBps(): number | undefined {
    const delays = this.#recent.map(({ sentUs, arrivalUs }) => arrivalUs - sentUs);
    const leastDelayUs = Math.min(...delays);
    // Later ones may have come after the queue was gone, on a path that is longer than it was.
    const mostDelayUs = Math.max(...delays);
    const last = delays.lastIndexOf(mostDelayUs);
    const fromDelayUs = leastDelayUs + Math.max(queuedUs, queuedShare * (mostDelayUs - leastDelayUs));
    let first = last;
    const newest = this.#recent[last];
    if (newest === undefined) return undefined;
    while (first > 0 && (delays[first - 1] ?? 0) >= fromDelayUs && newest.arrivalUs - (this.#recent[first - 1]?.arrivalUs ?? 0) <= mostUs) first -= 1;
    const oldest = this.#recent[first];
    if (oldest === undefined || newest.arrivalUs - oldest.arrivalUs < leastUs) return undefined;
    // The first packet's own bytes took their time before it: they do not count.
    const bytes = this.#recent.slice(first + 1, last + 1).reduce((sum, packet) => sum + packet.bytes, 0);
    return (bytes * 8e6) / (newest.arrivalUs - oldest.arrivalUs);
  }
}
