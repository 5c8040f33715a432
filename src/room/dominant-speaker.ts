/**
 * Who leads the conversation: dominant speaker identification after Volfin and Cohen, "Dominant speaker identification for multipoint videoconferencing",
 * Computer Speech & Language 27 (2013) 895-910. Pure: times come from outside.
 *
 * Each microphone has a score for each of three lengths of time: by how much its activity v of n looks more like speech than like noise,
 *
 *     score(v) = ln [ C(n,v) p^v (1-p)^(n-v) ] - ln [ l e^(-l v) ]
 *
 * and one who speaks takes over when the logarithms of his scores over the dominant one's are above a threshold on all three: speech now (a click is over by
 * the next decision), more of it in the last 100 ms (who talks over a speaker waits for his first pause), more of it in the last second (a "mm-hm" in that pause is not enough).
 * In a silence there is nobody to compare with: then it is half a second of speech within the last one.
 */
import { immediateSteps, longBlocks, mediumFrames, SpeechActivity } from './speech-activity.js';

/** Of a frame of speech half of what is counted is active (the paper's p, and that of its ports). */
const activeShare = 0.5;
/** The paper's l, as in Jitsi's port of it (jitsi-utils, DominantSpeakerIdentification): how quickly activity becomes unlikely for noise. */
const noiseDecay = { immediate: 0.78, medium: 24, long: 47 } as const;
/** Scores are divided by each other: below it there is no speech at all. */
const leastScore = 1;
/** Now: a vowel (20 dB above its room) against a pause (less). Four decibels more find fewer false speakers, and leave out who sits far from his microphone. */
const leastImmediate = 0.8;
/** In the last 100 ms: more active frames, one is enough. */
const leastMedium = 0;
/** In the last second: more active blocks by a third. By a fifth, the last syllables of an echo take over from him whose echo they are. */
const leastLong = 0.3;
/** Blocks of 100 ms of the last ten that anybody needs: coughs, doors and acknowledgements are over sooner. With one less a third more of the switches are false, one more comes 0.12 s later (bench/speakers). */
const leastLongBlocks = 5;

const immediateScores = scoresOf(immediateSteps, noiseDecay.immediate);
const mediumScores = scoresOf(mediumFrames, noiseDecay.medium);
const longScores = scoresOf(longBlocks, noiseDecay.long);

/** Of somebody who is not there, and of who has been silent for a second. */
const silentScores = { immediate: leastScore, medium: leastScore, long: leastScore };

export class DominantSpeaker {
  readonly #activities = new Map<string, SpeechActivity>();
  /** Whether anything was heard of them in the second before the last decision. */
  readonly #active = new Set<string>();
  #dominant: string | null = null;

  get dominant(): string | null {
    return this.#dominant;
  }

  /** Whose microphone was heard in the second before the last decision, in no order; those alone are worth a look. */
  get active(): ReadonlySet<string> {
    return this.#active;
  }

  add(id: string): void {
    this.#activities.set(id, new SpeechActivity());
  }

  remove(id: string): void {
    this.#activities.delete(id);
    this.#active.delete(id);
    if (this.#dominant === id) this.#dominant = null;
  }

  /** As RFC 6464 has it, -127 to 0; of somebody who was not added it is dropped. */
  takeLevel(id: string, levelDbov: number, nowUs: number): void {
    this.#activities.get(id)?.takeLevel(levelDbov, nowUs);
  }

  activityOf(id: string): SpeechActivity | undefined {
    return this.#activities.get(id);
  }

  /** To be called each 100 ms: who dominates from now on. He stays it in the silence after him; null only as long as nobody has spoken, or after he has left. */
  decide(nowUs: number): string | null {
    for (const [id, activity] of this.#activities) {
      if (activity.weigh(nowUs)) this.#active.add(id);
      else this.#active.delete(id);
    }
    const holder = this.#dominant === null || !this.#active.has(this.#dominant) ? silentScores : scoreOf(this.#activities.get(this.#dominant));
    let best = { long: leastLong, medium: leastMedium };
    for (const id of this.#active) {
      const activity = this.#activities.get(id);
      if (id === this.#dominant || activity === undefined || activity.long < leastLongBlocks) continue;
      const scores = scoreOf(activity);
      if (Math.log(scores.immediate / holder.immediate) <= leastImmediate) continue;
      const medium = Math.log(scores.medium / holder.medium);
      const long = Math.log(scores.long / holder.long);
      if (medium <= leastMedium || long < best.long || (long === best.long && medium <= best.medium)) continue;
      best = { long, medium };
      this.#dominant = id;
    }
    return this.#dominant;
  }
}

function scoreOf(activity: SpeechActivity | undefined): typeof silentScores {
  if (activity === undefined) return silentScores;
  return { immediate: immediateScores[activity.immediate] ?? leastScore, medium: mediumScores[activity.medium] ?? leastScore, long: longScores[activity.long] ?? leastScore };
}

/** The score of each v from 0 to n. Never falling: the binomial falls beyond its middle, but he who shouts speaks no less than others. */
function scoresOf(n: number, decay: number): readonly number[] {
  const scores: number[] = [];
  let lnChoices = 0;
  for (let v = 0; v <= n; v += 1) {
    if (v > 0) lnChoices += Math.log((n - v + 1) / v);
    const score = lnChoices + v * Math.log(activeShare) + (n - v) * Math.log(1 - activeShare) - Math.log(decay) + decay * v;
    scores.push(Math.max(leastScore, score, scores[v - 1] ?? leastScore));
  }
  return scores;
}
