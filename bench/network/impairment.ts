/** What a link does to the datagrams of one direction, and when that changes. Plain data: it goes to the link's process as JSON. */

export interface Impairment {
  /** Of the datagrams, 0 to 1. */
  readonly lossShare: number;
  /** Mean number of datagrams that are lost in a row. 1: each by itself, whatever became of the one before. */
  readonly lossBurst: number;
  readonly delayMs: number;
  /** Added to the delay of each datagram: evenly from 0 to this. */
  readonly jitterMs: number;
  /** False: one that is delayed less than the one before waits for it. */
  readonly isReordering: boolean;
  /** Of the datagrams, 0 to 1. The copy has a jitter of its own. */
  readonly duplicateShare: number;
  /** Of IP packets, their headers included; undefined: none. */
  readonly limitKbps: number | undefined;
  /** What waits for the limit at most; one more is dropped. */
  readonly queueMs: number;
  /** Nothing passes. What is under way already arrives. */
  readonly isBlackedOut: boolean;
}

export interface ImpairmentStep {
  /** From the moment at which the steps are set. */
  readonly atMs: number;
  readonly impairment: Impairment;
}

/** A home router's: what it holds at its limit before it drops. */
const usualQueueMs = 300;

export const unimpaired: Impairment = {
  lossShare: 0, lossBurst: 1, delayMs: 0, jitterMs: 0, isReordering: false, duplicateShare: 0, limitKbps: undefined, queueMs: usualQueueMs, isBlackedOut: false,
};

/** From the beginning on and without change. */
export function steadily(impairment: Partial<Impairment>): readonly ImpairmentStep[] {
  return [{ atMs: 0, impairment: { ...unimpaired, ...impairment } }];
}
