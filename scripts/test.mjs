// The one test command: builds, looks that a Chromium, a Firefox and a TURN server are there, runs mocha over dist/test.
// Arguments go to mocha; without a file among them every test runs.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import './build.mjs';

const programs = [
  { title: 'Chromium', debianPackage: 'chromium', variable: 'CHROMIUM_PATH', paths: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] },
  { title: 'Firefox', debianPackage: 'firefox-esr', variable: 'FIREFOX_PATH', paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox'] },
  { title: 'a TURN server', debianPackage: 'coturn', variable: 'TURNSERVER_PATH', paths: ['/usr/bin/turnserver', '/usr/local/bin/turnserver'] },
];

function find({ variable, paths }) {
  return [process.env[variable], ...paths].find((path) => path !== undefined && path !== '' && existsSync(path));
}

function install(packages) {
  // Only on a machine where that is this user's to do; a fresh container's root is the usual case.
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.log(`Not found: installing Debian's ${packages.join(', ')} for the tests.`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env: environment });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
}

const isMissing = (program) => find(program) === undefined;
if (programs.some(isMissing)) install(programs.filter(isMissing).map(({ debianPackage }) => debianPackage));
for (const { title, debianPackage, variable } of programs.filter(isMissing)) {
  console.error(`The tests need ${title}: install ${debianPackage} (on Debian: apt-get install ${debianPackage}) or set ${variable}.`);
}
if (programs.some(isMissing)) process.exit(1);
const programPaths = Object.fromEntries(programs.map((program) => [program.variable, find(program)]));
const args = process.argv.slice(2);
const files = args.some((arg) => arg.endsWith('.js')) ? [] : ['dist/test/**/*.test.js'];
const folder = mkdtempSync(join(tmpdir(), 'tessera-tests-'));
const statsPath = join(folder, 'stats.json');

// All tests have ended by then; whatever still keeps the process alive is a socket, timer or child that a test left behind.
const closingMs = 20_000;

const mocha = spawn(process.execPath, ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', '--reporter', 'scripts/mocha-reporter.cjs', ...args, ...files], {
  stdio: 'inherit',
  env: { ...process.env, ...programPaths, TESSERA_TEST_STATS: statsPath },
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

// The reporter ends mocha's process by force (it says why), so the run is judged by what mocha itself counted. A test that did not run is no pass.
const stats = existsSync(statsPath) ? JSON.parse(readFileSync(statsPath, 'utf8')) : undefined;
rmSync(folder, { recursive: true, force: true });
if (stats === undefined) console.error(`The test run did not reach its end (${signal ?? 'exit'}).`);
if (isHanging) console.error('All tests ended, but something they left behind kept the process alive.');
const failed = (stats?.failures ?? 1) + (stats?.pending ?? 0) + (isHanging ? 1 : 0) + (stats !== undefined && stats.passes === 0 ? 1 : 0);
console.log(`${stats?.passes ?? 0} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
