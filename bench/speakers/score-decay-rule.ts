/**
 * The rule of FreeSWITCH's mod_conference (signalwire/freeswitch, mod_conference.h and .c): each member's mean sample magnitude, smoothed; the floor passes from
 * one whose score has fallen below 100 to the first whose score is above 300, frame by frame. From levels, the mean magnitude is that of noise of the same power.
 */
import type { SpeakerRule } from './speaker-rule.js';

const scoreDecay = 0.8;
const mostScore = 25_000;
const talkScore = 300;
const cedeScore = 100;
const fullScale = 32_768;
/** Mean magnitude over root mean square of a Gaussian signal, which speech of many frames is near. */
const meanOverRms = Math.sqrt(2 / Math.PI);

export class ScoreDecayRule implements SpeakerRule {
  readonly #scores: Float64Array;
  readonly #latest: Float64Array;
  #floor: number | undefined;

  constructor(people: number) {
    this.#scores = new Float64Array(people);
    this.#latest = new Float64Array(people);
  }

  takeLevel(person: number, levelDbov: number): void {
    this.#latest[person] = fullScale * meanOverRms * 10 ** (levelDbov / 20);
  }

  decide(): number | undefined {
    for (const [person, latest] of this.#latest.entries()) {
      const score = Math.min(mostScore, (1 - scoreDecay) * latest + scoreDecay * (this.#scores[person] ?? 0));
      this.#scores[person] = score;
      // Who sends nothing is filled up with silence.
      this.#latest[person] = 0;
      const isCeded = this.#floor === undefined || (this.#scores[this.#floor] ?? 0) < cedeScore;
      if (isCeded && score > talkScore) this.#floor = person;
    }
    return this.#floor;
  }
}
