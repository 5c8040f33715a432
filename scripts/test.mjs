// The one test command: builds, looks that a Chromium, a Firefox and a TURN server are there, runs mocha over dist/test.
// Arguments go to mocha; without a file among them every test runs: first those that bear neighbours, side by side, then the others in one row.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import './build.mjs';
import { runMocha } from './run-mocha.mjs';

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

// Their clock is a manual one, or they wait for events of processes and sockets and nothing of what they say depends on when those come. What is
// heard and seen of real media does: it has the machine to itself, as has a new test whose file or folder is not named here. What a test here leaves
// open is noticed only where its file runs alone: mocha ends these processes itself.
const sideBySide = [
  'bench/{content,latency,sound-hours,speech}/*', 'bench/clients/prepared-media', 'fuzz/*', 'layouts/*', 'mixer/{audio,clock,ffmpeg,thread,video}/**/*', 'mixer/sound-and-picture',
  'repo/!(stats)', 'src/*', 'src/{http,rooms,rtp,signalling}/**/*', 'src/room/!(main|room-media)',
].map((pattern) => `dist/test/${pattern}.test.js`);
/** Instead of 10 s: the neighbours and `npm run check` have a share of the cores. */
const sideBySideTimeoutMs = 30_000;

async function runAll() {
  const parallel = await runMocha(['--parallel', '--jobs', String(availableParallelism()), '--timeout', String(sideBySideTimeoutMs), ...args, ...sideBySide], programPaths);
  const inARow = await runMocha([...args, ...sideBySide.flatMap((pattern) => ['--ignore', pattern]), 'dist/test/**/*.test.js'], programPaths);
  return [parallel, inARow];
}

const runs = args.some((arg) => arg.endsWith('.js')) ? [await runMocha(args, programPaths)] : await runAll();
const sum = (of) => runs.reduce((total, run) => total + run[of], 0);
const passed = sum('passed');
// A run in which no test was is no success; of two one may be without, where a pattern of names chooses.
const failed = sum('failed') + (passed === 0 ? 1 : 0);
const failures = runs.flatMap((run) => run.failures);
if (runs.length > 1 && failures.length > 0) console.log(`Failed, in one run or the other:\n${failures.map((title) => `  ${title}`).join('\n')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
