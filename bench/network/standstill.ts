/** How long something that ought to come all the time did not. Pure; times are microseconds of any clock. */

/** "Beyond 200 ms": what nobody calls a freeze yet. */
export const toleratedPauseUs = 200_000;

export interface Standstill {
  /** Of all pauses, what goes beyond the tolerated length. */
  readonly beyondMs: number;
  readonly longestMs: number;
}

/**
 * Looks at the time from `fromUs` to `toUs`; a pause that began before or has not ended counts with its part inside.
 *
 * @param timesUs when it came, in order
 * @param toleratedUs a pause of this length is none
 */
export function standstillIn(timesUs: readonly number[], fromUs: number, toUs: number, toleratedUs: number): Standstill {
  let lastUs = fromUs;
  let beyondUs = 0;
  let longestUs = 0;
  const pause = (untilUs: number): void => {
    beyondUs += Math.max(0, untilUs - lastUs - toleratedUs);
    longestUs = Math.max(longestUs, untilUs - lastUs);
    lastUs = untilUs;
  };
  for (const atUs of timesUs) if (atUs >= fromUs && atUs <= toUs) pause(atUs);
  pause(toUs);
  return { beyondMs: beyondUs / 1000, longestMs: longestUs / 1000 };
}

export function countIn(timesUs: readonly number[], fromUs: number, toUs: number): number {
  return timesUs.filter((atUs) => atUs >= fromUs && atUs < toUs).length;
}
