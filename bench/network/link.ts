/** A bad network between one client and one server, in a process of its own (`link-process.ts`). */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { UdpAddress } from '../../test/support/linked-sdp.js';
import type { BothCounters, LinkSteps } from './link-emulator.js';
import type { LinkAnswer, LinkCommand } from './link-protocol.js';

interface Question {
  readonly resolve: (answer: LinkAnswer) => void;
  readonly reject: (error: Error) => void;
}

const linkModule = fileURLToPath(new URL('./link-process.js', import.meta.url));

export class Link {
  readonly #child: ChildProcess;
  readonly #questions: Question[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answer: LinkAnswer) => this.#questions.shift()?.resolve(answer));
    child.once('exit', (code, signal) => {
      for (const { reject } of this.#questions.splice(0)) reject(new Error(`the link's process ended with ${signal ?? `code ${code ?? 'unknown'}`}`));
    });
  }

  /** The process alone; sockets come with {@link open}. */
  static start(): Link {
    return new Link(fork(linkModule, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  }

  /**
   * Once. Unimpaired at first.
   *
   * @returns the address to be used instead of `server`
   */
  async open(server: UdpAddress, seed: number): Promise<UdpAddress> {
    return (await this.#ask({ type: 'open', server, seed }, 'opened')).address;
  }

  /** The steps count from about the moment at which this resolves. */
  async impair(steps: LinkSteps): Promise<void> {
    await this.#ask({ type: 'impair', steps }, 'impaired');
  }

  async counters(): Promise<BothCounters> {
    return (await this.#ask({ type: 'count' }, 'counted')).counters;
  }

  /** Idempotent. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    await exit;
  }

  async #ask<Type extends LinkAnswer['type']>(command: LinkCommand, type: Type): Promise<Extract<LinkAnswer, { readonly type: Type }>> {
    const answer = await new Promise<LinkAnswer>((resolve, reject) => {
      this.#questions.push({ resolve, reject });
      this.#child.send(command, (error) => {
        if (error !== null) reject(error);
      });
    });
    if (answer.type !== type) throw new Error(`the link answered ${answer.type} to ${command.type}`);
    return answer as Extract<LinkAnswer, { readonly type: Type }>;
  }
}
