/** `npm run bench [-- name…]`: runs the benchmarks one after another, prints one table, and keeps the rows in bench/results/. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable } from './clients/load-table.js';
import { isReached, ratioOf, type Bench, type BenchRow } from './support/bench.js';

/** In the order of the table; loaded only when asked for, since each brings its own tools. */
const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  'server-cpu': () => import('./server-cpu.js'),
  memory: () => import('./memory.js'),
  'listener-cost': () => import('./listener-cost.js'),
  latency: () => import('./latency.js'),
  'first-picture': () => import('./first-picture.js'),
  srtp: () => import('./srtp.js'),
  'upstream-need': () => import('./upstream-need.js'),
  speakers: () => import('./speakers.js'),
  network: () => import('./network.js'),
  'speech-quality': () => import('./speech-quality.js'),
  'sound-hours': () => import('./sound-hours.js'),
  'network-chromium': () => import('./network-chromium.js'),
  'network-others': () => import('./network-others.js'),
  'sound-levels': () => import('./sound-levels.js'),
};
/** Not among those that run when none is named: each takes minutes, `network` a quarter of an hour a round. */
const onlyByName: ReadonlySet<string> = new Set(['network', 'network-chromium', 'network-others', 'speech-quality', 'sound-hours']);
const usualNames = Object.keys(benches).filter((name) => !onlyByName.has(name));

const resultsFolder = fileURLToPath(new URL('../../bench/results/', import.meta.url));
const defaults = { seconds: 10, rounds: 3 } as const;
const usage = [
  'usage: npm run bench [-- name…] [--seconds N] [--rounds N] [--only TEXT]',
  '',
  `  names       ${usualNames.join(', ')}; none: all of these`,
  `              ${[...onlyByName].join(', ')}: only by name; network takes three quarters of an hour with 3 rounds, network-others as long`,
  `  --seconds   of media for each measurement; default ${defaults.seconds}`,
  `  --rounds    measurements of each figure, of which the median counts; default ${defaults.rounds}`,
  '  --only      measurements whose name has this in it, such as "1 Mbps, downstream" of network; may be given several times',
].join('\n');

interface Wishes {
  readonly names: readonly string[];
  readonly seconds: number;
  readonly rounds: number;
  readonly only: readonly string[];
}

function readWishes(): Wishes {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: 'string' }, rounds: { type: 'string' }, only: { type: 'string', multiple: true }, help: { type: 'boolean' } } });
    if (values.help === true) {
      console.log(usage);
      process.exit(0);
    }
    const unknown = positionals.find((name) => !Object.hasOwn(benches, name));
    if (unknown !== undefined) throw new Error(`There is no benchmark "${unknown}"; there are ${Object.keys(benches).join(', ')}.`);
    return { names: positionals.length > 0 ? positionals : usualNames, seconds: count('seconds', values.seconds), rounds: count('rounds', values.rounds), only: values.only ?? [] };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function count(name: keyof typeof defaults, text: string | undefined): number {
  if (text === undefined) return defaults[name];
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--${name} is a whole number from 1 to 9999, not "${text}".`);
  return Number(text);
}

function describeGoal(row: BenchRow): string {
  if (row.goal === undefined) return '';
  const verdict = isReached(row);
  return `<= ${row.goal.most}${row.goal.isRatio ? ' x' : ` ${row.unit}`}${verdict === undefined ? '' : verdict ? ' yes' : ' NO'}`;
}

function describeRow(name: string, row: BenchRow): string[] {
  const { figure, value, unit, against, againstValue, doubt } = row;
  const ratio = ratioOf(row);
  return [`${name}: ${figure}`, format(value), againstValue === undefined ? '' : format(againstValue), unit, against, ratio === undefined ? '' : ratio.toFixed(2), describeGoal(row), doubt];
}

/** Three digits that matter. */
function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const { names, seconds, rounds, only } = readWishes();
const results: { readonly name: string; readonly meaning: string; readonly rows: readonly BenchRow[] }[] = [];
for (const name of names) {
  const { bench } = await (benches[name] as () => Promise<{ readonly bench: Bench }>)();
  console.log(`${name}: ${bench.meaning}`);
  results.push({ name, meaning: bench.meaning, rows: await bench.run({ seconds, rounds, isWanted: (measurement) => only.length === 0 || only.some((text) => measurement.includes(text)), say: (line) => console.log(`  ${line}`) }) });
}
const table = results.flatMap(({ name, rows }) => rows.map((row) => describeRow(name, row)));
console.log(`\n${formatTable([['', 'measured', 'other', 'unit', 'held against', 'ratio', 'goal', ''], ...table])}`);

const [cpu] = cpus();
const report = { date: new Date().toISOString(), machine: { cpu: cpu?.model, cores: cpus().length, node: process.version }, seconds, rounds, results };
await mkdir(resultsFolder, { recursive: true });
await writeFile(join(resultsFolder, `${report.date.replace(/[:.]/g, '-')}.json`), `${JSON.stringify(report, null, 2)}\n`);
await writeFile(join(resultsFolder, 'latest.json'), `${JSON.stringify(report, null, 2)}\n`);
