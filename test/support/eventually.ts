import { setTimeout as pause } from 'node:timers/promises';

/** Short against whatever is waited for, long against what asking costs. */
const askIntervalMs = 50;

/**
 * Asks until the answer is true.
 * @throws after `timeoutMs` with what was waited for, and with what the last attempt threw
 */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      if (await isSo()) return;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause });
    await pause(askIntervalMs);
  }
}
