import type { LossCount, ReportedLoss } from '../protocol.js';

/**
 * Of the listeners to one stream the worst fifth decides: one of up to five counts, one of a hundred does not, whatever he reports. What helps those who lose takes bits
 * from everybody who shares the encode.
 */
const decidingShare = 0.2;

/** How much of what they are sent gets lost, as the listeners report it, for an encoder that some of them share. */
export class ListenerLoss {
  readonly #leastPercent: number;
  readonly #mix: readonly LossCount[];
  readonly #percents: ReadonlyMap<string, number>;
  readonly #isAny: boolean;

  /** @param leastPercent what an encoder reckons with when nobody has reported more */
  constructor({ mix, participants }: ReportedLoss, leastPercent: number) {
    this.#leastPercent = leastPercent;
    this.#mix = mix;
    this.#percents = new Map(Object.entries(participants));
    this.#isAny = mix.some(({ percent }) => percent > 0) || [...this.#percents.values()].some((percent) => percent > 0);
  }

  /** @param hasMix whether those who are no participants take it, too */
  deciding(participantIds: Iterable<string>, hasMix: boolean): number {
    if (!this.#isAny) return this.#leastPercent;
    const counts = new Map<number, number>();
    const add = (percent: number, listeners: number): void => {
      counts.set(percent, (counts.get(percent) ?? 0) + listeners);
    };
    for (const participantId of participantIds) add(this.#percents.get(participantId) ?? 0, 1);
    if (hasMix) for (const { percent, listeners } of this.#mix) add(percent, listeners);
    let left = Math.ceil(decidingShare * [...counts.values()].reduce((sum, listeners) => sum + listeners, 0));
    for (const [percent, listeners] of [...counts].sort(([a], [b]) => b - a)) {
      left -= listeners;
      if (left <= 0) return Math.max(this.#leastPercent, percent);
    }
    return this.#leastPercent;
  }
}
