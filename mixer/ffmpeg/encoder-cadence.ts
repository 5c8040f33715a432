/**
 * The time that an encoder is told, which runs evenly: each picture gets what the usual distance between pictures is worth. By the pictures' own times libvpx takes a single one that is
 * missing for half of the frame rate, gives twice as much to each that follows, and needs seconds to see its mistake: a fifth to two fifths above the bitrate, on whose path there was room for none.
 * A pause is not made up for either: what was not sent while nothing moved does not have to be sent at once when something does.
 */

/** The middle one of so many distances: one or two that are longer mean nothing, five are another frame rate. */
const distances = 9;
/** Of the nominal distance. More is a pause. */
const longestDistance = 5;

export interface EncoderTime {
  readonly startUs: number;
  readonly durationUs: number;
}

export class EncoderCadence {
  readonly #nominalUs: number;
  readonly #recentUs: number[] = [];
  #previousUs: number | undefined;
  #nextUs = 0;

  /** @param fps the frame rate that the encoder was opened with */
  constructor(fps: number) {
    this.#nominalUs = 1_000_000 / fps;
  }

  /** Of the next picture; each begins where the one before it ends. @param ptsUs when it is shown, later than the one before */
  next(ptsUs: number): EncoderTime {
    const distanceUs = ptsUs - (this.#previousUs ?? Number.NEGATIVE_INFINITY);
    this.#previousUs = ptsUs;
    if (distanceUs <= longestDistance * this.#nominalUs) {
      this.#recentUs.push(distanceUs);
      if (this.#recentUs.length > distances) this.#recentUs.shift();
    }
    const startUs = this.#nextUs;
    const durationUs = this.#usualUs();
    this.#nextUs += durationUs;
    return { startUs, durationUs };
  }

  /** Whole microseconds, nominal until enough pictures have come. */
  #usualUs(): number {
    const usualUs = this.#recentUs.length < distances ? this.#nominalUs : [...this.#recentUs].sort((a, b) => a - b)[distances >> 1] ?? this.#nominalUs;
    return Math.round(Math.max(this.#nominalUs, usualUs));
  }
}
