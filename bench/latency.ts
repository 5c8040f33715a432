/**
 * What Tessera adds to the way from a camera and a microphone to a screen and a loudspeaker: the same two libwebrtc clients, in turns connected straight
 * and through a room. A picture carries its number, the sound chirps; both are found again in the receiver's sinks.
 */
import { fileURLToPath } from 'node:url';
import { readServerShare, type Stage } from './latency/server-share.js';
import type { TurnOptions, TurnResult } from './latency/turn.js';
import { median, type Bench, type BenchRow } from './support/bench.js';
import { childResult, percentile } from './support/child-result.js';
import { ServerProcess } from './support/server-process.js';

interface Delays {
  readonly p50: number;
  readonly p95: number;
}

interface Turns {
  readonly straight: TurnResult[];
  readonly mixed: TurnResult[];
}

const turnModule = fileURLToPath(new URL('./latency/turn.js', import.meta.url));
/** Of a picture and of sound, at the median; of sound at the 95th percentile. */
const mostAddedMs = { picture: 100, sound: 45, soundP95: 70 } as const;
/** A bad WLAN's. What a room may take longer over it than the clients themselves do: one more packet to wait for. */
const jitterMs = 30;
const mostGrowthBeyondMs = 20;
/** Bandwidth estimates, jitter buffers and lip sync have found their values by then. */
const warmUpMs = 6_000;
/** Straight pictures are steady to a few ms; where these are not, the machine had no time for the clients themselves. */
const steadyMs = 25;
/** Of the pictures sent; fewer were neither seen late nor on time, and would not be in the figure. */
const leastSeenShare = 0.9;

export const bench: Bench = {
  name: 'latency',
  meaning: 'Milliseconds from the camera and the microphone of one libwebrtc client to the sinks of another, 640x360@30 VP8 and Opus: through a room and straight.',
  async run({ seconds, rounds, isWanted, say }) {
    const server = await ServerProcess.start();
    try {
      const calm: Turns = { straight: [], mixed: [] };
      const jittering: Turns = { straight: [], mixed: [] };
      for (let round = 0; round < rounds; round += 1) {
        for (const [turns, jitter] of [[calm, 0], [jittering, jitterMs]] as const) {
          if (jitter > 0 && !isWanted('jitter')) continue;
          const options: TurnOptions = { serverUrl: undefined, room: `latency-${round}-${jitter}`, warmUpMs, measureMs: seconds * 1000, jitterMs: jitter };
          turns.straight.push(await childResult<TurnResult>(turnModule, options));
          turns.mixed.push(await childResult<TurnResult>(turnModule, { ...options, serverUrl: server.url.origin }));
          say(`${jitter === 0 ? '' : `${jitter} ms jitter, `}straight ${describe(turns.straight.at(-1))}; through the room ${describe(turns.mixed.at(-1))}`);
        }
      }
      sayWhere(calm.straight, calm.mixed, say);
      return [
        ...rows('picture', (turn) => turn.videoMs, calm, { p50: mostAddedMs.picture, p95: undefined }),
        ...rows('sound', (turn) => turn.soundMs, calm, { p50: mostAddedMs.sound, p95: mostAddedMs.soundP95 }),
        ...(jittering.mixed.length === 0 ? [] : jitterRows(calm, jittering)),
      ];
    } finally {
      await server.stop();
    }
  },
};

function delaysOf(values: readonly number[]): Delays {
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95) };
}

function describe(turn: TurnResult | undefined): string {
  if (turn === undefined) return '';
  const show = ({ p50, p95 }: Delays): string => `${p50.toFixed(0)} (p95 ${p95.toFixed(0)})`;
  return `picture ${show(delaysOf(turn.videoMs))}, sound ${show(delaysOf(turn.soundMs))} ms`;
}

function middle(turns: readonly TurnResult[], of: (turn: TurnResult) => readonly number[], share: keyof Delays): number {
  return median(turns.map((turn) => delaysOf(of(turn))[share]));
}

function rows(medium: string, of: (turn: TurnResult) => readonly number[], { straight, mixed }: Turns, most: Readonly<Record<keyof Delays, number | undefined>>): readonly BenchRow[] {
  const against = 'the same clients, straight';
  const compare = (share: keyof Delays): BenchRow => ({
    figure: `${medium}, ${share}`, value: middle(mixed, of, share), unit: 'ms', against, againstValue: middle(straight, of, share), goal: undefined, doubt: '',
  });
  const added = (share: keyof Delays): BenchRow => ({
    figure: `${medium}, added at ${share}`,
    value: middle(mixed, of, share) - middle(straight, of, share),
    unit: 'ms',
    against: '-',
    againstValue: undefined,
    goal: most[share] === undefined ? undefined : { most: most[share], isRatio: false },
    doubt: findDoubt(straight, mixed),
  });
  return [compare('p50'), compare('p95'), added('p50'), added('p95')];
}

/** By how much the same jitter makes both ways longer. */
function jitterRows(calm: Turns, jittering: Turns): readonly BenchRow[] {
  const sound = (turn: TurnResult): readonly number[] => turn.soundMs;
  const growth = (way: keyof Turns, share: keyof Delays): number => middle(jittering[way], sound, share) - middle(calm[way], sound, share);
  return (['p50', 'p95'] as const).flatMap((share) => [
    { figure: `sound under ${jitterMs} ms jitter, ${share}`, value: middle(jittering.mixed, sound, share), unit: 'ms', against: 'the same clients, straight', againstValue: middle(jittering.straight, sound, share), goal: undefined, doubt: '' },
    {
      figure: `sound, grown by ${jitterMs} ms jitter at ${share}`, value: growth('mixed', share), unit: 'ms', against: 'straight', againstValue: growth('straight', share),
      goal: { most: growth('straight', share) + mostGrowthBeyondMs, isRatio: false }, doubt: findDoubt(calm.straight, calm.mixed),
    },
  ]);
}

function findDoubt(straight: readonly TurnResult[], mixed: readonly TurnResult[]): string {
  const seenShare = median(mixed.map(({ videoMs, picturesSent }) => videoMs.length / picturesSent));
  if (seenShare < leastSeenShare) return `only ${Math.round(seenShare * 100)} % of the pictures were seen`;
  const spread = median(straight.map(({ videoMs }) => delaysOf(videoMs).p95 - delaysOf(videoMs).p50));
  return spread > steadyMs ? 'the clients had too little of the machine' : '';
}

/** Means of the last eight seconds of each turn, the middle one of all turns; stages of the server one after the other. */
function sayWhere(straight: readonly TurnResult[], mixed: readonly TurnResult[], say: (line: string) => void): void {
  const shares = mixed.map(({ server }) => readServerShare(server));
  const stages = (of: 'picture' | 'sound'): readonly Stage[] =>
    (shares[0]?.[of] ?? []).map(({ name }, index) => ({ name, ms: median(shares.map((share) => share[of][index]?.ms ?? 0)) }));
  for (const of of ['picture', 'sound'] as const) {
    const all = stages(of);
    const totalMs = all.reduce((sum, { ms }) => sum + ms, 0);
    say(`${of} in the server ${totalMs.toFixed(1)} ms: ${all.map(({ name, ms }) => `${name} ${ms.toFixed(1)}`).join(', ')}`);
  }
  const client = (turns: readonly TurnResult[], of: keyof TurnResult['client']): string => {
    const told = turns.map((turn) => turn.client[of]).filter((value) => value !== undefined);
    return told.length === 0 ? '?' : median(told).toFixed(1);
  };
  for (const [name, turns] of [['straight', straight], ['through the room', mixed]] as const) {
    say(
      `clients ${name}: encode ${client(turns, 'encodeMs')}, pacer ${client(turns, 'sendMs')}, picture's jitter buffer ${client(turns, 'videoJitterBufferMs')}, ` +
        `decode ${client(turns, 'decodeMs')}, sound's jitter buffer ${client(turns, 'soundJitterBufferMs')} ms; concealed ${client(turns, 'soundConcealedMs')} ms of sound`,
    );
  }
  const concealedMs = shares.reduce((sum, share) => sum + share.concealedMs, 0);
  const overtaken = shares.reduce((sum, share) => sum + share.picturesOvertaken, 0);
  say(`the server concealed ${concealedMs} ms of sound and left out ${overtaken} pictures in ${mixed.length} turns, their beginnings included`);
}
