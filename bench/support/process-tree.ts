/** What a process and all that came of it cost, as Linux counts it (proc(5)). */
import { readdir, readFile } from 'node:fs/promises';
import { pause } from './bench.js';

/** sysconf(_SC_CLK_TCK): 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
/** Fields of /proc/<pid>/stat after the closing parenthesis of the name, from 0: ppid, utime, stime, and those of children that have ended and been waited for. */
const statField = { parent: 1, user: 11, system: 12, childrenUser: 13, childrenSystem: 14 } as const;

export interface TreeProcess {
  readonly pid: number;
  readonly command: string;
  readonly cpuSeconds: number;
}

interface ProcessStat extends TreeProcess {
  readonly parentPid: number;
}

/** The process and its descendants that live now. @throws {Error} where there is no /proc, or no such process. */
export async function processTree(rootPid: number): Promise<readonly TreeProcess[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) throw new Error('CPU and memory are read from /proc: benchmarks need Linux');
  const all = (await Promise.all(pids.map((pid) => readStat(Number(pid))))).filter((stat) => stat !== undefined);
  const tree = all.filter(({ pid }) => pid === rootPid);
  if (tree.length === 0) throw new Error(`process ${rootPid} is gone`);
  // It grows while it is gone through: children, then theirs.
  for (const { pid } of tree) tree.push(...all.filter(({ parentPid }) => parentPid === pid));
  return tree;
}

/** User and system time of the whole tree so far; those that ended meanwhile are in their parents' account. */
export async function treeCpuSeconds(rootPid: number): Promise<number> {
  return (await processTree(rootPid)).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

/** CPU seconds a second of the whole tree over the next `seconds`, and how long that really was. */
export async function measureTreeCpu(rootPid: number, seconds: number): Promise<{ readonly cpu: number; readonly elapsedSeconds: number }> {
  const startMs = performance.now();
  const before = await treeCpuSeconds(rootPid);
  await pause(seconds);
  const used = (await treeCpuSeconds(rootPid)) - before;
  const elapsedSeconds = (performance.now() - startMs) / 1000;
  return { cpu: used / elapsedSeconds, elapsedSeconds };
}

/** Proportional set size: memory shared by several processes counts once. Bytes, by process of the tree. */
export async function treeMemory(rootPid: number): Promise<readonly { readonly pid: number; readonly command: string; readonly pssBytes: number }[]> {
  const tree = await processTree(rootPid);
  return Promise.all(
    tree.map(async ({ pid, command }) => {
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1').catch(() => '');
      return { pid, command, pssBytes: Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024 };
    }),
  );
}

async function readStat(pid: number): Promise<ProcessStat | undefined> {
  const [stat, commandLine] = await Promise.all([readFile(`/proc/${pid}/stat`, 'latin1'), readFile(`/proc/${pid}/cmdline`, 'latin1')]).catch(() => ['', '']);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
  if (fields.length <= statField.childrenSystem) return undefined;
  const ticks = [statField.user, statField.system, statField.childrenUser, statField.childrenSystem].reduce((sum, field) => sum + (fields[field] ?? 0), 0);
  return { pid, parentPid: fields[statField.parent] ?? 0, command: commandLine.replaceAll('\0', ' ').trim(), cpuSeconds: ticks / ticksPerSecond };
}
