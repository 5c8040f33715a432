/**
 * Whether one listener is sent each packet of his picture twice. On a long path a repair comes when the picture has stood still: what is lost there has to be on its way before
 * anybody asks. It costs as much again, so it is done only where the path carries that and what it loses is not lost to a full queue. Pure.
 */

export interface TwofoldMoment {
  readonly nowUs: number;
  readonly roundTripUs: number;
  /** Of the packets of the last second or so, 0 to 1. */
  readonly lossShare: number;
  /** Undefined: the listener tells nothing. */
  readonly estimateBps: number | undefined;
  /** What his tier takes, sound and headers included; undefined for no picture. */
  readonly needBps: number | undefined;
  /** A queue stands before the bottleneck. */
  readonly isFull: boolean;
}

/** A repair comes a round trip after the loss at the soonest. With less than the first its listener has the pictures for so long anyway, and nobody sees it. */
const longUs = { from: 150_000, until: 120_000 } as const;
/** One picture in fifteen waits for a repair at 2 %. */
const lossy = { from: 0.02, until: 0.01 } as const;
/** The losses of one second are few, and vary. */
const smoothedUs = 1_500_000;
/** Of the tier's need. Copies are not to be what fills the path. */
const share = { from: 2.1, until: 1.9, probed: 2.4 } as const;
/**
 * A path that drops what is too much, and queues nothing, loses more with copies: by so much more than before they are what is lost. Over a longer time than the rest, since losses that
 * come in bursts vary by as much from second to second (four in a row, 3 to 10 % in all: held back for most of the time if judged by 1.5 s).
 */
const harm = { factor: 1.5, more: 0.05, smoothedUs: 5_000_000 } as const;
/** After harm or a queue: twice as long after each end of that kind that comes soon, for then the copies were why; what comes later is another matter. */
const holdUs = { first: 2_000_000, most: 64_000_000, soon: 10_000_000 } as const;
/** Between tries whether as much passes. */
const probeEveryUs = { first: 4_000_000, most: 30_000_000, growth: 1.5 } as const;

export class TwofoldChoice {
  #isOn = false;
  #lossShare = 0;
  #longLossShare = 0;
  #updatedUs: number | undefined;
  #begunUs = 0;
  /** When it began. */
  #lossShareBefore = 0;
  #harmedUs = Number.NEGATIVE_INFINITY;
  #holdUs: number = holdUs.first;
  #probedUs = Number.NEGATIVE_INFINITY;
  #probeEveryUs: number = probeEveryUs.first;

  /** To be called often, each 20 ms. @returns whether packets go twice from now on */
  update({ nowUs, roundTripUs, lossShare, estimateBps = 0, needBps, isFull }: TwofoldMoment): boolean {
    const elapsedUs = nowUs - (this.#updatedUs ?? nowUs);
    this.#updatedUs = nowUs;
    this.#lossShare += (lossShare - this.#lossShare) * Math.min(1, elapsedUs / smoothedUs);
    this.#longLossShare += (lossShare - this.#longLossShare) * Math.min(1, elapsedUs / harm.smoothedUs);
    if (isFull || (this.#isOn && this.#longLossShare > harm.factor * this.#lossShareBefore + harm.more)) this.#hold(nowUs);
    const edge = this.#isOn ? 'until' : 'from';
    const isOn = needBps !== undefined && this.#isWorthIt(roundTripUs, edge) && nowUs - this.#harmedUs >= this.#holdUs && estimateBps >= share[edge] * needBps;
    if (isOn && !this.#isOn) this.#begin(nowUs, lossShare);
    this.#isOn = isOn;
    return isOn;
  }

  /** At what rate the path is to be tried now, for twice as much to be known to pass; undefined for not. */
  probeBps({ nowUs, roundTripUs, estimateBps, needBps }: TwofoldMoment): number | undefined {
    if (this.#isOn || estimateBps === undefined || needBps === undefined || !this.#isWorthIt(roundTripUs, 'from')) return undefined;
    if (estimateBps >= share.from * needBps || nowUs - this.#harmedUs < this.#holdUs || nowUs - this.#probedUs < this.#probeEveryUs) return undefined;
    this.#probedUs = nowUs;
    this.#probeEveryUs = Math.min(probeEveryUs.most, this.#probeEveryUs * probeEveryUs.growth);
    return share.probed * needBps;
  }

  #begin(nowUs: number, lossShare: number): void {
    this.#begunUs = nowUs;
    // The averages may only be on their way to it.
    this.#lossShareBefore = Math.max(lossShare, this.#lossShare, this.#longLossShare);
    this.#probeEveryUs = probeEveryUs.first;
  }

  #hold(nowUs: number): void {
    if (this.#isOn) this.#holdUs = Math.min(holdUs.most, 2 * (nowUs - this.#begunUs < holdUs.soon ? this.#holdUs : holdUs.first));
    this.#harmedUs = nowUs;
  }

  #isWorthIt(roundTripUs: number, edge: 'from' | 'until'): boolean {
    return roundTripUs >= longUs[edge] && this.#lossShare >= lossy[edge];
  }
}
