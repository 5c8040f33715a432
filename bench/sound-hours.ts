/** Two hours of a room's sound on a clock that is turned by hand: what becomes of delay and memory under drift, loss, jitter, pauses, new sources, and people who come and go. */
import { fileURLToPath } from 'node:url';
import type { MemoryUse, SimulatedHours, SimulatedHoursOptions } from './sound-hours/simulated-room.js';
import type { Bench, BenchRow } from './support/bench.js';
import { childResult } from './support/child-result.js';

const runModule = fileURLToPath(new URL('./sound-hours/run-hours.js', import.meta.url));
const options: SimulatedHoursOptions = { minutes: 120, settledMinutes: 10, seed: 1 };
/** The collector is asked before memory is read. */
const nodeArguments = ['--expose-gc'];
const mostCreepMs = 10;
/** Network 20 to 50, a packet 20, the largest delay that playout grants above it 200. */
const mostDelayMs = 270;
/** Of two readings of the same room with the same people: pages that the collector has not given back. */
const mostGrownMegabytes = 8;

export const bench: Bench = {
  name: 'sound-hours',
  meaning: 'Two simulated hours through the real engine: clocks off by up to 300 ppm, 5 % loss in bursts, 30 ms jitter, delay spikes, DTX, new sources, people who come and go, rows of hearing, holds, chimes, noise suppression.',
  async run({ say }) {
    const startedMs = performance.now();
    const hours = await childResult<SimulatedHours>(runModule, options, nodeArguments);
    say(`${options.minutes} minutes in ${((performance.now() - startedMs) / 1000).toFixed(0)} s, ${hours.cpuUsPerTick.toFixed(0)} us of CPU a tick; ${hours.joins} people came, ${hours.faults} faults`);
    for (const { participantId, ppm, firstMs, lastMs, largestMs } of hours.senders) {
      say(`${participantId} at ${ppm} ppm: ${firstMs.toFixed(1)} ms in the first minute, ${lastMs.toFixed(1)} ms in the last, ${largestMs.toFixed(1)} ms at most`);
    }
    return rows(hours);
  },
};

function rows({ senders, heardMs, memory, nativeObjectsLeft, concealedShare, cpuUsPerTick, faults, moderation, merged, left }: SimulatedHours): readonly BenchRow[] {
  const figure = (name: string, value: number, unit: string, most: number | undefined, against = '-', againstValue?: number): BenchRow => ({
    figure: name, value, unit, against, againstValue, goal: most === undefined ? undefined : { most, isRatio: false }, doubt: '',
  });
  const grown = (of: (use: MemoryUse) => number): number => (of(memory.end) - of(memory.settled)) / 1e6;
  const worst = senders.reduce((a, b) => (Math.abs(b.lastMs - b.firstMs) > Math.abs(a.lastMs - a.firstMs) ? b : a));
  return [
    figure('delay after 2 h, by content', heardMs.last, 'ms', heardMs.first + mostCreepMs, 'after 1 min', heardMs.first),
    figure(`delay of the sender whose moved most (${worst.ppm} ppm)`, worst.lastMs, 'ms', worst.firstMs + mostCreepMs, 'after 1 min', worst.firstMs),
    figure('creep of any sender, either way', Math.abs(worst.lastMs - worst.firstMs), 'ms', mostCreepMs),
    figure('largest delay of any sender', Math.max(...senders.map(({ largestMs }) => largestMs)), 'ms', mostDelayMs),
    figure('heap grown since 10 min', grown(({ heapBytes }) => heapBytes), 'MB', mostGrownMegabytes, '-'),
    figure('RSS grown since 10 min', grown(({ rssBytes }) => rssBytes), 'MB', mostGrownMegabytes, '-'),
    figure('RSS at the end', memory.end.rssBytes / 1e6, 'MB', undefined, 'after 10 min', memory.settled.rssBytes / 1e6),
    figure('native objects left', nativeObjectsLeft, '', 0),
    figure('faults', faults, '', 0),
    figure('rows of hearing set and taken back', moderation.rows, '', undefined, 'other mixes left', left.groups),
    figure('holds and chimes', moderation.holds + moderation.chimes, '', undefined, 'sounds left', left.sounds),
    figure('mixes and sounds left of them', left.groups + left.sounds, '', 0),
    figure('noise suppression switched on and off', moderation.suppressions, '', undefined),
    figure('late packets joined', merged, '', undefined),
    figure('made up of what was said', 100 * concealedShare, '%', undefined),
    figure('CPU a tick of 20 ms', cpuUsPerTick, 'us', undefined),
  ];
}
