import { nextTurn } from '../../mixer/clock/next-turn.js';

/** Far more turns than any codec call takes; a condition that never comes true fails here and does not spin for ever. */
const mostTurns = 3_000_000;

/** Lets the event loop turn until the condition holds: for work in libuv's pool, which ends when it ends. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let turn = 0; turn < mostTurns; turn += 1) {
    if (condition()) return;
    await nextTurn();
  }
  throw new Error(`It never came true: ${what}.`);
}
