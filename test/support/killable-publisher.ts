import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestColor } from './colored-tone-source.js';

export interface KillablePublisherOptions {
  readonly serverUrl: string;
  readonly room: string;
  readonly name: string;
  readonly color: TestColor;
  readonly toneHz: number;
}

/** A real libwebrtc publisher that can be killed as only a process can: without a word to anybody. */
export class KillablePublisher {
  readonly participantId: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, participantId: string) {
    this.#child = child;
    this.participantId = participantId;
  }

  static async start({ serverUrl, room, name, color, toneHz }: KillablePublisherOptions): Promise<KillablePublisher> {
    const child = fork(join(import.meta.dirname, 'publisher-process.js'), [serverUrl, room, name, color, String(toneHz)]);
    const [participantId] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => Promise.reject(new Error(`the publisher ended: ${String(code)}`)))])) as [string];
    return new KillablePublisher(child, participantId);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
