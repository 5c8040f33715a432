/** What one more listener costs the server: the slope of its CPU over their number, for they share every encode. */
import { median, pause, type Bench, type BenchContext, type BenchRow } from './support/bench.js';
import { LoadProcess } from './support/load-process.js';
import { measureTreeCpu } from './support/process-tree.js';
import { ServerProcess } from './support/server-process.js';

interface Measurement {
  readonly listeners: number;
  readonly cpu: number;
  /** Of one listener. */
  readonly packetsPerSecond: number;
  readonly fps: number;
}

/** 0 is no place to begin: the first one starts the encode. */
const listenerCounts = [1, 10, 30] as const;
const publishers = 4;
const settleSeconds = 4;
/** Below it the machine was too busy: an encode left out saves more than ten listeners cost. */
const leastFps = 28.5;
/** RTP payload of a full packet of ours, near enough to tell packets from kilobits. */
const payloadBytes = 1180;
/** mediasoup 3, 16 people who all get each other (240 streams of 600 kbps and sound, about 114 packets a second each): 0.28 CPU-s a second on this kind of machine. */
const mediasoupUsPerPacket = (0.28 * 1e6) / (240 * 114);

export const bench: Bench = {
  name: 'listener-cost',
  meaning: 'Milliseconds of the server\'s CPU per second for one more WHEP listener of a room of 4.',
  async run(context) {
    const server = await ServerProcess.start();
    try {
      const slopes: number[] = [];
      const packets: number[] = [];
      let lowestFps = Number.POSITIVE_INFINITY;
      for (let round = 0; round < context.rounds; round++) {
        const measured: Measurement[] = [];
        for (const listeners of listenerCounts) measured.push(await measure(server, listeners, `listeners-${round}-${listeners}`, context));
        slopes.push(slope(measured));
        packets.push(...measured.map(({ packetsPerSecond }) => packetsPerSecond));
        lowestFps = Math.min(lowestFps, ...measured.map(({ fps }) => fps));
      }
      return rows(median(slopes) * 1000, median(packets), lowestFps < leastFps ? `only ${lowestFps.toFixed(1)} fps` : '');
    } finally {
      await server.stop();
    }
  },
};

function rows(milliseconds: number, packetsPerSecond: number, doubt: string): readonly BenchRow[] {
  return [
    { figure: 'one more listener', value: milliseconds, unit: 'CPU-ms/s', against: '-', againstValue: undefined, goal: undefined, doubt },
    { figure: 'of that, each packet', value: (milliseconds * 1000) / packetsPerSecond, unit: 'us', against: 'mediasoup, measured elsewhere', againstValue: mediasoupUsPerPacket, goal: undefined, doubt },
  ];
}

async function measure(server: ServerProcess, listeners: number, room: string, { seconds, say }: BenchContext): Promise<Measurement> {
  const load = await LoadProcess.start({ url: server.url, room, publishers, listeners });
  try {
    await pause(settleSeconds);
    load.takeSeconds('listening');
    const { cpu } = await measureTreeCpu(server.pid, seconds);
    const figures = load.takeSeconds('listening');
    const kbps = median(figures.map((second) => second.kbps));
    const fps = median(figures.map((second) => second.fps));
    say(`${listeners} listeners: ${cpu.toFixed(3)} CPU-s/s at ${Math.round(kbps)} kbps and ${fps.toFixed(1)} fps each`);
    return { listeners, cpu, fps, packetsPerSecond: (kbps * 1000) / 8 / payloadBytes + median(figures.map((second) => second.audioPacketsPerSecond)) };
  } finally {
    await load.stop();
    await server.closeRoom(room);
  }
}

/** Least squares. */
function slope(measured: readonly Measurement[]): number {
  const meanListeners = measured.reduce((sum, { listeners }) => sum + listeners, 0) / measured.length;
  const meanCpu = measured.reduce((sum, { cpu }) => sum + cpu, 0) / measured.length;
  const covariance = measured.reduce((sum, { listeners, cpu }) => sum + (listeners - meanListeners) * (cpu - meanCpu), 0);
  return covariance / measured.reduce((sum, { listeners }) => sum + (listeners - meanListeners) ** 2, 0);
}
