/**
 * What it costs that the room is larger, when each publisher is asked for just what his tile shows: CPU of the whole server with 4, 9, 16 and 25 publishers that
 * all have a camera of 1280x720, join as the page does and follow the server's wishes, and one listener. Beside it the same people over WHIP without simulcast
 * or REMB, who send 1280x720 whatever is shown of them.
 */
import { median, pause, type Bench, type BenchContext, type BenchRow } from './support/bench.js';
import { LoadProcess } from './support/load-process.js';
import { measureTreeCpu } from './support/process-tree.js';
import { ServerProcess } from './support/server-process.js';

interface Measured {
  /** CPU seconds per media second. */
  readonly cpu: number;
  /** Of the mix, as the listener counts it. */
  readonly fps: number;
  /** All publishers together. */
  readonly upstreamKbps: number;
}

type Way = 'by need' | 'all of it';

const sizes = [4, 9, 16, 25] as const;
/** 9 people who send everything are as much as a machine of two cores bears. */
const mostOfAll = 9;
/** Of the cost of four. */
const mostRatio = 1.6;
const speakers = 4;
/** Joins, and the 2 s after which less is asked for; then keyframes and playout buffers settle. */
const settleSeconds = 7;
/** Below it the machine was too busy for the figure to mean anything. */
const leastFps = 28.5;

export const bench: Bench = {
  name: 'upstream-need',
  meaning: 'CPU seconds per media second of the whole server (clients not counted): publishers with cameras of 1280x720@30, 4 of them speaking, and one listener.',
  async run(context) {
    const server = await ServerProcess.start();
    const measured = new Map<string, Measured[]>();
    try {
      for (let round = 0; round < context.rounds; round++) {
        // In turns, so that a machine that changes its mind (heat, neighbours) does so to all.
        for (const publishers of sizes) await measure(server, publishers, 'by need', round, context, measured);
        for (const publishers of sizes.filter((count) => count <= mostOfAll)) await measure(server, publishers, 'all of it', round, context, measured);
      }
    } finally {
      await server.stop();
    }
    return makeRows(measured);
  },
};

function makeRows(measured: ReadonlyMap<string, readonly Measured[]>): readonly BenchRow[] {
  const of = (publishers: number, way: Way): readonly Measured[] => measured.get(`${publishers} ${way}`) ?? [];
  const cpu = (publishers: number, way: Way): number => median(of(publishers, way).map((one) => one.cpu));
  const row = (publishers: number, way: Way, against: string, againstValue: number | undefined, most?: number): BenchRow => {
    const lowestFps = Math.min(...of(publishers, way).map(({ fps }) => fps));
    const upstream = `${(median(of(publishers, way).map(({ upstreamKbps }) => upstreamKbps)) / 1000).toFixed(1)} Mbps up`;
    return {
      figure: `${publishers} publishers, ${way}`,
      value: cpu(publishers, way),
      unit: 'CPU-s/s',
      against,
      againstValue,
      goal: most === undefined ? undefined : { most, isRatio: true },
      doubt: lowestFps < leastFps ? `${upstream}; only ${lowestFps.toFixed(1)} fps` : upstream,
    };
  };
  const [fewest] = sizes;
  return [
    ...sizes.map((publishers) => row(publishers, 'by need', `${fewest} publishers`, publishers === fewest ? undefined : cpu(fewest, 'by need'), publishers === sizes.at(-1) ? mostRatio : undefined)),
    ...sizes.filter((publishers) => publishers <= mostOfAll).map((publishers) => row(publishers, 'all of it', 'by need', cpu(publishers, 'by need'))),
  ];
}

async function measure(server: ServerProcess, publishers: number, way: Way, round: number, { seconds, say }: BenchContext, measured: Map<string, Measured[]>): Promise<void> {
  const room = `need-${publishers}-${way === 'by need' ? 'need' : 'all'}-${round}`;
  const load = await LoadProcess.start({ url: server.url, room, publishers, listeners: 1, speakers, isPage: way === 'by need', isLarge: way === 'all of it' });
  try {
    await pause(settleSeconds);
    load.takeSeconds('listening');
    const { cpu } = await measureTreeCpu(server.pid, seconds);
    const figures = load.takeAll();
    const medianOf = (group: 'listening' | 'publishing', read: (one: (typeof figures)[number]) => number): number => median(figures.filter((one) => one.group === group).map(read));
    const result: Measured = { cpu, fps: medianOf('listening', ({ fps }) => fps), upstreamKbps: publishers * medianOf('publishing', ({ kbps }) => kbps) };
    const key = `${publishers} ${way}`;
    measured.set(key, [...(measured.get(key) ?? []), result]);
    say(`${publishers} publishers, ${way}: ${result.cpu.toFixed(2)} CPU-s/s, ${(result.upstreamKbps / 1000).toFixed(1)} Mbps up, ${result.fps.toFixed(1)} fps`);
  } finally {
    await load.stop();
    await server.closeRoom(room);
  }
}
