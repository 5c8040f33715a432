/**
 * Counts what this thread holds in native memory: V8 neither sees nor frees it in time. Whoever opens something native writes it here, and strikes it
 * out when he frees it; at the end of a thread, and of each test, nothing may be left.
 */
export type NativeKind = 'frame' | 'packet' | 'decoder' | 'encoder' | 'scaler' | 'other';

const live: Record<NativeKind, number> = { frame: 0, packet: 0, decoder: 0, encoder: 0, scaler: 0, other: 0 };

export function countOpened(kind: NativeKind): void {
  live[kind] += 1;
}

/** @throws {Error} when more is freed than was opened: a second free of the same thing is a bug that corrupts memory */
export function countFreed(kind: NativeKind): void {
  if (live[kind] === 0) throw new Error(`A native ${kind} was freed twice.`);
  live[kind] -= 1;
}

/** How many native objects this thread holds now. */
export function liveNativeObjects(): number {
  return Object.values(live).reduce((sum, count) => sum + count, 0);
}

/** The same by kind: what a failing test wants to know. */
export function liveNativeObjectsByKind(): Readonly<Record<NativeKind, number>> {
  return { ...live };
}
