/** Memory of the whole server with 16 full participants, beside that of one bare `ffmpeg` with the same work. */
import { BareFfmpeg } from './support/bare-ffmpeg.js';
import { pause, type Bench } from './support/bench.js';
import { LoadProcess } from './support/load-process.js';
import { treeMemory } from './support/process-tree.js';
import { ServerProcess } from './support/server-process.js';

const participants = 16;
const speakers = 4;
const mostMegabytes = 300;
/** Buffers are full and the collector has run: what grows after that would be a leak, and is looked for elsewhere. */
const settleSeconds = 15;
const megabyte = 1e6;

export const bench: Bench = {
  name: 'memory',
  meaning: 'Proportional set size (PSS) of all processes of the server, with the warm spare, at 16 full participants.',
  async run({ say }) {
    const server = await ServerProcess.start();
    try {
      const load = await LoadProcess.start({ url: server.url, room: 'memory', publishers: participants, speakers, isFull: true });
      await pause(settleSeconds);
      const processes = await treeMemory(server.pid);
      for (const { command, pssBytes } of processes) say(`${Math.round(pssBytes / megabyte)} MB  ${command}`);
      await load.stop();
      const ffmpeg = await BareFfmpeg.start({ inputs: participants, speakers, threads: 'default' });
      await pause(settleSeconds);
      const bare = await treeMemory(ffmpeg.pid);
      await ffmpeg.stop();
      return [
        {
          figure: `${participants} full participants`,
          value: total(processes),
          unit: 'MB',
          against: 'bare ffmpeg',
          againstValue: total(bare),
          goal: { most: mostMegabytes, isRatio: false },
          doubt: '',
        },
      ];
    } finally {
      await server.stop();
    }
  },
};

function total(processes: readonly { readonly pssBytes: number }[]): number {
  return processes.reduce((sum, { pssBytes }) => sum + pssBytes, 0) / megabyte;
}
