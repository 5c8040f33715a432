/**
 * What everybody else in a room misses while the network of one person is bad: pictures of the stream of a viewer, and of the tiles in it. The room is small and
 * slow, so that the machine keeps up, and before each bad time there is as long a good one: what is missed there is the machine's.
 */
import { fileURLToPath } from 'node:url';
import { networkRows } from './network/network-rows.js';
import type { Missed, OthersTurnOptions, OthersTurnResult } from './network/others-turn.js';
import type { Bench, BenchContext, BenchRow } from './support/bench.js';
import { childResult } from './support/child-result.js';
import { ServerProcess } from './support/server-process.js';

const turnModule = fileURLToPath(new URL('./network/others-turn.js', import.meta.url));
const places = ['downstream', 'upstream'] as const;

interface MeasuredRow {
  readonly name: string;
  readonly turns: readonly OthersTurnResult[];
}

export const bench: Bench = {
  name: 'network-others',
  meaning: 'Pictures that a viewer on a good network misses while the network of another viewer, then of one of two publishers, is bad (640x360@15), beside those that he misses when none is.',
  async run(context) {
    const server = await ServerProcess.start();
    try {
      const measured: MeasuredRow[] = [];
      for (const [index, row] of networkRows(1000 * context.seconds).entries()) {
        if (!context.isWanted(row.name)) continue;
        const turns: OthersTurnResult[] = [];
        for (let round = 0; round < context.rounds; round += 1) {
          const options: OthersTurnOptions = {
            serverUrl: server.url.origin, room: `others-${index}-${round}`, media: row.media, feedback: row.feedback, restingDelayMs: row.restingDelayMs, measureMs: row.measureMs, seed: 1 + index + 100 * round,
          };
          const turn = await childResult<OthersTurnResult>(turnModule, options);
          turns.push(turn);
          context.say(`${row.name}: downstream ${describe(turn.downstream)}; upstream ${describe(turn.upstream)}; before each ${turn.calm.map(describe).join(' and ')}`);
        }
        measured.push({ name: row.name, turns });
      }
      return benchRows(measured);
    } finally {
      await server.stop();
    }
  },
};

function describe({ stream, ticks, tiles }: Missed): string {
  return `${stream} of the stream, ${tiles} of tiles, ${ticks} ticks`;
}

const missedOf = ({ stream, ticks, tiles }: Missed): number => stream + ticks + tiles;

/** All rounds of a row together: one picture in any of them is one too many. */
function total(turns: readonly OthersTurnResult[], of: (turn: OthersTurnResult) => number): number {
  return turns.reduce((sum, turn) => sum + of(turn), 0);
}

function benchRows(measured: readonly MeasuredRow[]): readonly BenchRow[] {
  return measured.flatMap(({ name, turns }) =>
    places.map((place, index): BenchRow => {
      const againstValue = total(turns, ({ calm }) => missedOf(calm[index] as Missed));
      return { figure: `${place}, ${name}: pictures that others miss`, value: total(turns, (turn) => missedOf(turn[place])), unit: '', against: 'nobody has a bad network', againstValue, goal: { most: againstValue, isRatio: false }, doubt: '' };
    }),
  );
}
