/** Lets timers and messages that are due run before going on: for work that would otherwise hold the thread for longer than sound can wait. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
