/** `npm run docs`: writes the tables of the documents and the sample configuration from the code. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DOCUMENTS, fillTables, SAMPLE_CONFIG_PATH, sampleConfig } from './tables.js';

/** From dist/scripts. */
const rootFolder = fileURLToPath(new URL('../../', import.meta.url));

for (const { path, tables } of DOCUMENTS) {
  const file = rootFolder + path;
  if (!existsSync(file)) {
    console.error(`${path} is not there`);
    continue;
  }
  writeFileSync(file, fillTables(readFileSync(file, 'utf8'), tables));
  console.log(`${path}: ${tables.join(', ')}`);
}
writeFileSync(rootFolder + SAMPLE_CONFIG_PATH, sampleConfig());
console.log(SAMPLE_CONFIG_PATH);
