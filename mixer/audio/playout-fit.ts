import { rampSamples } from './audio-format.js';
import type { PlayoutCounters } from './playout-counters.js';
import type { Sound } from './sound-block.js';
import { lengthen, lengthenUnheard, shorten, shortenUnheard } from './splice.js';

/**
 * Errors of the delay that are driven out by cutting or doubling: at once and by a whole packet where it is quiet, a period at a time in what repeats and in
 * noise, and when there is much too much of it by cutting a whole packet also in speech.
 */
const cutQuietUs = 15_000;
const cutPeriodUs = 20_000;
const cutAnywayUs = 100_000;
const quietDbov = -50;
/** Between two cuts in sound: a whole packet is heard as a small stumble, and periods taken out of each packet or put into it as haste or drawl. */
const packetsBetweenCuts = 4;

/** Makes packets shorter or longer where the delay is far from wanted and nobody hears it: what NetEq calls accelerate and preemptive expand. */
export class PlayoutFit {
  readonly #counters: PlayoutCounters;
  #packetsSinceCut = 0;

  constructor(counters: PlayoutCounters) {
    this.#counters = counters;
  }

  /** @param levelDbov of the sound @param errorUs actual minus wanted delay */
  apply(sound: Sound, levelDbov: number, errorUs: number): Sound {
    this.#packetsSinceCut += 1;
    if (sound.left.length < 2 * rampSamples) return sound;
    const quiet = levelDbov < quietDbov;
    if (!quiet && this.#packetsSinceCut <= packetsBetweenCuts) return sound;
    const leastUs = quiet ? cutQuietUs : cutPeriodUs;
    let fitted: Sound | undefined;
    if (errorUs > leastUs) {
      fitted = quiet ? shorten(sound) : shortenUnheard(sound) ?? (errorUs > cutAnywayUs ? shorten(sound) : undefined);
      if (fitted !== undefined) this.#counters.shortened += 1;
    } else if (errorUs < -leastUs) {
      fitted = quiet ? lengthen(sound) : lengthenUnheard(sound);
      if (fitted !== undefined) this.#counters.lengthened += 1;
    }
    if (fitted !== undefined) this.#packetsSinceCut = 0;
    return fitted ?? sound;
  }
}
