/**
 * A room held against bad networks: one libwebrtc publisher, one libwebrtc listener, and a link (`network/link-emulator.ts`) in front of the listener,
 * then of the publisher; beside each, the same two clients wired straight with the same link between them.
 */
import { fileURLToPath } from 'node:url';
import { formatTable } from './clients/load-table.js';
import { networkRows, type NetworkRow } from './network/network-rows.js';
import type { LinkPlace, NetworkTurnOptions, NetworkTurnResult } from './network/network-turn.js';
import { median, type Bench, type BenchContext, type BenchRow } from './support/bench.js';
import { childResult } from './support/child-result.js';
import { ServerProcess } from './support/server-process.js';

const turnModule = fileURLToPath(new URL('./network/network-turn.js', import.meta.url));
/** The publisher's size: what is measured is the network, and both clients and the room share the machine. */
const environment = { TESSERA_CANVAS_WIDTH: '640', TESSERA_CANVAS_HEIGHT: '360' };
/** A black-out of 3 s and what comes after it. */
const leastMeasureMs = 8_000;
const places: readonly LinkPlace[] = ['straight', 'downstream', 'upstream'];
const against = 'straight';
/** At 10 % loss, and from the end of a black-out: what people hardly notice. */
const goals = { freezeMsPerMinute: 600, concealedPercent: 3, backMs: 1_500 } as const;
const rowsWithGoals = { loss: '10 % loss', blackOut: '3 s black-out' } as const;
/** Half of what counts as a freeze: more makes one where the network had none. */
const stallMs = 100;
const never = 'not back within 6 s';

interface MeasuredRow {
  readonly row: NetworkRow;
  readonly turns: Readonly<Record<LinkPlace, readonly NetworkTurnResult[]>>;
}

export const bench: Bench = {
  name: 'network',
  meaning: 'What a listener sees and hears of a publisher when the network of one of them is bad (640x360@30 VP8, Opus), and of the same publisher straight.',
  async run(context) {
    const server = await ServerProcess.start({ environment });
    try {
      const measured: MeasuredRow[] = [];
      const measureMs = Math.max(leastMeasureMs, 1000 * context.seconds);
      for (const [index, row] of networkRows(measureMs).entries()) {
        const one = await measureRow(row, index, measureMs, server.url.origin, context);
        // A row has something beside it, or is only said.
        if (places.every((place) => one.turns[place].length > 0)) measured.push(one);
      }
      context.say('');
      for (const line of summary(measured).split('\n')) context.say(line);
      return measured.flatMap((row) => [...benchRows(row, 'downstream'), ...benchRows(row, 'upstream')]);
    } finally {
      await server.stop();
    }
  },
};

async function measureRow(row: NetworkRow, index: number, measureMs: number, serverUrl: string, { rounds, isWanted, say }: BenchContext): Promise<MeasuredRow> {
  const turns: Record<LinkPlace, NetworkTurnResult[]> = { straight: [], downstream: [], upstream: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const place of places.filter((name) => isWanted(`${row.name}, ${name}`))) {
      const options: NetworkTurnOptions = {
        place, serverUrl, room: `network-${index}-${place}-${round}`, media: row.media, feedback: row.feedback,
        restingDelayMs: row.restingDelayMs, measureMs, faultsEndMs: row.faultsEndMs ?? measureMs, seed: 1 + index + 100 * round,
      };
      const turn = await childResult<NetworkTurnResult>(turnModule, options);
      turns[place].push(turn);
      say(`${row.name}, ${place}: ${describe(turn, place)}`);
    }
  }
  return { row, turns };
}

function describe(turn: NetworkTurnResult, place: LinkPlace): string {
  const { freezeMsPerMinute, longestFreezeMs, picturesPerSecond, concealedPercent, longestSilenceMs, pictureBackMs, soundBackMs, unreadPictures, connectionChanges, clients } = turn;
  const media = place === 'downstream' ? turn.link.down : turn.link.up;
  const back = (ms: number | undefined): string => (ms === undefined ? 'NEVER' : `${ms.toFixed(0)} ms`);
  return [
    `frozen ${freezeMsPerMinute.toFixed(0)} ms/min (longest ${longestFreezeMs.toFixed(0)})`,
    `${picturesPerSecond.toFixed(1)} pictures/s`,
    `concealed ${concealedPercent.toFixed(1)} %, longest silence ${longestSilenceMs.toFixed(0)} ms`,
    `back after ${back(pictureBackMs)} and ${back(soundBackMs)}`,
    `link: ${media.offered} offered, ${media.lost} lost, ${media.blackedOut} blacked out, ${media.droppedByQueue} dropped, ${media.duplicated} doubled, ${media.reordered} reordered, ${media.bytes} bytes`,
    `listener ${clients['nacksOfListener'] ?? 0} NACK ${clients['plisOfListener'] ?? 0} PLI, publisher got ${clients['nacksToPublisher'] ?? 0} and ${clients['plisToPublisher'] ?? 0}`,
    ...(turn.stalledMs > stallMs ? [`the clients stood still for ${turn.stalledMs.toFixed(0)} ms`] : []),
    ...(unreadPictures > 0 ? [`${unreadPictures} pictures without a number`] : []),
    ...connectionChanges,
  ].join('; ');
}

function middle(turns: readonly NetworkTurnResult[], of: (turn: NetworkTurnResult) => number): number {
  return median(turns.map(of));
}

function summary(measured: readonly MeasuredRow[]): string {
  const head = ['', 'frozen ms/min', 'longest ms', 'pictures/s', 'concealed %', 'silence ms', 'picture back ms', 'sound back ms'];
  const lines = (['downstream', 'upstream'] as const).flatMap((place) => [
    [`${place} (straight)`],
    ...measured.map(({ row, turns }) => {
      const cell = (of: (turn: NetworkTurnResult) => number, digits: number): string => [turns[place], turns.straight].map((some, index) => {
        const text = middle(some, of).toFixed(digits);
        return index === 0 ? text : `(${text})`;
      }).join(' ');
      return [
        row.name, cell((turn) => turn.freezeMsPerMinute, 0), cell((turn) => turn.longestFreezeMs, 0), cell((turn) => turn.picturesPerSecond, 1),
        cell((turn) => turn.concealedPercent, 1), cell((turn) => turn.longestSilenceMs, 0), cell(pictureBackMs, 0), cell((turn) => turn.soundBackMs ?? Number.POSITIVE_INFINITY, 0),
      ];
    }),
  ]);
  return formatTable([head, ...lines]);
}

function pictureBackMs(turn: NetworkTurnResult): number {
  return turn.pictureBackMs ?? Number.POSITIVE_INFINITY;
}

function benchRows({ row, turns }: MeasuredRow, place: 'downstream' | 'upstream'): readonly BenchRow[] {
  const isBack = turns[place].every((turn) => turn.pictureBackMs !== undefined && turn.soundBackMs !== undefined);
  const stalledMs = Math.max(...[...turns[place], ...turns.straight].map((turn) => turn.stalledMs));
  const doubt = isBack ? (stalledMs > stallMs ? `the clients stood still for ${stalledMs.toFixed(0)} ms` : '') : never;
  const figure = (name: string, unit: string, of: (turn: NetworkTurnResult) => number, most?: number): BenchRow => ({
    figure: `${place}, ${row.name}: ${name}`, value: middle(turns[place], of), unit, against, againstValue: middle(turns.straight, of),
    goal: most === undefined ? undefined : { most, isRatio: false }, doubt,
  });
  const isLossGoal = row.name === rowsWithGoals.loss;
  return [
    figure('frozen', 'ms/min', (turn) => turn.freezeMsPerMinute, isLossGoal ? goals.freezeMsPerMinute : undefined),
    figure('longest freeze', 'ms', (turn) => turn.longestFreezeMs),
    figure('pictures', '/s', (turn) => turn.picturesPerSecond),
    figure('concealed sound', '%', (turn) => turn.concealedPercent, isLossGoal ? goals.concealedPercent : undefined),
    ...(row.name === rowsWithGoals.blackOut ? [figure('picture back', 'ms', pictureBackMs, goals.backMs), figure('sound back', 'ms', (turn) => turn.soundBackMs ?? Number.POSITIVE_INFINITY, goals.backMs)] : []),
  ];
}
