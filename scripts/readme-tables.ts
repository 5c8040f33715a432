/** `npm run docs`: writes the tables of the documents and the sample configuration from the code. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedDocuments, fillTables, sampleConfigPath, sampleConfig } from './tables.js';

/** From dist/scripts. */
const rootFolder = fileURLToPath(new URL('../../', import.meta.url));

for (const { path, tables } of generatedDocuments) {
  const file = rootFolder + path;
  if (!existsSync(file)) {
    console.error(`${path} is not there`);
    continue;
  }
  writeFileSync(file, fillTables(readFileSync(file, 'utf8'), tables));
  console.log(`${path}: ${tables.join(', ')}`);
}
writeFileSync(rootFolder + sampleConfigPath, sampleConfig());
console.log(sampleConfigPath);
