// Searches for inputs that break a parser: npm run fuzz [-- parser…] [--seconds N] [--seed N]
// What is needed to reach all the code that was reached goes to test/fuzz/corpus/<parser>, what breaks something too, as fault-…; the tests replay all of it.
import { parseArgs } from 'node:util';
import { connectionTargets } from '../test/fuzz/connection-targets.js';
import { dropFromCorpus, keepInCorpus, readCorpus } from '../test/fuzz/corpus.js';
import { distil, fuzz } from '../test/fuzz/fuzzer.js';
import { mediaTargets } from '../test/fuzz/media-targets.js';

const targets = [...mediaTargets, ...connectionTargets];
const usage = `usage: npm run fuzz [-- parser…] [--seconds N, for each; default 20] [--seed N]\n  parsers: ${targets.map(({ name }) => name).join(', ')}; none: all of these`;
/** Whose blocks count: ours that parse, not the tests and not werift. */
const ours = /\/dist\/(src|mixer)\/(?!peer\/werift\.js)|\/sdp-transform\//;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' }, help: { type: 'boolean' } } });
const unknown = positionals.find((wanted) => !targets.some(({ name }) => name === wanted));
const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
if (values.help === true || unknown !== undefined || !(seconds > 0) || !Number.isInteger(seed)) {
  console.error(unknown === undefined ? usage : `There is no parser "${unknown}".\n${usage}`);
  process.exit(values.help === true ? 0 : 2);
}

let faults = 0;
for (const target of targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  const endMs = performance.now() + seconds * 1000;
  const counts = fuzz({
    target,
    seed,
    seeds: [...target.seeds(), ...readCorpus(target.name).map(({ input }) => input)],
    isOurs: (url) => ours.test(url),
    isOver: () => performance.now() > endMs,
    nowMs: () => performance.now(),
    onNew: (input) => keepInCorpus(target.name, input),
    onFault: (input, error) => console.log(`${keepInCorpus(target.name, input, 'fault-')}\n  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
  });
  faults += counts.faults;
  const corpus = readCorpus(target.name).filter(({ name }) => !name.startsWith('fault-'));
  const needed = new Set(distil(target, [...target.seeds(), ...corpus.map(({ input }) => input)], (url) => ours.test(url)));
  for (const file of corpus.filter(({ input }) => !needed.has(input))) dropFromCorpus(target.name, file);
  for (const input of needed) keepInCorpus(target.name, input);
  console.log(`${target.name}: ${counts.inputs} inputs, ${counts.kept} reached something new, ${needed.size} kept, ${counts.faults} faults`);
}
process.exit(faults === 0 ? 0 : 1);
