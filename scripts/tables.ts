/** What the documents say of options, errors and reasons, written from the tables in code. `npm run docs` puts it in; a test holds the documents against it. */
import { optionTable } from '../src/config.js';
import { envName, type Option } from '../src/config-option.js';
import { errorTable } from '../src/errors.js';
import { closeCodes } from '../src/signalling/close-codes.js';
import { closedReasons } from '../src/signalling/closed-reasons.js';

const options: readonly Option<unknown>[] = Object.values(optionTable);

/** Marker name -> lines between `<!-- name:start -->` and `<!-- name:end -->`. */
export const tableWriters: Readonly<Record<string, () => string>> = {
  options: () =>
    table(
      ['In `tessera.yaml`', 'Environment', 'Default', 'Takes', 'Meaning'],
      options.map((option) => [
        code(option.key),
        [envName(option.key), ...(option.otherEnv === undefined ? [] : [option.otherEnv])].map(code).join(', '),
        `${shownDefault(option)}${option.unit === '' ? '' : ` ${option.unit}`}`,
        option.accepts,
        option.meaning,
      ]),
    ),
  errors: () => table(['Code', 'Status', 'Meaning'], Object.entries(errorTable).map(([name, { status, meaning }]) => [code(name), String(status), meaning])),
  reasons: () => table(['`reason`', '`rejoin`', '`afterMs`', 'Meaning'], Object.entries(closedReasons).map(([name, { rejoin, afterMs, meaning }]) => [code(name), String(rejoin), String(afterMs), meaning])),
  closeCodes: () => table(['Code', 'Name', 'From a client', 'Meaning'], Object.entries(closeCodes).map(([number, { name, isLoss, meaning }]) => [code(number), name, isLoss ? 'lost: may resume' : 'left', meaning])),
};

/** The documents that have tables, and which. */
export const generatedDocuments: readonly { readonly path: string; readonly tables: readonly string[] }[] = [
  { path: 'README.md', tables: ['options', 'errors'] },
  { path: 'docs/http.md', tables: ['errors'] },
  { path: 'docs/signalling.md', tables: ['reasons', 'closeCodes'] },
];

export const sampleConfigPath = 'tessera.yaml';

/** The text with every table of it written anew. @throws {Error} when it lacks the markers of one */
export function fillTables(text: string, tables: readonly string[]): string {
  let filled = text;
  for (const name of tables) {
    const start = `<!-- ${name}:start -->`;
    const end = `<!-- ${name}:end -->`;
    const from = filled.indexOf(start);
    const to = filled.indexOf(end);
    if (from < 0 || to < from) throw new Error(`the markers ${start} and ${end} are missing`);
    filled = `${filled.slice(0, from)}${start}\n${tableWriters[name]?.() ?? ''}\n${filled.slice(to)}`;
  }
  return filled;
}

/** tessera.yaml: every option with its default, commented. */
export function sampleConfig(): string {
  const lines = ['# Every option of Tessera with its default. An environment variable of the name in brackets has precedence.', '# Made by `npm run docs` from src/config.ts; the values may be changed, the server never writes here.'];
  let section = '';
  for (const option of options) {
    const [name = '', key = ''] = option.key.split('.');
    if (name !== section) lines.push('', `${name}:`);
    section = name;
    lines.push(`  # ${option.meaning} [${envName(option.key)}]`, `  # ${option.accepts}${option.unit === '' ? '' : `, in ${option.unit}`}`, `  ${key}: ${yamlValue(option.default)}`);
  }
  return `${lines.join('\n')}\n`;
}

function yamlValue(value: unknown): string {
  return JSON.stringify(value);
}

function shownDefault({ default: value }: Option<unknown>): string {
  if (value === '' || (Array.isArray(value) && value.length === 0)) return 'empty';
  return code(Array.isArray(value) ? value.join(',') : String(value));
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n');
}
