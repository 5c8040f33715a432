/** What the network benches hold their figures against: what people hardly notice. */
export const goals = { freezeMsPerMinute: 600, concealedPercent: 3, backMs: 1_500, longestFreezeMs: 1_000, fullPictureMs: 15_000 } as const;

/** The rows at which they are set: at 10 % loss, from the end of a black-out, and at a step of the limit. */
export const rowsWithGoals = { loss: '10 % loss', blackOut: '3 s black-out', steps: '2 Mbps, 300 kbps, 2 Mbps' } as const;

/** A black-out of 3 s and what comes after it. */
export const leastMeasureMs = 8_000;
