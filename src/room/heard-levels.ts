/** How loud those who are heard in the mix were since it was told last: for pages whose client does not read it from the packets (RFC 6465). Pure. */
import type { HeardVoice } from '../../mixer/index.js';

/** As many as a packet of the mix names: more voices than that nobody tells apart. */
const mostVoices = 15;

export class HeardLevels {
  readonly #loudestDbov = new Map<string, number>();
  #told = '{}';

  /** Of one tick of the mix. */
  take(heard: readonly HeardVoice[]): void {
    for (const { participantId, levelDbov } of heard) if (levelDbov > (this.#loudestDbov.get(participantId) ?? Number.NEGATIVE_INFINITY)) this.#loudestDbov.set(participantId, levelDbov);
  }

  /** To be called a few times a second: whole dBov by participant, the loudest first; undefined when that was said last. Who is not in it is not heard. */
  tell(): Readonly<Record<string, number>> | undefined {
    const loudest = [...this.#loudestDbov].sort(([, a], [, b]) => b - a).slice(0, mostVoices);
    this.#loudestDbov.clear();
    const levels = Object.fromEntries(loudest.map(([participantId, levelDbov]) => [participantId, Math.round(levelDbov)]));
    const told = JSON.stringify(levels);
    if (told === this.#told) return undefined;
    this.#told = told;
    return levels;
  }

  /** Nobody asks any more: who asks next is told nothing old. */
  forget(): void {
    this.#loudestDbov.clear();
    this.#told = '{}';
  }
}
