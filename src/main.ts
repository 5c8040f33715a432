/** `npm start`: reads the configuration, starts the server, ends it on SIGTERM and SIGINT. Standard output has the address, standard error the log. */
import { isLoopback } from './addresses.js';
import type { Config } from './config.js';
import { ConfigError, readConfig, type LoadedConfig } from './config-load.js';
import { NoPagesError } from './http/page-files.js';
import { describeError, Log } from './log.js';
import { hasVectors, noVectorsAdvice } from './processor.js';
import { startServer, type TesseraServer } from './server.js';
import { checkStart } from './start-check.js';
import { systemTime } from './time.js';

/** Rooms take at most 8.5 s to end; whoever sent the signal waits 10 s. */
const exitDeadlineMs = 9500;
/** Ctrl+C under npm reaches this process twice: the terminal tells it, and npm does. Later, somebody does not want to wait. */
const sameSignalMs = 1000;

/** By the system's codes. */
const listenAdvice = new Map([
  ['EADDRINUSE', 'Set TESSERA_HTTP_PORT to another one, or to 0 for any that is free.'],
  ['EADDRNOTAVAIL', 'This machine does not have that address. Set TESSERA_HTTP_HOST to one it has, or to 0.0.0.0 for all of them; what a NAT or a proxy has in front of it belongs to TESSERA_UDP_ANNOUNCED_ADDRESSES and TESSERA_HTTP_ALLOWED_ORIGINS.'],
  ['ENOTFOUND', 'No address is known for that name. Set TESSERA_HTTP_HOST to an address of this machine, or to 0.0.0.0 for all of them.'],
  ['EACCES', 'Ports below 1024 are for privileged programs. Set TESSERA_HTTP_PORT to another one, with a proxy in front.'],
]);

async function configure(): Promise<LoadedConfig> {
  const { mistakes, ...loaded } = readConfig(process.env);
  if (mistakes.length === 0) return loaded;
  // Whoever mends these should not be told of the next ones only then.
  const found = await checkStart(loaded.config);
  return refuse(new ConfigError([...mistakes, ...found.mistakes]));
}

/** What the user can mend is told in his words, everything else with its stack. */
function refuse(error: unknown): never {
  const isHis = error instanceof ConfigError || error instanceof NoPagesError || (error instanceof Error && 'syscall' in error && (error.syscall === 'listen' || error.syscall === 'getaddrinfo'));
  console.error(isHis ? error.message : describeError(error));
  if (error instanceof Error && 'code' in error) {
    const advice = listenAdvice.get(String(error.code));
    if (advice !== undefined) console.error(advice);
  }
  process.exit(1);
}

function announce(server: TesseraServer, { httpHost, allowedOrigins }: Config): void {
  console.log(`Tessera listens on ${server.url}`);
  if (isLoopback(httpHost) && allowedOrigins.length > 0) console.log(`Only this machine reaches it directly; what forwards to it, for ${allowedOrigins.join(', ')}, lets in everyone whom it does not ask: there are no access tokens yet.`);
  else if (isLoopback(httpHost)) console.log('Only this machine reaches it, because there are no access tokens yet; TESSERA_HTTP_HOST=0.0.0.0 opens it to everyone all the same.');
  else console.log('Whoever reaches this address may use it: there are no access tokens yet.');
}

if (!hasVectors()) {
  console.error(noVectorsAdvice);
  process.exit(1);
}
const { config, warnings } = await configure();
const format = config.logFormat === 'auto' ? (process.stderr.isTTY ? 'human' : 'json') : config.logFormat;
const log = new Log({ level: config.logLevel, format, time: systemTime, write: (line) => process.stderr.write(`${line}\n`) });
for (const warning of warnings) log.warn(warning);
const server = await startServer({ config, time: systemTime, log }).catch(refuse);

let isEnding = false;
async function end(exitCode: number): Promise<void> {
  if (isEnding) process.exit(1);
  isEnding = true;
  setTimeout(() => {
    log.error('the rooms did not end in time');
    process.exit(1);
  }, exitDeadlineMs);
  await server.close();
  process.exit(exitCode);
}

let signalledMs = Number.NEGATIVE_INFINITY;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    const nowMs = performance.now();
    if (nowMs - signalledMs < sameSignalMs) return;
    signalledMs = nowMs;
    log.info('ending', { signal });
    void end(0);
  });
}
process.on('unhandledRejection', (error) => log.error('a promise failed and nobody looked', { error: describeError(error) }));
process.on('uncaughtException', (error) => {
  // What it left half done is unknown: the rooms get their orderly end, then whoever supervises this process starts it anew.
  log.error('an error nobody expected', { error: describeError(error) });
  void end(1);
});
// Last: whoever reads the address may send a signal at once.
announce(server, config);
