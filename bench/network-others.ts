/**
 * What everybody else in a room misses while the network of one person is bad: pictures of the stream of a viewer, and of the tiles in it. The room is small and
 * slow, so that the machine keeps up, and before each bad time there is as long a good one: what is missed there is the machine's.
 */
import { fileURLToPath } from 'node:url';
import { networkRows } from './network/network-rows.js';
import type { Missed, OthersTurnOptions, OthersTurnResult } from './network/others-turn.js';
import type { Bench, BenchRow } from './support/bench.js';
import { childResult } from './support/child-result.js';
import { ServerProcess } from './support/server-process.js';

const turnModule = fileURLToPath(new URL('./network/others-turn.js', import.meta.url));
const places = ['downstream', 'upstream'] as const;
/** Half of what is between two pictures of a camera. */
const stallMs = 67;

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
          context.say(`${row.name}: ${places.map((place) => `${place} ${describe(turn[place].bad)} (before it ${describe(turn[place].calm)})`).join('; ')}`);
        }
        measured.push({ name: row.name, turns });
      }
      return benchRows(measured);
    } finally {
      await server.stop();
    }
  },
};

function describe({ stream, ticks, tiles, lowered, longestPauseMs, stalledMs }: Missed): string {
  const more = [...(lowered > 0 ? [`${lowered / 2} s of a lower tier`] : []), ...(stalledMs > stallMs ? [`clients stood still for ${stalledMs.toFixed(0)} ms`] : [])];
  return [`${stream} of the stream`, `${tiles} of tiles`, `${ticks} ticks`, `longest pause ${longestPauseMs.toFixed(0)} ms`, ...more].join(', ');
}

function total(all: readonly Missed[]): number {
  return all.reduce((sum, { stream, ticks, tiles, lowered }) => sum + stream + ticks + tiles + lowered, 0);
}

function benchRows(measured: readonly MeasuredRow[]): readonly BenchRow[] {
  return places.flatMap((place) => {
    const row = (name: string, turns: readonly OthersTurnResult[], hasGoal: boolean): BenchRow => {
      const [calm, bad] = [turns.map((turn) => turn[place].calm), turns.map((turn) => turn[place].bad)];
      const stalledMs = Math.max(...[...calm, ...bad].map((missed) => missed.stalledMs));
      return {
        figure: `${place}, ${name}: pictures that others miss`, value: total(bad), unit: '', against: 'just before', againstValue: total(calm),
        goal: hasGoal ? { most: total(calm), isRatio: false } : undefined, doubt: stalledMs > stallMs ? `the clients stood still for ${stalledMs.toFixed(0)} ms` : '',
      };
    };
    return [...measured.map(({ name, turns }) => row(name, turns, true)), row('all of these', measured.flatMap(({ turns }) => turns), false)];
  });
}
