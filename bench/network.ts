/**
 * A room held against bad networks: one libwebrtc publisher, one libwebrtc listener, and a link (`network/link-emulator.ts`) in front of the listener,
 * then of the publisher; for comparison the same two clients wired straight with the same link between them. What others in the room miss: `network-others.ts`.
 */
import { fileURLToPath } from 'node:url';
import type { LinkPlace } from './network/link-place.js';
import { goals, leastMeasureMs, rowsWithGoals } from './network/network-goals.js';
import { networkRows, type NetworkRow } from './network/network-rows.js';
import { firstPictureMs, fullPictureMs, middle, networkTable, pictureBackMs, soundBackMs, type MeasuredRow, type TurnFigure } from './network/network-table.js';
import type { NetworkTurnOptions, NetworkTurnResult } from './network/network-turn.js';
import { toldToPublisher } from './network/room-stats.js';
import type { Bench, BenchContext, BenchRow } from './support/bench.js';
import { childResult } from './support/child-result.js';
import { ServerProcess } from './support/server-process.js';

const turnModule = fileURLToPath(new URL('./network/network-turn.js', import.meta.url));
/** The publisher's size: what is measured is the network, and both clients and the room share the machine. */
const environment = { TESSERA_CANVAS_WIDTH: '640', TESSERA_CANVAS_HEIGHT: '360' };
const places: readonly LinkPlace[] = ['straight', 'downstream', 'upstream'];
const against = 'straight';
/** Half of what counts as a freeze: more makes one where the network had none. */
const stallMs = 100;
const never = 'not back within 6 s';

export const bench: Bench = {
  name: 'network',
  meaning: 'What a listener sees and hears of a publisher when the network of one of them is bad (640x360@30 VP8, Opus), and of the same publisher straight.',
  async run(context) {
    const server = await ServerProcess.start({ environment });
    try {
      const measured: MeasuredRow[] = [];
      for (const [index, row] of networkRows(Math.max(leastMeasureMs, 1000 * context.seconds)).entries()) {
        const one = await measureRow(row, index, server.url.origin, context);
        // A row has something beside it, or is only said.
        if (places.every((place) => one.turns[place].length > 0)) measured.push(one);
      }
      context.say('');
      for (const line of networkTable(measured).split('\n')) context.say(line);
      return measured.flatMap((row) => [...benchRows(row, 'downstream'), ...benchRows(row, 'upstream')]);
    } finally {
      await server.stop();
    }
  },
};

async function measureRow(row: NetworkRow, index: number, serverUrl: string, { rounds, isWanted, say }: BenchContext): Promise<MeasuredRow> {
  const turns: Record<LinkPlace, NetworkTurnResult[]> = { straight: [], downstream: [], upstream: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const place of places.filter((name) => isWanted(`${row.name}, ${name}`))) {
      const options: NetworkTurnOptions = {
        place, serverUrl, room: `network-${index}-${place}-${round}`, media: row.media, feedback: row.feedback,
        restingDelayMs: row.restingDelayMs, measureMs: row.measureMs, faultsEndMs: row.faultsEndMs ?? row.measureMs, limitFallsMs: row.limitFallsMs, hasNewcomer: row.faultsEndMs === undefined, seed: 1 + index + 100 * round,
      };
      const turn = await childResult<NetworkTurnResult>(turnModule, options);
      turns[place].push(turn);
      say(`${row.name}, ${place}: ${describe(turn, place, row)}`);
    }
  }
  return { row, turns };
}

function describe(turn: NetworkTurnResult, place: LinkPlace, row: NetworkRow): string {
  const { freezeMsPerMinute, longestFreezeMs, picturesPerSecond, concealedPercent, longestSilenceMs, pictureBackMs, soundBackMs, unreadPictures, connectionChanges, clients } = turn;
  const media = place === 'downstream' ? turn.link.down : turn.link.up;
  const back = (ms: number | undefined): string => (ms === undefined ? 'NEVER' : `${ms.toFixed(0)} ms`);
  return [
    `frozen ${freezeMsPerMinute.toFixed(0)} ms/min (longest ${longestFreezeMs.toFixed(0)})`,
    `${picturesPerSecond.toFixed(1)} pictures/s`,
    `concealed ${concealedPercent.toFixed(1)} %, longest silence ${longestSilenceMs.toFixed(0)} ms`,
    `PSNR ${turn.psnrDb === undefined ? '-' : turn.psnrDb.toFixed(1)} dB`,
    ...(row.faultsEndMs === undefined ? [`a newcomer's first picture after ${back(turn.firstPictureMs)}`] : []),
    ...(row.limitFallsMs === undefined ? [] : [`full again after ${back(turn.fullPictureMs)}`]),
    `back after ${back(pictureBackMs)} and ${back(soundBackMs)}`,
    `link: ${media.offered} offered, ${media.lost} lost, ${media.blackedOut} blacked out, ${media.droppedByQueue} dropped, ${media.duplicated} doubled, ${media.reordered} reordered, ${media.bytes} bytes`,
    `listener ${clients['nacksOfListener'] ?? 0} NACK ${clients['plisOfListener'] ?? 0} PLI, publisher got ${clients['nacksToPublisher'] ?? 0} and ${clients['plisToPublisher'] ?? 0}`,
    `waited ${((clients['waitedMs'] ?? 0) / Math.max(1, clients['sentPackets'] ?? 0)).toFixed(0)} ms in the publisher's pacer`,
    ...(place === 'upstream' ? [describeTold(turn.server)] : []),
    ...(turn.stalledMs > stallMs ? [`the clients stood still for ${turn.stalledMs.toFixed(0)} ms`] : []),
    ...(unreadPictures > 0 ? [`${unreadPictures} pictures without a number`] : []),
    ...connectionChanges,
  ].join('; ');
}

function describeTold(stats: unknown): string {
  const { brakes, worthwhileBps } = toldToPublisher(stats);
  return `braked ${brakes} times, told at the end that ${worthwhileBps === undefined ? 'any' : (worthwhileBps / 1000).toFixed(0)} kbps are worth sending`;
}

function benchRows(measured: MeasuredRow, place: 'downstream' | 'upstream'): readonly BenchRow[] {
  const { row, turns } = measured;
  const isBack = turns[place].every((turn) => turn.pictureBackMs !== undefined && turn.soundBackMs !== undefined);
  const stalledMs = Math.max(...[...turns[place], ...turns.straight].map((turn) => turn.stalledMs));
  const doubt = isBack ? (stalledMs > stallMs ? `the clients stood still for ${stalledMs.toFixed(0)} ms` : '') : never;
  /** None where the row does not measure it. */
  const figure = (name: string, unit: string, of: TurnFigure, most?: number): readonly BenchRow[] => {
    const value = middle(measured, place, of);
    const againstValue = middle(measured, 'straight', of);
    return value === undefined ? [] : [{ figure: `${place}, ${row.name}: ${name}`, value, unit, against, againstValue, goal: most === undefined ? undefined : { most, isRatio: false }, doubt }];
  };
  const isLoss = row.name === rowsWithGoals.loss;
  const isBlackOut = row.name === rowsWithGoals.blackOut;
  return [
    ...figure('frozen', 'ms/min', (turn) => turn.freezeMsPerMinute, isLoss ? goals.freezeMsPerMinute : undefined),
    ...figure('longest freeze', 'ms', (turn) => turn.longestFreezeMs, row.limitFallsMs === undefined ? undefined : goals.longestFreezeMs),
    ...figure('pictures', '/s', (turn) => turn.picturesPerSecond),
    ...figure('PSNR', 'dB', (turn) => turn.psnrDb),
    ...figure('concealed sound', '%', (turn) => turn.concealedPercent, isLoss ? goals.concealedPercent : undefined),
    ...figure('first picture of a newcomer', 'ms', firstPictureMs),
    ...figure('full picture again', 'ms', fullPictureMs, goals.fullPictureMs),
    ...(isBlackOut ? [...figure('picture back', 'ms', pictureBackMs, goals.backMs), ...figure('sound back', 'ms', soundBackMs, goals.backMs)] : []),
  ];
}
