/** The anchor: smoothed level with hysteresis, as the room itself decided before it knew better. */
import type { SpeakerRule } from './speaker-rule.js';

interface Voice {
  /** Smoothed, dBov. */
  levelDbov: number;
  isHeard: boolean;
  lastLoudMs: number;
  speakingSinceMs: number | undefined;
}

const silenceDbov = -127;
const speakingDbov = -45;
/** Rise in about 60 ms, fall in about 300 ms. */
const riseShare = 0.3;
const fallShare = 0.06;
const speakingHoldMs = 600;
/** To take over from one who is silent, and from one who speaks: so long, and louder by so much. */
const takeOverSilentMs = 400;
const takeOverSpeakingMs = 1_500;
const takeOverLouderDb = 3;
/** It decides five times a second. */
const decisionMs = 200;

export class PlainEnergyRule implements SpeakerRule {
  readonly #voices: readonly Voice[];
  #dominant: number | undefined;
  #nowMs = 0;

  constructor(people: number) {
    this.#voices = Array.from({ length: people }, () => ({ levelDbov: silenceDbov, isHeard: false, lastLoudMs: Number.NEGATIVE_INFINITY, speakingSinceMs: undefined }));
  }

  takeLevel(person: number, levelDbov: number): void {
    const voice = this.#voices[person];
    if (voice === undefined) return;
    voice.isHeard = true;
    voice.levelDbov += (levelDbov - voice.levelDbov) * (levelDbov > voice.levelDbov ? riseShare : fallShare);
    if (voice.levelDbov > speakingDbov) voice.lastLoudMs = this.#nowMs;
  }

  decide(nowMs: number): number | undefined {
    this.#nowMs = nowMs;
    if (nowMs % decisionMs !== 0) return this.#dominant;
    let loudest: number | undefined;
    for (const [person, voice] of this.#voices.entries()) {
      const speaks = nowMs - voice.lastLoudMs < speakingHoldMs;
      if (!speaks) voice.speakingSinceMs = undefined;
      else voice.speakingSinceMs ??= nowMs;
      if (!speaks && !voice.isHeard) voice.levelDbov = silenceDbov;
      voice.isHeard = false;
      if (speaks && (loudest === undefined || voice.levelDbov > (this.#voices[loudest]?.levelDbov ?? silenceDbov))) loudest = person;
    }
    this.#dominant = this.#next(loudest, nowMs);
    return this.#dominant;
  }

  #next(loudest: number | undefined, nowMs: number): number | undefined {
    const current = this.#dominant === undefined ? undefined : this.#voices[this.#dominant];
    const challenger = loudest === undefined ? undefined : this.#voices[loudest];
    if (challenger?.speakingSinceMs === undefined) return this.#dominant;
    if (current === undefined) return loudest;
    const spokenMs = nowMs - challenger.speakingSinceMs;
    if (current.speakingSinceMs === undefined) return spokenMs >= takeOverSilentMs ? loudest : this.#dominant;
    return challenger.levelDbov - current.levelDbov >= takeOverLouderDb && spokenMs >= takeOverSpeakingMs ? loudest : this.#dominant;
  }
}
