/**
 * The network bench's own table: each row's figures, beside them in brackets those of the same clients wired straight; `-` where a row does not measure one.
 *
 * - PSNR: of the pictures that were shown, each against the sent one of its number; a freeze costs nothing here. Straight, the picture is coded once, through a room twice.
 * - first picture: for one who joins after the measured time through a link as bad; not where the faults end before.
 * - back: from the end of the faults. full again: the best tier (downstream), else 0.8 of the bitrate from before the fall.
 */
import { formatTable } from '../clients/load-table.js';
import { median } from '../support/bench.js';
import type { LinkPlace } from './link-place.js';
import type { NetworkRow } from './network-rows.js';
import type { NetworkTurnResult } from './network-turn.js';

export interface MeasuredRow {
  readonly row: NetworkRow;
  readonly turns: Readonly<Record<LinkPlace, readonly NetworkTurnResult[]>>;
}

/** One figure of a turn: infinite for what never came, undefined for what this row does not measure. */
export type TurnFigure = (turn: NetworkTurnResult, row: NetworkRow) => number | undefined;

interface Column {
  readonly head: string;
  readonly digits: number;
  readonly of: TurnFigure;
}

const never = Number.POSITIVE_INFINITY;

export const pictureBackMs = (turn: NetworkTurnResult): number => turn.pictureBackMs ?? never;
export const soundBackMs = (turn: NetworkTurnResult): number => turn.soundBackMs ?? never;
export const firstPictureMs: TurnFigure = (turn, row) => (row.faultsEndMs === undefined ? (turn.firstPictureMs ?? never) : undefined);
export const fullPictureMs: TurnFigure = (turn, row) => (row.limitFallsMs === undefined ? undefined : (turn.fullPictureMs ?? never));

const columns: readonly Column[] = [
  { head: 'frozen ms/min', digits: 0, of: (turn) => turn.freezeMsPerMinute },
  { head: 'longest ms', digits: 0, of: (turn) => turn.longestFreezeMs },
  { head: 'pictures/s', digits: 1, of: (turn) => turn.picturesPerSecond },
  { head: 'PSNR dB', digits: 1, of: (turn) => turn.psnrDb },
  { head: 'concealed %', digits: 1, of: (turn) => turn.concealedPercent },
  { head: 'silence ms', digits: 0, of: (turn) => turn.longestSilenceMs },
  { head: 'first picture ms', digits: 0, of: firstPictureMs },
  { head: 'picture back ms', digits: 0, of: pictureBackMs },
  { head: 'sound back ms', digits: 0, of: soundBackMs },
  { head: 'full again ms', digits: 0, of: fullPictureMs },
];

/** The median of the turns; undefined where the row does not measure it. */
export function middle({ row, turns }: MeasuredRow, place: LinkPlace, of: TurnFigure): number | undefined {
  const values = turns[place].map((turn) => of(turn, row));
  const known = values.filter((value) => value !== undefined);
  return known.length < values.length ? undefined : median(known);
}

export function networkTable(measured: readonly MeasuredRow[]): string {
  const head = ['', ...columns.map((column) => column.head)];
  const lines = (['downstream', 'upstream'] as const).flatMap((place) => [
    [`${place} (straight)`],
    ...measured.map((one) => [
      one.row.name,
      ...columns.map(({ digits, of }) => `${written(middle(one, place, of), digits)} (${written(middle(one, 'straight', of), digits)})`),
    ]),
  ]);
  return formatTable([head, ...lines]);
}

function written(value: number | undefined, digits: number): string {
  if (value === undefined) return '-';
  return value === never ? 'never' : value.toFixed(digits);
}
