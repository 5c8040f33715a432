/** What a room says of itself, as far as the network benches read it. */

/** `GET /api/rooms/:room/stats` */
export async function roomStats(serverUrl: string, room: string): Promise<unknown> {
  return (await fetch(`${serverUrl}/api/rooms/${room}/stats`)).json();
}

/** Sound that the room itself made up for the publisher, who joined it first, ms since it began. */
export function concealedInRoomMs(stats: unknown): number {
  const participants = (stats as { mixer?: { audio?: { participants?: Record<string, { concealedMs?: number }> } } } | undefined)?.mixer?.audio?.participants ?? {};
  return Object.values(participants)[0]?.concealedMs ?? 0;
}
