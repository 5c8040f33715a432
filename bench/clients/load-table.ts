/** The words and tables of `npm run load`. Pure. */
import type { GroupReport } from './crowd-report.js';

const groupTitles: Readonly<Record<GroupReport['group'], string>> = { publishing: 'publishers', taking: 'own mix', listening: 'listeners' };
const columnGap = '  ';
/** Names enough to go and look; the count is there anyway. */
const shownNames = 5;

/** Columns as wide as their widest cell; the first is a title, the others are numbers. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)), []);
  return rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(columnGap).trimEnd()).join('\n');
}

/** One line for each second: `  7 s   publishers 16/16 30.0 fps 640 kbps   listeners …`. */
export function describeSecond(seconds: number, reports: readonly GroupReport[]): string {
  const groups = reports.map(({ group, connected, wanted, fps, kbps, lostPackets, freezes }) => {
    const trouble = group === 'publishing' ? `${lostPackets} lost` : `${lostPackets} lost ${freezes} freezes`;
    return `${groupTitles[group]} ${connected}/${wanted} ${fps.toFixed(1)} fps ${Math.round(kbps)} kbps ${trouble}`;
  });
  return `${String(seconds).padStart(4)} s   ${groups.join('   ')}`;
}

export function summaryTable(reports: readonly GroupReport[]): string {
  return formatTable([
    ['', 'connected', 'fps', 'kbps', 'sound/s', 'lost', 'freezes', 'stalls', 'first p50', 'first p95'],
    ...reports.map(({ group, connected, wanted, fps, kbps, audioPacketsPerSecond, lostPackets, freezes, audioStalls, firstFrameMs }) => {
      const received = group === 'publishing' ? ['-', '-', '-', '-'] : [String(freezes), String(audioStalls), milliseconds(firstFrameMs?.p50), milliseconds(firstFrameMs?.p95)];
      return [groupTitles[group], `${connected}/${wanted}`, fps.toFixed(1), String(Math.round(kbps)), audioPacketsPerSecond.toFixed(1), String(lostPackets), ...received];
    }),
  ]);
}

/** One sentence for each thing that is wrong; empty when everyone got media. */
export function describeFailures(reports: readonly GroupReport[]): string[] {
  return reports.flatMap(({ group, failures, withoutMedia }) => {
    const what = group === 'publishing' ? 'of whom the server reports nothing' : 'without sound or picture';
    const names = withoutMedia.slice(0, shownNames).join(', ');
    return [
      ...[...failures].map(([reason, count]) => `${groupTitles[group]}: ${count} x ${reason}`),
      ...(withoutMedia.length === 0 ? [] : [`${groupTitles[group]}: ${withoutMedia.length} ${what} (${names}${withoutMedia.length > shownNames ? ', …' : ''})`]),
    ];
  });
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? 'never' : `${Math.round(value)} ms`;
}
