/**
 * The inputs kept for each parser, one a file: `corpus/<parser>/<first digits of its SHA-256>`, found by the fuzzer because each reached something new, and
 * `corpus/<parser>/fault-<what it was>`, which once broke something.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootFolder } from '../support/root-folder.js';

const corpusFolder = join(rootFolder, 'test/fuzz/corpus');

export interface CorpusFile {
  readonly name: string;
  readonly input: Buffer;
}

export function readCorpus(parser: string): CorpusFile[] {
  const folder = join(corpusFolder, parser);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, input: readFileSync(join(folder, name)) }));
}

/** Those with a name of their own stay: each was a fault once. */
export function dropFromCorpus(parser: string, { name }: CorpusFile): void {
  if (/^[0-9a-f]{12}$/.test(name)) rmSync(join(corpusFolder, parser, name));
}

/** @param prefix `fault-` for what breaks something; it is to be given a name that says what. */
export function keepInCorpus(parser: string, input: Buffer, prefix = ''): string {
  const folder = join(corpusFolder, parser);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${prefix}${createHash('sha256').update(input).digest('hex').slice(0, 12)}`);
  writeFileSync(path, input);
  return path;
}
