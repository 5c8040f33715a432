/** Who of those who speak is mixed, when more do than may be. Pure; times are microseconds of one clock. */
import { silenceDbov } from './audio-format.js';

export interface Candidate {
  readonly participantId: string;
  /** How loud he is now, -127 to 0. */
  readonly loudnessDbov: number;
  /** Nothing of him has stood out of the noise of his own room lately: a fan, hum, the street. Mixed where there is room, and no longer when somebody speaks up. */
  readonly isBackground: boolean;
}

/** A voice counts as loud as it was lately: the pause between two words (200 ms) lets it fall by 4 dB, which takes nobody's place. Twice as fast, it would. */
const fallDbPerSecond = 20;
/** Louder by this much, or he who has the place keeps it: two of the same loudness differ by less, else they would take turns in the middle of words. */
const marginDb = 6;
/** Heard louder for this long, pauses not counted: a cough or a door takes nobody's place. */
const patienceUs = 400_000;

class Talker {
  loudnessDbov = silenceDbov;
  isBackground = false;
  isSelected = false;
  /** In this tick alone. */
  nowDbov = silenceDbov;
  /** How long he has been louder than the quietest of those who are mixed. */
  louderUs = 0;
  /** Length of the last tick. */
  stepUs = 0;
  lastUs: number;

  constructor(nowUs: number) {
    this.lastUs = nowUs;
  }
}

/**
 * Everyone up to `mostTalkers` is mixed from the moment he speaks up. Beyond it, who has a place keeps it until somebody else has been clearly louder than
 * him for a while, or until he is no candidate any more.
 */
export class TalkerSelection {
  readonly #mostTalkers: number;
  readonly #talkers = new Map<string, Talker>();
  #selected = 0;
  #turnedAway = 0;

  constructor(mostTalkers: number) {
    this.#mostTalkers = mostTalkers;
  }

  /** Once a tick. @param candidates whose voice is worth mixing, in any order, each once */
  update(nowUs: number, candidates: readonly Candidate[]): void {
    for (const candidate of candidates) this.#hear(candidate, nowUs);
    for (const [participantId, talker] of this.#talkers) {
      if (talker.lastUs === nowUs) continue;
      if (talker.isSelected) this.#selected -= 1;
      this.#talkers.delete(participantId);
    }
    while (this.#selected < this.#mostTalkers) {
      const next = this.#loudestWaiting();
      if (next === undefined) return;
      this.#admit(next);
    }
    this.#clearBackground();
    this.#challenge();
  }

  #hear({ participantId, loudnessDbov, isBackground }: Candidate, nowUs: number): void {
    let talker = this.#talkers.get(participantId);
    if (talker === undefined) {
      talker = new Talker(nowUs);
      this.#talkers.set(participantId, talker);
    }
    talker.stepUs = nowUs - talker.lastUs;
    talker.nowDbov = loudnessDbov;
    talker.isBackground = isBackground;
    const fallenDb = talker.loudnessDbov - (fallDbPerSecond * talker.stepUs) / 1_000_000;
    talker.loudnessDbov = Math.max(loudnessDbov, fallenDb, silenceDbov);
    talker.lastUs = nowUs;
  }

  /** A voice waits for no fan: its first syllable is heard. */
  #clearBackground(): void {
    for (;;) {
      const next = this.#loudestWaiting();
      const last = this.#quietestSelected();
      if (next === undefined || last === undefined || next.isBackground || !last.isBackground) return;
      this.#replace(last, next);
    }
  }

  /** The loudest who waits may take the place of the quietest who is mixed: one in a tick. */
  #challenge(): void {
    const quietest = this.#quietestSelected();
    if (quietest === undefined) return;
    let winner: Talker | undefined;
    for (const talker of this.#talkers.values()) {
      if (talker.isSelected) continue;
      if (isBehind(talker, quietest) || talker.loudnessDbov < quietest.loudnessDbov + marginDb) talker.louderUs = 0;
      else if (talker.nowDbov >= quietest.loudnessDbov) talker.louderUs += talker.stepUs;
      if (talker.louderUs >= patienceUs && (winner === undefined || talker.loudnessDbov > winner.loudnessDbov)) winner = talker;
    }
    if (winner !== undefined) this.#replace(quietest, winner);
  }

  #replace(last: Talker, next: Talker): void {
    last.isSelected = false;
    this.#selected -= 1;
    this.#turnedAway += 1;
    this.#admit(next);
  }

  #admit(talker: Talker): void {
    talker.isSelected = true;
    talker.louderUs = 0;
    this.#selected += 1;
  }

  #loudestWaiting(): Talker | undefined {
    let loudest: Talker | undefined;
    for (const talker of this.#talkers.values()) {
      if (!talker.isSelected && (loudest === undefined || isAbove(talker, loudest))) loudest = talker;
    }
    return loudest;
  }

  #quietestSelected(): Talker | undefined {
    let quietest: Talker | undefined;
    for (const talker of this.#talkers.values()) {
      if (talker.isSelected && (quietest === undefined || isAbove(quietest, talker))) quietest = talker;
    }
    return quietest;
  }

  isSelected(participantId: string): boolean {
    return this.#talkers.get(participantId)?.isSelected === true;
  }

  /** How often somebody lost his place to another. */
  get turnedAway(): number {
    return this.#turnedAway;
  }
}

function isBehind(one: Talker, other: Talker): boolean {
  return one.isBackground && !other.isBackground;
}

function isAbove(one: Talker, other: Talker): boolean {
  return one.isBackground === other.isBackground ? one.loudnessDbov > other.loudnessDbov : other.isBackground;
}
