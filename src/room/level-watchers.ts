/**
 * Who has asked how loud those are whom he hears: for pages whose client does not read it from the packets (RFC 6465). Those who hear everyone as he is are told
 * of the room's mix, whoever has a row of his own of the stream that he gets in its place, and who is deaf or on hold of nobody. Pure.
 */
import type { EncodedAudio } from '../../mixer/index.js';
import { HeardLevels } from './heard-levels.js';
import type { ParticipantVoice } from './participant-voice.js';

/** For all of these participants. */
export interface ToldLevels {
  readonly sessionIds: readonly string[];
  /** In whole dBov by participant, the loudest first, 15 at most. */
  readonly levels: Readonly<Record<string, number>>;
}

interface Watcher {
  /** Of his own stream. */
  readonly own: HeardLevels;
  /** What he was told last. */
  told: string;
}

const nothing = '{}';

export class LevelWatchers {
  readonly #watchers = new Map<string, Watcher>();
  readonly #ofMix = new HeardLevels();

  watch(participantId: string): void {
    if (!this.#watchers.has(participantId)) this.#watchers.set(participantId, { own: new HeardLevels(), told: nothing });
  }

  unwatch(participantId: string): void {
    this.#watchers.delete(participantId);
    // Who asks next is told nothing old.
    if (this.#watchers.size === 0) this.#ofMix.clear();
  }

  /** One tick of sound. */
  take({ heard, streams }: Pick<EncodedAudio, 'heard' | 'streams'>): void {
    if (this.#watchers.size === 0) return;
    this.#ofMix.take(heard);
    for (const { participantIds, heard: ofStream } of streams) {
      if (ofStream === undefined) continue;
      for (const participantId of participantIds) this.#watchers.get(participantId)?.own.take(ofStream);
    }
  }

  /**
   * To be called a few times a second: to whom there is something new to say.
   *
   * @param voiceOf undefined for who is not in the room any more: ticks that were mixed before he left still name him
   */
  tell(voiceOf: (participantId: string) => Pick<ParticipantVoice, 'hearsMix'> | undefined): readonly ToldLevels[] {
    if (this.#watchers.size === 0) return [];
    const isHere = (participantId: string): boolean => voiceOf(participantId) !== undefined;
    const ofMix = this.#ofMix.read(isHere);
    const news = new Map<string, { readonly sessionIds: string[]; readonly levels: ToldLevels['levels'] }>();
    for (const [participantId, watcher] of this.#watchers) {
      const ofOwn = watcher.own.read(isHere);
      const levels = voiceOf(participantId)?.hearsMix === true ? ofMix : ofOwn;
      const text = JSON.stringify(levels);
      if (text === watcher.told) continue;
      watcher.told = text;
      const group = news.get(text) ?? { sessionIds: [], levels };
      group.sessionIds.push(participantId);
      news.set(text, group);
    }
    return [...news.values()];
  }
}
