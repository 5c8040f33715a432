/** The network bench with Chromium as publisher and as listener: the same rows, the same link in the same places, and two pages wired straight. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PageBrowser } from '../test/support/page-browser.js';
import { formatTable } from './clients/load-table.js';
import { stallMs } from './network/chromium-client.js';
import { chromiumTurn, type ChromiumTurnResult } from './network/chromium-turn.js';
import { writeDeviceRecording } from './network/device-recording.js';
import type { LinkPlace } from './network/link-place.js';
import { goals, leastMeasureMs, rowsWithGoals } from './network/network-goals.js';
import { networkRows, type NetworkRow } from './network/network-rows.js';
import { median, type Bench, type BenchContext, type BenchRow } from './support/bench.js';
import { ServerProcess } from './support/server-process.js';

interface MeasuredTurns {
  readonly row: NetworkRow;
  readonly turns: Readonly<Record<LinkPlace, readonly ChromiumTurnResult[]>>;
}

type Figure = (turn: ChromiumTurnResult) => number;

/** As in the bench with libwebrtc: what is measured is the network. */
const environment = { TESSERA_CANVAS_WIDTH: '640', TESSERA_CANVAS_HEIGHT: '360' };
const places: readonly LinkPlace[] = ['straight', 'downstream', 'upstream'];
const against = 'straight';
const never = Number.POSITIVE_INFINITY;
/** Two pages and a room on two cores: no page may be slowed down because another one is looked at. */
const args = ['--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows'];

/** Straight, the one who answers tells his address, which the link stands before; without a camera of its own a page tells a name that only its browser knows. */
const disabledFeatures = ['WebRtcHideLocalIpsWithMdns'];

const columns: readonly { readonly head: string; readonly digits: number; readonly of: Figure }[] = [
  { head: 'frozen ms/min', digits: 0, of: (turn) => turn.freezeMsPerMinute },
  { head: 'longest ms', digits: 0, of: (turn) => turn.longestFreezeMs },
  { head: 'pictures/s', digits: 1, of: (turn) => turn.picturesPerSecond },
  { head: 'decoded/s', digits: 1, of: (turn) => turn.decodedPerSecond },
  { head: 'freezeCount', digits: 0, of: (turn) => turn.freezes },
  { head: 'freezes ms', digits: 0, of: (turn) => turn.frozenMs },
  { head: 'concealed %', digits: 1, of: (turn) => turn.concealedPercent },
  { head: 'picture back ms', digits: 0, of: (turn) => turn.pictureBackMs ?? never },
  { head: 'sent kbps', digits: 0, of: (turn) => turn.sentKbps },
  { head: 'listener: NACK', digits: 0, of: (turn) => turn.nacksOfListener },
  { head: 'listener: PLI', digits: 0, of: (turn) => turn.plisOfListener },
  { head: 'page stood still ms', digits: 0, of: (turn) => turn.stalledMs },
];

export const bench: Bench = {
  name: 'network-chromium',
  meaning: 'What Chromium sees and hears of Chromium when the network of one of them is bad (640x360@30 VP8, Opus), through a room and straight.',
  async run(context) {
    const folder = await mkdtemp(join(tmpdir(), 'tessera-devices-'));
    const server = await ServerProcess.start({ environment });
    const browser = await PageBrowser.launch({ devices: await writeDeviceRecording({ folder }), args, disabledFeatures });
    try {
      const measured: MeasuredTurns[] = [];
      const rows = networkRows(Math.max(leastMeasureMs, 1000 * context.seconds));
      for (const [index, row] of rows.entries()) {
        const turns = await measureRow(row, index, server.url.origin, browser, context);
        if (places.every((place) => turns[place].length > 0)) measured.push({ row, turns });
      }
      context.say('');
      for (const line of table(measured).split('\n')) context.say(line);
      return measured.flatMap((one) => [...benchRows(one, 'downstream'), ...benchRows(one, 'upstream')]);
    } finally {
      await browser.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function measureRow(row: NetworkRow, index: number, serverUrl: string, browser: PageBrowser, { rounds, isWanted, say }: BenchContext): Promise<MeasuredTurns['turns']> {
  const turns: Record<LinkPlace, ChromiumTurnResult[]> = { straight: [], downstream: [], upstream: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const place of places.filter((name) => isWanted(`${row.name}, ${name}`))) {
      const turn = await chromiumTurn({ browser, place, serverUrl, room: `chromium-${index}-${place}-${round}`, row, seed: 1 + index + 100 * round });
      turns[place].push(turn);
      say(`${row.name}, ${place}: ${columns.map(({ head, digits, of }) => `${head} ${written(of(turn), digits)}`).join('; ')}${turn.unreadPictures > 0 ? `; ${turn.unreadPictures} pictures without a number` : ''}`);
    }
  }
  return turns;
}

function middle({ turns }: MeasuredTurns, place: LinkPlace, of: Figure): number {
  return median(turns[place].map(of));
}

function table(measured: readonly MeasuredTurns[]): string {
  const lines = (['downstream', 'upstream'] as const).flatMap((place) => [
    [`${place} (straight)`],
    ...measured.map((one) => [one.row.name, ...columns.map(({ digits, of }) => `${written(middle(one, place, of), digits)} (${written(middle(one, against, of), digits)})`)]),
  ]);
  return formatTable([['', ...columns.map(({ head }) => head)], ...lines]);
}

function written(value: number, digits: number): string {
  return value === never ? 'never' : value.toFixed(digits);
}

function benchRows(measured: MeasuredTurns, place: 'downstream' | 'upstream'): readonly BenchRow[] {
  const { name } = measured.row;
  const stalledMs = Math.max(...[...measured.turns[place], ...measured.turns.straight].map((turn) => turn.stalledMs));
  const doubt = stalledMs > stallMs ? `a page stood still for ${stalledMs.toFixed(0)} ms` : '';
  const figure = (what: string, unit: string, of: Figure, most?: number): BenchRow => ({
    figure: `${place}, ${name}: ${what}`, value: middle(measured, place, of), unit, against, againstValue: middle(measured, against, of), goal: most === undefined ? undefined : { most, isRatio: false }, doubt,
  });
  const isLoss = name === rowsWithGoals.loss;
  return [
    figure('frozen', 'ms/min', (turn) => turn.freezeMsPerMinute, isLoss ? goals.freezeMsPerMinute : undefined),
    figure('longest freeze', 'ms', (turn) => turn.longestFreezeMs, name === rowsWithGoals.steps ? goals.longestFreezeMs : undefined),
    figure('pictures', '/s', (turn) => turn.picturesPerSecond),
    figure('concealed sound', '%', (turn) => turn.concealedPercent, isLoss ? goals.concealedPercent : undefined),
    ...(name === rowsWithGoals.blackOut ? [figure('picture back', 'ms', (turn) => turn.pictureBackMs ?? never, goals.backMs)] : []),
  ];
}
