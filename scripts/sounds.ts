/** `npm run sounds`: writes the files of `sounds/` that Tessera brings along. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeChimes } from './chimes.js';
import { makeWaveFile } from './wave-file.js';

/** From dist/scripts. */
const folder = fileURLToPath(new URL('../../sounds/', import.meta.url));

mkdirSync(folder, { recursive: true });
for (const { file, sampleRateHz, samples } of makeChimes()) {
  writeFileSync(folder + file, makeWaveFile({ sampleRateHz, channels: [samples] }));
  console.log(`sounds/${file}`);
}
