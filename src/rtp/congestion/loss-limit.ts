/** The loss-based half of Google congestion control (draft-ietf-rmcat-gcc-02 6): for bottlenecks that drop rather than queue. Times are microseconds. */

/**
 * Above the one the rate falls, below the other it rises, between them it stays. The draft falls above 0.1: for encoders that follow in small steps. Here it
 * means half the picture, and one packet in ten is repaired without anybody seeing it.
 */
const heavyLoss = 0.15;
const lightLoss = 0.02;
/** Judged over so many packets at least, and so long: in fewer, one loss in twenty looks like one in ten too often. What is far beyond needs no long look. */
const leastPackets = 20;
const window = { us: 1_000_000, hurriedUs: 200_000, hurriedLoss: 0.3 } as const;
/** What a fall changes is seen a round trip later, with the feedback's interval. */
const betweenFallsUs = 300_000;
const growthPerSecond = 1.08;
/**
 * Radio loses whatever the rate: where a quarter less was sent and the share of losses stayed as it was, they are the path's own, and only what comes
 * on top of them is ours. Forgotten after a while: networks change.
 */
const lessSentShare = 0.75;
const sameLossShare = 0.7;
const ownLossKeptUs = 20_000_000;
const mostOwnLoss = 0.35;

interface LossMoment {
  readonly nowUs: number;
  readonly roundTripUs: number;
  readonly deliveredBps: number;
  /** The same with what is lost at random. */
  readonly carriedBps: number;
  readonly mostBps: number;
}

export class LossLimit {
  #limitBps: number;
  #delivered = 0;
  #lost = 0;
  #windowStartUs: number | undefined;
  #lastFallUs = Number.NEGATIVE_INFINITY;
  #lossShare = 0;
  #ownLoss = 0;
  #ownLossUs = Number.NEGATIVE_INFINITY;
  /** Where the falls under way began. */
  #fallingFrom: { readonly limitBps: number; readonly lossShare: number; readonly sentBps: number } | undefined;

  constructor({ startBps }: { readonly startBps: number }) {
    this.#limitBps = startBps;
  }

  get limitBps(): number {
    return this.#limitBps;
  }

  /** Of the last window, 0 to 1. */
  get lossShare(): number {
    return this.#lossShare;
  }

  /**
   * @param deliveredBps what arrives
   * @param mostBps nothing above is known to be possible
   */
  update({ delivered, lost }: { readonly delivered: number; readonly lost: number }, { nowUs, roundTripUs, deliveredBps, carriedBps, mostBps }: LossMoment): void {
    this.#delivered += delivered;
    this.#lost += lost;
    this.#windowStartUs ??= nowUs;
    const elapsedUs = nowUs - this.#windowStartUs;
    const packets = this.#delivered + this.#lost;
    const lossShare = this.#lost / packets;
    if (packets < leastPackets || elapsedUs < (lossShare > window.hurriedLoss ? window.hurriedUs : window.us)) return;
    this.#lossShare = lossShare;
    this.#windowStartUs = nowUs;
    this.#delivered = 0;
    this.#lost = 0;
    if (nowUs - this.#ownLossUs > ownLossKeptUs) this.#ownLoss = 0;
    const excess = Math.max(0, this.#lossShare - this.#ownLoss);
    if (excess > heavyLoss) this.#fall(excess, deliveredBps / Math.max(0.01, 1 - this.#lossShare), nowUs, roundTripUs);
    // What passes with so few losses does pass.
    else this.raiseTo(carriedBps);
    if (excess < lightLoss) {
      this.#fallingFrom = undefined;
      this.raiseTo(Math.min(mostBps, this.#limitBps * growthPerSecond ** Math.min(1, elapsedUs / 1e6)));
    }
  }

  /** What a probe has shown to pass. */
  raiseTo(bitrateBps: number): void {
    this.#limitBps = Math.max(this.#limitBps, bitrateBps);
  }

  #fall(excess: number, sentBps: number, nowUs: number, roundTripUs: number): void {
    if (nowUs - this.#lastFallUs < betweenFallsUs + roundTripUs) return;
    this.#lastFallUs = nowUs;
    const from = (this.#fallingFrom ??= { limitBps: this.#limitBps, lossShare: this.#lossShare, sentBps });
    if (sentBps < from.sentBps * lessSentShare && this.#lossShare > from.lossShare * sameLossShare) {
      this.#ownLoss = Math.min(mostOwnLoss, this.#lossShare);
      this.#ownLossUs = nowUs;
      this.#limitBps = from.limitBps;
      this.#fallingFrom = undefined;
      return;
    }
    this.#limitBps *= 1 - excess / 2;
  }
}
