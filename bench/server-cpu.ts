/**
 * CPU of the whole server with 1, 4, 9 and 16 full participants, beside one bare `ffmpeg` that does the same media work without a network: as it runs by
 * itself, which is what the goals are about, and with one thread for each codec, which is the least that the work can cost.
 */
import { BareFfmpeg, canvas, type BareFfmpegOptions } from './support/bare-ffmpeg.js';
import { median, pause, type Bench, type BenchContext, type BenchRow } from './support/bench.js';
import { LoadProcess } from './support/load-process.js';
import { measureTreeCpu } from './support/process-tree.js';
import { ServerProcess } from './support/server-process.js';

interface Cost {
  /** CPU seconds per media second. */
  readonly cpu: number;
  /** Of the picture that came out. */
  readonly fps: number;
}

/** Participants, and how much of the bare ffmpeg's cost the server may have. */
const cases = [
  { participants: 1, mostRatio: undefined },
  { participants: 4, mostRatio: 1.25 },
  { participants: 9, mostRatio: 1.4 },
  { participants: 16, mostRatio: 1.4 },
] as const;
const speakers = 4;
/** Handshakes, first keyframes and the encoder's first guesses are over; buffers have found their depth. */
const settleSeconds = 5;
/** Below it the machine was too busy for the figure to mean anything. */
const leastFps = 28.5;

export const bench: Bench = {
  name: 'server-cpu',
  meaning: 'CPU seconds per media second of the whole server (clients not counted), 640x360@30 VP8 and Opus in, picture and own mix-minus back, 4 of them speaking.',
  async run(context) {
    const server = await ServerProcess.start();
    try {
      const rows: BenchRow[] = [];
      for (const { participants, mostRatio } of cases) rows.push(...(await compare(server, participants, mostRatio, context)));
      return rows;
    } finally {
      await server.stop();
    }
  },
};

async function compare(server: ServerProcess, participants: number, mostRatio: number | undefined, context: BenchContext): Promise<readonly BenchRow[]> {
  const ours: Cost[] = [];
  const others = { default: [] as Cost[], one: [] as Cost[] };
  for (let round = 0; round < context.rounds; round++) {
    // In turns, so that a machine that changes its mind (heat, neighbours) does so to all.
    ours.push(await measureServer(server, participants, `cpu-${participants}-${round}`, context.seconds));
    for (const threads of ['default', 'one'] as const) others[threads].push(await measureFfmpeg({ inputs: participants, speakers, threads }, context.seconds));
    context.say(`${participants} participants: server ${describe(ours.at(-1))}, ffmpeg ${describe(others.default.at(-1))}, ffmpeg with one thread each ${describe(others.one.at(-1))}`);
  }
  const row = (against: string, bare: readonly Cost[], most: number | undefined): BenchRow => {
    const lowestFps = Math.min(...[...ours, ...bare].map(({ fps }) => fps));
    return {
      figure: `${participants} full participant${participants === 1 ? '' : 's'}`,
      value: median(ours.map(({ cpu }) => cpu)),
      unit: 'CPU-s/s',
      against,
      againstValue: median(bare.map(({ cpu }) => cpu)),
      goal: most === undefined ? undefined : { most, isRatio: true },
      doubt: lowestFps < leastFps ? `only ${lowestFps.toFixed(1)} fps` : '',
    };
  };
  return [row('bare ffmpeg', others.default, mostRatio), row('the same, one thread a codec', others.one, undefined)];
}

async function measureServer(server: ServerProcess, participants: number, room: string, seconds: number): Promise<Cost> {
  const load = await LoadProcess.start({ url: server.url, room, publishers: participants, speakers, isFull: true });
  try {
    await pause(settleSeconds);
    load.takeSeconds('taking');
    const { cpu } = await measureTreeCpu(server.pid, seconds);
    const fps = load.takeSeconds('taking').map((figures) => figures.fps);
    return { cpu, fps: fps.length === 0 ? 0 : median(fps) };
  } finally {
    await load.stop();
    await server.closeRoom(room);
  }
}

async function measureFfmpeg(options: BareFfmpegOptions, seconds: number): Promise<Cost> {
  const ffmpeg = await BareFfmpeg.start(options);
  try {
    await pause(settleSeconds);
    const framesBefore = ffmpeg.frames;
    const { cpu, elapsedSeconds } = await measureTreeCpu(ffmpeg.pid, seconds);
    const fps = (ffmpeg.frames - framesBefore) / elapsedSeconds;
    // It leaves no frame out when it falls behind: what counts is what it got done.
    return { cpu: (cpu * canvas.fps) / fps, fps };
  } finally {
    await ffmpeg.stop();
  }
}

function describe(cost: Cost | undefined): string {
  return cost === undefined ? '-' : `${cost.cpu.toFixed(2)} (${cost.fps.toFixed(1)} fps)`;
}
