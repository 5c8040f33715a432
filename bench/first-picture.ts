/** How long a viewer waits for the first picture of a running room of two: from the POST to the first decoded one that shows both people. */
import { fileURLToPath } from 'node:url';
import type { JoinsOptions, JoinTimes } from './first-picture/joins.js';
import type { Bench, BenchRow } from './support/bench.js';
import { childResult, percentile } from './support/child-result.js';
import { ServerProcess } from './support/server-process.js';

const joinsModule = fileURLToPath(new URL('./first-picture/joins.js', import.meta.url));
const mostMs = 700;
/** In each round. */
const joins = 5;
const parts = ['http', 'connect', 'picture', 'content'] as const;
const partNames: Readonly<Record<(typeof parts)[number], string>> = {
  http: 'HTTP',
  connect: 'ICE and DTLS',
  picture: 'keyframe and first decode',
  content: 'until both are seen',
};

export const bench: Bench = {
  name: 'first-picture',
  meaning: 'Milliseconds from the WHEP POST of a libwebrtc client to the first decoded picture of the right content; a room of two publishers, somebody watching or nobody.',
  async run({ rounds, say }) {
    const server = await ServerProcess.start();
    try {
      const rows: BenchRow[] = [];
      for (const isWatched of [true, false]) {
        const times: JoinTimes[] = [];
        for (let round = 0; round < rounds; round += 1) {
          const options: JoinsOptions = { serverUrl: server.url.origin, room: `first-picture-${isWatched ? 'watched' : 'alone'}-${round}`, joins, isWatched };
          times.push(...(await childResult<JoinTimes[]>(joinsModule, options)));
        }
        const room = isWatched ? 'a room that others watch' : 'a room that nobody watched';
        const shares = parts.map((part) => `${partNames[part]} ${percentile(times.map((time) => time[part]), 0.5).toFixed(0)}`);
        say(`${room}, ${times.length} joins, medians: ${shares.join(', ')} ms`);
        const totals = times.map((time) => parts.reduce((sum, part) => sum + time[part], 0));
        rows.push(
          { figure: `${room}, p50`, value: percentile(totals, 0.5), unit: 'ms', against: '-', againstValue: undefined, goal: { most: mostMs, isRatio: false }, doubt: '' },
          { figure: `${room}, p95`, value: percentile(totals, 0.95), unit: 'ms', against: '-', againstValue: undefined, goal: undefined, doubt: '' },
        );
      }
      return rows;
    } finally {
      await server.stop();
    }
  },
};
