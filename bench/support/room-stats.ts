/** `GET /api/rooms/:room/stats` */
export async function roomStats(serverUrl: string, room: string): Promise<unknown> {
  return (await fetch(`${serverUrl}/api/rooms/${room}/stats`)).json();
}
