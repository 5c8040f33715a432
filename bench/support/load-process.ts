/** `npm run load` in a process of its own, so that the clients' work is not the server's; read by its lines of JSON. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CrowdGroup } from '../clients/crowd.js';
import type { GroupReport } from '../clients/crowd-report.js';

export interface LoadProcessOptions {
  readonly url: URL;
  readonly room: string;
  readonly publishers: number;
  readonly listeners?: number;
  readonly speakers?: number;
  readonly isFull?: boolean;
  readonly isPage?: boolean;
  readonly isLarge?: boolean;
}

/** Of one group in one second, or at the end over all: what of its report benches read. */
export type LoadFigures = Pick<GroupReport, 'group' | 'wanted' | 'connected' | 'fps' | 'kbps' | 'audioPacketsPerSecond'>;

interface LoadLine {
  readonly type: 'second' | 'summary';
  readonly groups: readonly LoadFigures[];
}

const loadModule = fileURLToPath(new URL('../../scripts/load.js', import.meta.url));

export class LoadProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #errors: string[] = [];
  #seconds: LoadLine[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
  }

  /** Resolves a second after everyone has joined. @throws {Error} with what the tool says when somebody could not. */
  static async start({ url, room, publishers, listeners = 0, speakers = 4, isFull = false, isPage = false, isLarge = false }: LoadProcessOptions): Promise<LoadProcess> {
    const words = ['--json', '--seconds', '0', '--url', url.href, '--room', room, '--publishers', publishers, '--listeners', listeners, '--speakers', speakers, ...(isFull ? ['--full'] : []), ...(isPage ? ['--page'] : []), ...(isLarge ? ['--large'] : [])];
    const child = spawn(process.execPath, [loadModule, ...words.map(String)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const load = new LoadProcess(child);
    createInterface({ input: child.stderr }).on('line', (line) => load.#errors.push(line));
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = JSON.parse(text) as LoadLine;
        if (line.type === 'second') load.#seconds.push(line);
        resolve();
      });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the clients ended with code ${code}:\n${load.#errors.join('\n')}`)));
    });
    const missing = load.#seconds[0]?.groups.find(({ wanted, connected }) => connected < wanted);
    if (missing === undefined) return load;
    await load.stop();
    throw new Error(`only ${missing.connected} of ${missing.wanted} clients joined:\n${load.#errors.join('\n')}`);
  }

  /** Those of the seconds since the last call. */
  takeSeconds(group: CrowdGroup): readonly LoadFigures[] {
    return this.takeAll().filter((figures) => figures.group === group);
  }

  /** The same of all groups. */
  takeAll(): readonly LoadFigures[] {
    const taken = this.#seconds;
    this.#seconds = [];
    return taken.flatMap(({ groups }) => groups);
  }

  /** Idempotent. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
