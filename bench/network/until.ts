import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 20;

/** @throws {Error} when it is not so within the time */
export async function until(what: string, timeoutMs: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; !(await isSo()); waitedMs += pollMs) {
    if (waitedMs > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await sleep(pollMs);
  }
}
