/**
 * Who speaks, and who is the one to show large: from audio levels alone (RFC 6464, or measured after decoding).
 * Pure: times come from outside. Plain energy with hysteresis; the levels of one packet never switch anything by themselves.
 */
import type { RoomTime } from '../../mixer/index.js';

export interface SpeakerChange {
  /** Loudest first. */
  readonly speaking: readonly string[];
  readonly dominant: string | null;
}

interface Voice {
  /** Smoothed level in dBov. */
  levelDbov: number;
  /** A level came since the last update. */
  isHeard: boolean;
  lastLoudUs: number;
  speakingSinceUs: number | undefined;
  lastDominantUs: number;
}

const silenceDbov = -127;
/** Speech through a browser's gain control stands at -35 to -20 dBov, a quiet room below -60. */
const speakingDbov = -45;
/** A syllable is over within a few packets: rise in about 60 ms, fall in about 300 ms, at 50 packets a second. */
const riseShare = 0.3;
const fallShare = 0.06;
/** Pauses between words are not the end of speaking. */
const speakingHoldUs = 600_000;
/** Somebody who coughs does not take the large tile. */
const takeOverSilentUs = 400_000;
/** While the dominant speaker still speaks, one has to outlast him this long and be this much louder. */
const takeOverSpeakingUs = 1_500_000;
const takeOverLouderDb = 3;

export class SpeakerOrder {
  readonly #clock: RoomTime;
  readonly #voices = new Map<string, Voice>();
  #dominant: string | null = null;
  #speaking: readonly string[] = [];

  constructor({ clock }: { clock: RoomTime }) {
    this.#clock = clock;
  }

  get speaking(): readonly string[] {
    return this.#speaking;
  }

  get dominant(): string | null {
    return this.#dominant;
  }

  add(id: string): void {
    this.#voices.set(id, { levelDbov: silenceDbov, isHeard: false, lastLoudUs: Number.NEGATIVE_INFINITY, speakingSinceUs: undefined, lastDominantUs: Number.NEGATIVE_INFINITY });
  }

  remove(id: string): void {
    this.#voices.delete(id);
  }

  isSpeaking(id: string): boolean {
    return this.#voices.get(id)?.speakingSinceUs !== undefined;
  }

  /** When this one was last dominant, in room time; -Infinity for never. */
  lastDominantUs(id: string): number {
    return this.#voices.get(id)?.lastDominantUs ?? Number.NEGATIVE_INFINITY;
  }

  takeLevel(id: string, levelDbov: number): void {
    const voice = this.#voices.get(id);
    if (voice === undefined) return;
    voice.isHeard = true;
    voice.levelDbov += (levelDbov - voice.levelDbov) * (levelDbov > voice.levelDbov ? riseShare : fallShare);
    if (voice.levelDbov > speakingDbov) voice.lastLoudUs = this.#clock.nowUs();
  }

  /** To be called a few times a second; answers what changed, or undefined. */
  update(): SpeakerChange | undefined {
    const nowUs = this.#clock.nowUs();
    for (const voice of this.#voices.values()) {
      const speaks = nowUs - voice.lastLoudUs < speakingHoldUs;
      if (!speaks) voice.speakingSinceUs = undefined;
      else voice.speakingSinceUs ??= nowUs;
      // A microphone that is off sends nothing: what it said last is not what it begins with.
      if (!speaks && !voice.isHeard) voice.levelDbov = silenceDbov;
      voice.isHeard = false;
    }
    const speaking = [...this.#voices]
      .filter(([, voice]) => voice.speakingSinceUs !== undefined)
      .sort(([, a], [, b]) => b.levelDbov - a.levelDbov)
      .map(([id]) => id);
    const dominant = this.#nextDominant(speaking[0], nowUs);
    const dominantVoice = dominant === null ? undefined : this.#voices.get(dominant);
    if (dominantVoice !== undefined) dominantVoice.lastDominantUs = nowUs;
    const sameSpeakers = speaking.length === this.#speaking.length && speaking.every((id) => this.#speaking.includes(id));
    if (sameSpeakers && dominant === this.#dominant) return undefined;
    this.#speaking = speaking;
    this.#dominant = dominant;
    return { speaking, dominant };
  }

  #nextDominant(loudest: string | undefined, nowUs: number): string | null {
    const current = this.#dominant === null ? undefined : this.#voices.get(this.#dominant);
    const challenger = loudest === undefined ? undefined : this.#voices.get(loudest);
    // He who spoke last stays large in the silence after him, for as long as he is there.
    if (loudest === undefined || challenger?.speakingSinceUs === undefined) return current === undefined ? null : this.#dominant;
    if (current === undefined) return loudest;
    const spokenUs = nowUs - challenger.speakingSinceUs;
    if (current.speakingSinceUs === undefined) return spokenUs >= takeOverSilentUs ? loudest : this.#dominant;
    const isLouder = challenger.levelDbov - current.levelDbov >= takeOverLouderDb;
    return isLouder && spokenUs >= takeOverSpeakingUs ? loudest : this.#dominant;
  }
}
