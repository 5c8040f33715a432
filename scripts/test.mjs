// The one test command: builds, looks that a Chromium is there, runs mocha over dist/test.
// Arguments go to mocha; without a file among them every test runs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import './build.mjs';

const chromiumPaths = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function findChromium() {
  return chromiumPaths.find((path) => path !== undefined && path !== '' && existsSync(path));
}

function installChromium() {
  // Only on a machine where that is this user's to do; a fresh container's root is the usual case.
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.log('No Chromium found: installing Debian\'s package chromium for the browser tests.');
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env: environment });
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
}

if (findChromium() === undefined) installChromium();
const chromium = findChromium();
if (chromium === undefined) {
  console.error('The tests drive a real browser: install Chromium (on Debian: apt-get install chromium) or set CHROMIUM_PATH.');
  process.exit(1);
}
const args = process.argv.slice(2);
const files = args.some((arg) => arg.endsWith('.js')) ? [] : ['dist/test/**/*.test.js'];
const mocha = spawnSync(process.execPath, ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', '--exit', ...args, ...files], {
  stdio: 'inherit',
  env: { ...process.env, CHROMIUM_PATH: chromium },
});
process.exit(mocha.status ?? 1);
