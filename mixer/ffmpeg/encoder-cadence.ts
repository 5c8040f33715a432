/**
 * The time that an encoder is told, which runs evenly: each picture is worth the usual distance between pictures. By the pictures' own times libvpx takes a single one that is missing for half of the
 * frame rate, gives twice as much to each that follows, and needs seconds to see its mistake: a fifth to a half above the bitrate, on whose path there was room for none. (To say how long each picture
 * lasts changes nothing: FFmpeg does not tell it.) A pause is not made up for either: what was not sent while nothing moved does not have to be sent at once when something does.
 */

/** Of the mean; so slow that uneven pictures, and single ones that are missing, move it by less than the tenth from which on libvpx begins anew. */
const meanGain = 1 / 12;
/** Of the mean: what is longer counts as that. */
const longestShare = 1.6;
/** Of the nominal distance. More is a pause. */
const longestDistance = 5;

export class EncoderCadence {
  readonly #nominalUs: number;
  #meanUs: number;
  #previousUs: number | undefined;
  #nextUs = 0;

  /** @param fps the frame rate that the encoder was opened with */
  constructor(fps: number) {
    this.#nominalUs = 1_000_000 / fps;
    this.#meanUs = this.#nominalUs;
  }

  /** When the next picture begins for the encoder, in whole microseconds. @param ptsUs when it is shown, later than the one before */
  next(ptsUs: number): number {
    const distanceUs = ptsUs - (this.#previousUs ?? Number.NEGATIVE_INFINITY);
    this.#previousUs = ptsUs;
    if (distanceUs <= longestDistance * this.#nominalUs) this.#meanUs += (Math.min(distanceUs, longestShare * this.#meanUs) - this.#meanUs) * meanGain;
    const startUs = this.#nextUs;
    // Pictures that come together are no higher frame rate.
    this.#nextUs += Math.round(Math.max(this.#nominalUs, this.#meanUs));
    return startUs;
  }
}
