/** The server as users start it, in a process of its own on a free port, for the demo and for measuring. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ServerProcessOptions {
  /** `TESSERA_*` besides the ports. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Before the module, such as `--cpu-prof`. */
  readonly nodeArguments?: readonly string[];
}

const mainModule = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const listensLine = /listens on (http:\S+)/;
/** What is told of a server that did not start. */
const keptLogLines = 20;

export class ServerProcess {
  readonly url: URL;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #log: readonly string[];

  private constructor(child: ChildProcess, url: URL, pid: number, log: readonly string[]) {
    this.#child = child;
    this.url = url;
    this.pid = pid;
    this.#log = log;
  }

  /** Resolves when it can make rooms. @throws {Error} with its last log lines when it ends before. */
  static async start({ environment = {}, nodeArguments = [] }: ServerProcessOptions = {}): Promise<ServerProcess> {
    const child = spawn(process.execPath, [...nodeArguments, mainModule], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TESSERA_HTTP_HOST: '127.0.0.1', TESSERA_HTTP_PORT: '0', TESSERA_UDP_PORT_MIN: '0', TESSERA_UDP_PORT_MAX: '0', ...environment },
    });
    const log: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.push(line);
      if (log.length > keptLogLines) log.shift();
    });
    const url = await new Promise<URL>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [, address] = listensLine.exec(line) ?? [];
        if (address !== undefined) resolve(new URL(address));
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the server ended with code ${code}:\n${log.join('\n')}`)));
    });
    const server = new ServerProcess(child, url, child.pid ?? 0, log);
    await server.#becomeHealthy();
    return server;
  }

  /** Its last lines on standard error. */
  get logLines(): readonly string[] {
    return this.#log;
  }

  /** With everybody in it. */
  async closeRoom(room: string): Promise<void> {
    await fetch(new URL(`/api/rooms/${room}`, this.url), { method: 'DELETE' });
  }

  /** Rooms end in order; within 10 s. Idempotent. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }

  async #becomeHealthy(): Promise<void> {
    for (;;) {
      const response = await fetch(new URL('/healthz', this.url));
      await response.arrayBuffer();
      if (response.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
