/** Where the milliseconds go inside the server, by its own gauges (`GET /api/rooms/:room/stats`): one participant who sends, one viewer who listens. */

export interface Stage {
  readonly name: string;
  readonly ms: number;
}

export interface ServerShare {
  readonly picture: readonly Stage[];
  readonly sound: readonly Stage[];
  /** What quality was paid for it, since the room was opened. */
  readonly concealedMs: number;
  readonly picturesOvertaken: number;
}

/** Of the limiter (`peak-limiter.ts`) and of libopus's look-ahead at 48 kHz (312 samples). */
const limiterMs = 3;
const opusLookAheadMs = 6.5;

/** @throws {Error} where the statistics have another shape than this file knows. */
export function readServerShare(stats: unknown): ServerShare {
  const input = at(stats, 'mixer', 'video', 'inputs', 0);
  const output = at(stats, 'mixer', 'video', 'outputs', 0);
  const [sound] = Object.values(at(stats, 'mixer', 'audio', 'participants') as object) as unknown[];
  const viewer = Object.values(at(stats, 'sessions') as object).find((session) => hasPicture(session)) as unknown;
  const meanMs = (from: unknown, ...path: readonly (string | number)[]): number => numberAt(from, ...path, 'meanUs') / 1000;
  const sinceCapture = (stage: string): number => meanMs(input, 'sinceCaptureUs', stage);
  const sinceTick = (stage: string): number => meanMs(output, 'sinceTickUs', stage);
  return {
    picture: [
      { name: 'last packet to mixer thread', ms: sinceCapture('received') - sinceCapture('arrived') },
      { name: 'decode', ms: sinceCapture('decoded') - sinceCapture('received') },
      { name: 'wait for its sound and for the tick', ms: sinceCapture('shown') - sinceCapture('decoded') },
      { name: 'draw', ms: sinceTick('drawn') },
      { name: 'encode', ms: sinceTick('encoded') - sinceTick('drawn') },
      { name: 'packetise, protect, send', ms: meanMs(viewer, 'sinceTickUs', 'video') - sinceTick('encoded') },
    ],
    sound: [
      { name: 'playout buffer', ms: numberAt(sound, 'waitingUs') / 1000 },
      { name: 'limiter', ms: limiterMs },
      { name: 'Opus look-ahead', ms: opusLookAheadMs },
      { name: 'mix, encode, send', ms: meanMs(viewer, 'sinceTickUs', 'audio') },
    ],
    concealedMs: numberAt(sound, 'concealedMs'),
    picturesOvertaken: numberAt(input, 'overtaken'),
  };
}

function hasPicture(session: unknown): boolean {
  return at(session, 'sinceTickUs', 'video') !== undefined;
}

function at(from: unknown, ...path: readonly (string | number)[]): unknown {
  let value = from;
  for (const step of path) value = typeof value === 'object' && value !== null ? (value as Readonly<Record<string | number, unknown>>)[step] : undefined;
  return value;
}

function numberAt(from: unknown, ...path: readonly (string | number)[]): number {
  const value = at(from, ...path);
  if (typeof value !== 'number') throw new Error(`the room's statistics have no ${path.join('.')}`);
  return value;
}
