// One run of mocha in a process of its own, judged by what mocha itself counted.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// All tests have ended by then; whatever still keeps the process alive is a socket, timer or child that a test left behind.
const closingMs = 20_000;

/** @returns how many passed and failed, and the titles of those that failed; a test that did not run, a run without an end and a process that goes on failed. */
export async function runMocha(args, environment) {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-tests-'));
  const statsPath = join(folder, 'stats.json');
  const mocha = spawn(process.execPath, ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', '--reporter', 'scripts/mocha-reporter.cjs', ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...environment, TESSERA_TEST_STATS: statsPath },
  });
  let closingTimer;
  let isHanging = false;
  const watch = setInterval(() => {
    if (!existsSync(statsPath)) return;
    clearInterval(watch);
    closingTimer = setTimeout(() => {
      isHanging = true;
      mocha.kill('SIGKILL');
    }, closingMs);
  }, 500);
  const [, signal] = await once(mocha, 'exit');
  clearInterval(watch);
  clearTimeout(closingTimer);

  // The reporter ends mocha's process by force (it says why), so there is no exit code to go by.
  const result = existsSync(statsPath) ? JSON.parse(readFileSync(statsPath, 'utf8')) : undefined;
  rmSync(folder, { recursive: true, force: true });
  if (isHanging) console.error('All tests ended, but something they left behind kept the process alive.');
  if (result !== undefined) return { passed: result.passes, failed: result.failures + result.pending + (isHanging ? 1 : 0), failures: result.titles };
  console.error(`The test run did not reach its end (${signal ?? 'exit'}).`);
  return { passed: 0, failed: 1, failures: [`no end of the run (${signal ?? 'exit'})`] };
}
