/** Reads the options: defaults, then tessera.yaml, then TESSERA_* of the environment. Every mistake is told at once, none is passed over. */
import { readFileSync } from 'node:fs';
import { isMap, isScalar, parseDocument } from 'yaml';
import { findContradictions, optionTable, type Config } from './config.js';
import { envName, OptionMistake, type Option } from './config-option.js';

export class ConfigError extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`);
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}

export interface LoadedConfig {
  readonly config: Config;
  /** What is not wrong enough to refuse the start. */
  readonly warnings: readonly string[];
}

export interface ReadConfig extends LoadedConfig {
  /** Whatever is wrong: an option that is has its default in `config`, so that the others can be looked at further. */
  readonly mistakes: readonly string[];
}

/** Names the YAML file; it must be there then. */
const configPathEnv = 'TESSERA_CONFIG';
const defaultConfigPath = './tessera.yaml';

interface GivenValue {
  readonly value: unknown;
  /** For the mistake's text: where it is written. */
  readonly from: string;
}

const allOptions: readonly [string, Option<unknown>][] = Object.entries(optionTable);

/** @throws {ConfigError} */
export function loadConfig(env: NodeJS.ProcessEnv, readFile?: (path: string) => string | undefined): LoadedConfig {
  const { config, warnings, mistakes } = readConfig(env, readFile);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return { config, warnings };
}

export function readConfig(env: NodeJS.ProcessEnv, readFile: (path: string) => string | undefined = readFileIfThere): ReadConfig {
  const mistakes: string[] = [];
  const given = new Map<string, GivenValue>();
  readYaml(env[configPathEnv], readFile, given, mistakes);
  const warnings = readEnvironment(env, given);
  const values: Record<string, unknown> = {};
  for (const [name, option] of allOptions) {
    const found = given.get(option.key);
    values[name] = option.default;
    if (found === undefined) continue;
    try {
      values[name] = option.check(found.value);
    } catch (error) {
      if (!(error instanceof OptionMistake)) throw error;
      mistakes.push(`${found.from} ${error.message}`);
    }
  }
  // Each value is its option's default or has passed its check.
  const config = values as unknown as Config;
  mistakes.push(...findContradictions(config));
  return { config, warnings, mistakes };
}

function readYaml(path: string | undefined, readFile: (path: string) => string | undefined, given: Map<string, GivenValue>, mistakes: string[]): void {
  const isAskedFor = path !== undefined && path !== '';
  const file = isAskedFor ? path : defaultConfigPath;
  let text: string | undefined;
  try {
    text = readFile(file);
  } catch (error) {
    mistakes.push(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return;
  }
  if (text === undefined) {
    if (isAskedFor) mistakes.push(`${configPathEnv}: there is no file ${file}`);
    return;
  }
  const document = parseDocument(text, { prettyErrors: true });
  for (const error of document.errors) mistakes.push(`${file}: ${(error.message.split('\n')[0] ?? '').replace(/:$/, '')}`);
  if (document.errors.length === 0) collectYaml(document.contents, '', file, given, mistakes);
}

function collectYaml(node: unknown, prefix: string, file: string, given: Map<string, GivenValue>, mistakes: string[]): void {
  if (node === null || (isScalar(node) && node.value === null)) return;
  if (!isMap(node)) {
    mistakes.push(`${file}: ${prefix === '' ? 'the file' : prefix} must hold further keys, e.g. ${exampleOf(prefix)}`);
    return;
  }
  for (const { key, value } of node.items) {
    const path = `${prefix}${prefix === '' ? '' : '.'}${isScalar(key) ? String(key.value) : String(key)}`;
    if (allOptions.some(([, option]) => option.key === path)) given.set(path, { value: plain(value), from: `${file}: ${path}` });
    else if (allOptions.some(([, option]) => option.key.startsWith(`${path}.`))) collectYaml(value, path, file, given, mistakes);
    else mistakes.push(`${file}: there is no option ${path}`);
  }
}

/** `http: { host: "127.0.0.1" }`: YAML takes that on one line, too. */
function exampleOf(prefix: string): string {
  const [, option] = allOptions.find(([, { key }]) => key.startsWith(prefix === '' ? '' : `${prefix}.`)) ?? [];
  const [group = '', name = ''] = option?.key.split('.') ?? [];
  return `${group}: { ${name}: ${JSON.stringify(option?.default)} }`;
}

function plain(node: unknown): unknown {
  const isNode = typeof node === 'object' && node !== null && 'toJSON' in node && typeof node.toJSON === 'function';
  return isNode ? (node.toJSON as () => unknown)() : node;
}

/** An empty variable is one that is not set: compose files cannot say it otherwise. */
function readEnvironment(env: NodeJS.ProcessEnv, given: Map<string, GivenValue>): readonly string[] {
  const known = new Set([configPathEnv]);
  for (const [, option] of allOptions) {
    const own = envName(option.key);
    known.add(own);
    for (const name of option.otherEnv === undefined ? [own] : [own, option.otherEnv]) {
      const text = env[name];
      if (text === undefined || text === '') continue;
      given.set(option.key, { value: option.fromText(text), from: name });
      break;
    }
  }
  // Kubernetes and Docker links put TESSERA_PORT, TESSERA_SERVICE_HOST… beside a service of this name: strange variables are told, not refused.
  return Object.keys(env).filter((name) => name.startsWith('TESSERA_') && !known.has(name)).map((name) => `${name} is set, and there is no such option`);
}

function readFileIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
