/**
 * `node dist/bench/speakers/write-traces.js`: makes the small traces which `test/src/room/speaker-traces.test` judges, one of each kind of conversation in which a simpler rule goes wrong.
 * Needs espeak-ng; the tests need only the files.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { conversationKinds } from './conversation-kinds.js';
import { storeTrace } from './level-trace.js';
import { recordTrace } from './record-trace.js';
import { voiceNames, speakPhrases } from './spoken-phrases.js';

/** A few turns: of three people 8 kB. */
const seconds = 40;
const people = 3;
const seed = 60;
const wanted: ReadonlySet<string> = new Set(['mm-hm', 'interruptions', 'coughs, doors, typing', 'echo at -20 dB', 'all of it, 8 people']);

const folder = new URL('../../../test/src/room/speaker-traces/', import.meta.url);
const voices = await speakPhrases(voiceNames);
const troubled = conversationKinds.filter(({ name }) => wanted.has(name));
for (const [place, kind] of troubled.entries()) {
  const trace = recordTrace({ ...kind, people }, voices, seconds, seed + place);
  const path = fileURLToPath(new URL(`${kind.name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/-$/, '')}.json`, folder));
  await writeFile(path, `${JSON.stringify(storeTrace(trace))}\n`);
  console.log(path);
}
