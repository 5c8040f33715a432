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

const turnModule = fileURLToPath(new URL('./latency/turn.js', import.meta.url));
const mostAddedMs = 100;
/** Bandwidth estimates, jitter buffers and lip sync have found their values by then. */
const warmUpMs = 6_000;
/** Straight pictures are steady to a few ms; where these are not, the machine had no time for the clients themselves. */
const steadyMs = 25;
/** Of the pictures sent; fewer were neither seen late nor on time, and would not be in the figure. */
const leastSeenShare = 0.9;

export const bench: Bench = {
  name: 'latency',
  meaning: 'Milliseconds from the camera and the microphone of one libwebrtc client to the sinks of another, 640x360@30 VP8 and Opus: through a room and straight.',
  async run({ seconds, rounds, say }) {
    const server = await ServerProcess.start();
    try {
      const straight: TurnResult[] = [];
      const mixed: TurnResult[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const options: TurnOptions = { serverUrl: undefined, room: `latency-${round}`, warmUpMs, measureMs: seconds * 1000 };
        straight.push(await childResult<TurnResult>(turnModule, options));
        mixed.push(await childResult<TurnResult>(turnModule, { ...options, serverUrl: server.url.origin }));
        say(`straight ${describe(straight.at(-1))}; through the room ${describe(mixed.at(-1))}`);
      }
      sayWhere(straight, mixed, say);
      return [...rows('picture', (turn) => turn.videoMs, straight, mixed), ...rows('sound', (turn) => turn.soundMs, straight, mixed)];
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

function rows(medium: string, of: (turn: TurnResult) => readonly number[], straight: readonly TurnResult[], mixed: readonly TurnResult[]): readonly BenchRow[] {
  const middle = (turns: readonly TurnResult[], share: keyof Delays): number => median(turns.map((turn) => delaysOf(of(turn))[share]));
  const against = 'the same clients, straight';
  const compare = (share: keyof Delays): BenchRow => ({
    figure: `${medium}, ${share}`, value: middle(mixed, share), unit: 'ms', against, againstValue: middle(straight, share), goal: undefined, doubt: '',
  });
  const added: BenchRow = {
    figure: `${medium}, added at p50`,
    value: middle(mixed, 'p50') - middle(straight, 'p50'),
    unit: 'ms',
    against: '-',
    againstValue: undefined,
    goal: { most: mostAddedMs, isRatio: false },
    doubt: findDoubt(straight, mixed),
  };
  return [compare('p50'), compare('p95'), added];
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
