/** How loud those who are heard in one mix were since it was read last. Pure. */
import type { HeardVoice } from '../../mixer/index.js';

/** As many as a packet of the mix names: more voices than that nobody tells apart. */
const mostVoices = 15;

export class HeardLevels {
  readonly #loudestDbov = new Map<string, number>();

  /** Of one tick of the mix. */
  take(heard: readonly HeardVoice[]): void {
    for (const { participantId, levelDbov } of heard) if (levelDbov > (this.#loudestDbov.get(participantId) ?? Number.NEGATIVE_INFINITY)) this.#loudestDbov.set(participantId, levelDbov);
  }

  /** Whole dBov by participant, the loudest first; who is not in it was not heard, or is not here any more. Begins anew. */
  read(isHere: (participantId: string) => boolean): Readonly<Record<string, number>> {
    const loudest = [...this.#loudestDbov].filter(([participantId]) => isHere(participantId)).sort(([, a], [, b]) => b - a).slice(0, mostVoices);
    this.#loudestDbov.clear();
    return Object.fromEntries(loudest.map(([participantId, levelDbov]) => [participantId, Math.round(levelDbov)]));
  }

  clear(): void {
    this.#loudestDbov.clear();
  }
}
