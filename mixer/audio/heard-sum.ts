import type { HeardVoice } from '../protocol.js';
import { silenceDbov } from './audio-format.js';
import type { HearingRow } from './hearing-row.js';
import { MixSum } from './mix-sum.js';
import type { SoundBlock } from './sound-block.js';
import type { TickSound } from './tick-sound.js';

/** What those hear in a tick who have the same row of the hearing matrix and the same sounds played to them by name: the sum of it, and the same without one's own voice. */
export class HeardSum {
  readonly #hearing: HearingRow;
  readonly #soundIds: ReadonlySet<string>;
  readonly #sum = new MixSum();

  constructor(hearing: HearingRow, soundIds: ReadonlySet<string>) {
    this.#hearing = hearing;
    this.#soundIds = soundIds;
  }

  hears(participantId: string): boolean {
    return this.#hearing.gainOf(participantId) > 0;
  }

  /** Once a tick, before anything is taken out of it. */
  sumUp(sound: TickSound): void {
    const hearing = this.#hearing;
    const sum = this.#sum;
    sum.clear();
    for (const { participantId, block } of sound.voices.values()) {
      const gain = hearing.gainOf(participantId);
      if (gain > 0) sum.add(block, gain);
    }
    for (const { participantId, block } of sound.leaving) {
      const gain = hearing.gainOf(participantId);
      if (gain > 0) sum.add(block, gain);
    }
    for (const { soundId, block, participantIds } of sound.sounds) {
      if (participantIds === undefined) {
        if (hearing.restGain > 0) sum.add(block, hearing.restGain);
      } else if (this.#soundIds.has(soundId)) sum.add(block);
    }
  }

  copyInto(out: SoundBlock): void {
    this.#sum.copyInto(out);
  }

  /** What these members hear: a lone one without himself. */
  fill(members: ReadonlySet<string>, sound: TickSound, out: SoundBlock): void {
    const [participantId] = members;
    const own = participantId === undefined || members.size > 1 ? undefined : sound.voices.get(participantId);
    const gain = own === undefined ? 0 : this.#hearing.gainOf(own.participantId);
    if (own === undefined || gain === 0) this.#sum.copyInto(out);
    else this.#sum.withoutInto(own.block, out, gain);
  }

  /** Whose voices are in it, with their level there, loudest first. */
  voicesOf({ voices }: TickSound): readonly HeardVoice[] {
    const heard: HeardVoice[] = [];
    for (const { participantId, levelDbov } of voices.values()) {
      const gain = this.#hearing.gainOf(participantId);
      if (gain > 0) heard.push({ participantId, levelDbov: Math.max(silenceDbov, Math.min(0, Math.round(levelDbov + 20 * Math.log10(gain)))) });
    }
    return heard.sort((a, b) => b.levelDbov - a.levelDbov);
  }
}
