import { readdirSync, readFileSync } from 'node:fs';

/** Children of a process whose command line holds `text` (Linux). */
export function findChildren(pid: number, text: string): number[] {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter((child) => child.trim() !== ''))
    .map(Number)
    .filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(text));
}
