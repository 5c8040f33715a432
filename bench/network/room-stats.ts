/** What a room says of itself (`support/room-stats.ts`), as far as the network benches read it. */

/** Sound that the room itself made up for the publisher, who joined it first, ms since it began. */
export function concealedInRoomMs(stats: unknown): number {
  const participants = (stats as { mixer?: { audio?: { participants?: Record<string, { concealedMs?: number }> } } } | undefined)?.mixer?.audio?.participants ?? {};
  return Object.values(participants)[0]?.concealedMs ?? 0;
}

/** What the room has told the publisher, who joined it first: how often to send less because his way up began to queue, and the most that is worth sending now, bps. */
export function toldToPublisher(stats: unknown): { readonly brakes: number; readonly worthwhileBps: number | undefined } {
  const sessions = (stats as { sessions?: Record<string, { brakes?: number; worthwhileBps?: number }> } | undefined)?.sessions ?? {};
  const { brakes = 0, worthwhileBps } = Object.values(sessions)[0] ?? {};
  return { brakes, worthwhileBps };
}
