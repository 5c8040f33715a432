/**
 * The time that an encoder is told, which runs evenly: each picture is worth the usual distance between pictures. By the pictures' own times libvpx takes a single one that is missing for half of the
 * frame rate, gives twice as much to each that follows, and needs seconds to see its mistake: a fifth to a half above the bitrate, on whose path there was room for none. (To say how long each picture
 * lasts changes nothing: FFmpeg does not tell it.) A pause is not made up for either: what was not sent while nothing moved does not have to be sent at once when something does.
 */

/** A mean of so many. It is whole for 15 of 25 ticks a second, 80, 40 and 80 ms apart. */
const distances = 9;
/** Of the middle one of them: what is longer is a picture that is missing, and means nothing as long as most are not. */
const longestShare = 1.6;
/** Of the nominal distance. More is a pause. */
const longestDistance = 5;

export class EncoderCadence {
  readonly #nominalUs: number;
  readonly #recentUs: number[] = [];
  #previousUs: number | undefined;
  #nextUs = 0;

  /** @param fps the frame rate that the encoder was opened with */
  constructor(fps: number) {
    this.#nominalUs = 1_000_000 / fps;
  }

  /** When the next picture begins for the encoder, in whole microseconds. @param ptsUs when it is shown, later than the one before */
  next(ptsUs: number): number {
    const distanceUs = ptsUs - (this.#previousUs ?? Number.NEGATIVE_INFINITY);
    this.#previousUs = ptsUs;
    if (distanceUs <= longestDistance * this.#nominalUs) {
      this.#recentUs.push(distanceUs);
      if (this.#recentUs.length > distances) this.#recentUs.shift();
    }
    const startUs = this.#nextUs;
    this.#nextUs += Math.round(this.#usualUs());
    return startUs;
  }

  /** Nominal until enough pictures have come, and where they come together. */
  #usualUs(): number {
    if (this.#recentUs.length < distances) return this.#nominalUs;
    const longestUs = longestShare * ([...this.#recentUs].sort((a, b) => a - b)[distances >> 1] ?? 0);
    const usual = this.#recentUs.filter((distanceUs) => distanceUs <= longestUs);
    return Math.max(this.#nominalUs, usual.reduce((sum, distanceUs) => sum + distanceUs, 0) / usual.length);
  }
}
