/** Runs a module of ours in a process of its own, for its one answer: what it loads (libwebrtc, decoders) is then neither the bench's nor the server's. */
import { fork } from 'node:child_process';

/**
 * The module gets `options` as JSON in its first argument and sends its result as one IPC message.
 * @param modulePath of the built module, absolute
 * @param execArgv of Node
 * @throws {Error} when it ends without a result
 */
export function childResult<Result>(modulePath: string, options: object, execArgv: readonly string[] = []): Promise<Result> {
  const child = fork(modulePath, [JSON.stringify(options)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [...execArgv] });
  return new Promise((resolve, reject) => {
    child.once('message', (result) => resolve(result as Result));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${modulePath} ended with ${signal ?? `code ${code ?? 'unknown'}`} and gave no result`)));
  });
}

/** @param share 0.5 for the median. @throws {RangeError} for none at all. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (value === undefined) throw new RangeError('the percentile of nothing');
  return value;
}
