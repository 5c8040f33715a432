/** The command line of `npm run load`: what it takes, and one clear sentence for each mistake. Pure. */
import { parseArgs } from 'node:util';
import type { PictureCodec } from './media-recipes.js';

export interface LoadOptions {
  readonly url: URL;
  readonly room: string;
  readonly publishers: number;
  readonly listeners: number;
  readonly speakers: number;
  readonly seconds: number;
  readonly codec: PictureCodec;
  readonly isFull: boolean;
  readonly isPage: boolean;
  readonly isLarge: boolean;
  readonly isJson: boolean;
}

/** What the user typed cannot be meant; the message says what can. */
export class UsageMistake extends Error {}

interface OptionText {
  readonly name: string;
  readonly value?: string;
  readonly default?: string;
  readonly meaning: string;
}

/** Beyond it one process's own work would be what is measured. */
const mostClients = 1000;
const longestSeconds = 86_400;

const optionTexts: readonly OptionText[] = [
  { name: 'url', value: 'URL', default: 'http://127.0.0.1:8080', meaning: 'Origin of the server.' },
  { name: 'room', value: 'NAME', default: 'load', meaning: 'Room to join; it is made by the first publisher.' },
  { name: 'publishers', value: 'N', default: '4', meaning: 'Clients that send 640x360 at 30 fps and Opus over WHIP.' },
  { name: 'listeners', value: 'N', default: '0', meaning: 'Clients that take the mix over WHEP.' },
  { name: 'speakers', value: 'N', default: '4', meaning: 'How many of the publishers speak; the others are silent.' },
  { name: 'full', meaning: 'Each publisher takes his own mix, without himself, too.' },
  { name: 'page', meaning: 'Publishers join as the page does and send what the server asks for, of 1280x720.' },
  { name: 'large', meaning: 'Publishers over WHIP send 1280x720.' },
  { name: 'codec', value: 'vp8|h264', default: 'vp8', meaning: 'Video both ways.' },
  { name: 'seconds', value: 'N', default: '30', meaning: 'How long everyone stays once all have joined; 0: until Ctrl+C.' },
  { name: 'json', meaning: 'Each second, and at the end, one line of JSON in place of text.' },
  { name: 'help', meaning: 'This text.' },
];

export const usage = [
  'Puts load on a Tessera room with WebRTC clients that send prepared files and count what they get, so that they cost little themselves.',
  '',
  'usage: npm run load -- [options]',
  '',
  ...optionTexts.map(({ name, value, default: given, meaning }) => `  ${`--${name}${value === undefined ? '' : ` ${value}`}`.padEnd(20)} ${meaning}${given === undefined ? '' : ` Default: ${given}.`}`),
  '',
  'Exit code 0 when everyone got sound and picture, 1 when somebody did not, 2 for a mistake in the options.',
].join('\n');

/** @returns `help` when that was asked for. @throws {UsageMistake} */
export function parseLoadOptions(args: readonly string[]): LoadOptions | 'help' {
  const values = parseWords(args);
  if (values['help'] === true) return 'help';
  const text = (name: string): string => {
    const value = values[name];
    return typeof value === 'string' ? value : (optionTexts.find((option) => option.name === name)?.default ?? '');
  };
  const publishers = wholeNumber('publishers', text('publishers'), 0, mostClients);
  const listeners = wholeNumber('listeners', text('listeners'), 0, mostClients);
  if (publishers + listeners === 0) throw new UsageMistake('With --publishers 0 and --listeners 0 there is nothing to do.');
  const codec = text('codec').toLowerCase();
  if (codec !== 'vp8' && codec !== 'h264') throw new UsageMistake(`--codec is vp8 or h264, not "${text('codec')}".`);
  if (values['page'] === true && (values['full'] === true || values['large'] === true)) throw new UsageMistake('--page goes with neither --full nor --large.');
  return {
    url: parseUrl(text('url')),
    room: text('room'),
    publishers,
    listeners,
    speakers: wholeNumber('speakers', text('speakers'), 0, mostClients),
    seconds: wholeNumber('seconds', text('seconds'), 0, longestSeconds),
    codec,
    isFull: values['full'] === true,
    isPage: values['page'] === true,
    isLarge: values['large'] === true,
    isJson: values['json'] === true,
  };
}

function parseWords(args: readonly string[]): Readonly<Record<string, unknown>> {
  const options = Object.fromEntries(optionTexts.map(({ name, value }) => [name, { type: value === undefined ? ('boolean' as const) : ('string' as const) }]));
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node's own text is clear, but adds a second sentence about its own quoting rules.
    const [sentence = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw new UsageMistake(`${sentence.replace(/\.$/, '')}. --help lists the options.`);
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most) throw new UsageMistake(`--${name} is a whole number from ${least} to ${most}, not "${text}".`);
  return number;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new UsageMistake(`--url is an address like http://127.0.0.1:8080, not "${text}".`);
  return url;
}
