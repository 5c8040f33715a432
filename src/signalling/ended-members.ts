/**
 * Whom his room has ended lately, and why. Who was without a socket then, or had one that led nowhere, has not been told: he is when he comes to resume, and
 * does not join again where he would not have.
 */
import type { Time } from '../time.js';

export interface EndedMember {
  readonly roomName: string;
  readonly secret: string;
  readonly endReason: string;
}

export interface EndedMembersOptions {
  /** Of more the oldest are forgotten: they are let in again, as strangers are. Each costs some 200 bytes. */
  readonly maxMembers: number;
  /** Later nobody comes to resume. */
  readonly keptMs: number;
  readonly time: Time;
}

interface Kept extends EndedMember {
  readonly untilMs: number;
}

export class EndedMembers {
  readonly #options: EndedMembersOptions;
  /** In the order in which they ended, which is the order in which they are forgotten. */
  readonly #byId = new Map<string, Kept>();

  constructor(options: EndedMembersOptions) {
    this.#options = options;
  }

  add(id: string, member: EndedMember): void {
    const { maxMembers, keptMs, time } = this.#options;
    this.#byId.set(id, { ...member, untilMs: time.nowMs() + keptMs });
    this.#forget();
    const [oldestId] = this.#byId.keys();
    if (this.#byId.size > maxMembers && oldestId !== undefined) this.#byId.delete(oldestId);
  }

  get(id: string): EndedMember | undefined {
    this.#forget();
    return this.#byId.get(id);
  }

  #forget(): void {
    const nowMs = this.#options.time.nowMs();
    for (const [id, { untilMs }] of this.#byId) {
      if (untilMs > nowMs) return;
      this.#byId.delete(id);
    }
  }
}
