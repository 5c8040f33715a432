/**
 * How late after its capture a picture is ready to be shown: what nearly all of the last ones stayed below. Who shows each picture this long after its
 * capture shows nearly all of them on time. One keyframe or one hiccup of the machine does not delay everything after it, and a path that became
 * slower or faster is followed within seconds. Microseconds; pure.
 */
export class Lateness {
  readonly #startUs: number;
  readonly #lastUs = new Float64Array(windowPictures);
  readonly #sorted = new Float64Array(windowPictures);
  #begun = 0;
  #observed = 0;
  #usualUs: number;

  /** @param startUs until enough pictures were seen */
  constructor(startUs: number) {
    this.#startUs = startUs;
    this.#usualUs = startUs;
  }

  /** @param latenessUs ready minus captured; may be negative while the sender's clock is not yet known well */
  observe(latenessUs: number): void {
    if (this.#begun < picturesOfBeginning) {
      this.#begun += 1;
      return;
    }
    this.#lastUs[this.#observed % windowPictures] = latenessUs;
    this.#observed += 1;
    if (this.#observed >= picturesToTrust && this.#observed % picturesBetweenLooks === 0) this.#usualUs = this.#find();
  }

  /** Never below 0. */
  get usualUs(): number {
    return Math.max(0, Math.round(this.#usualUs));
  }

  #find(): number {
    const count = Math.min(this.#observed, windowPictures);
    this.#sorted.set(this.#lastUs.subarray(0, count));
    return this.#sorted.subarray(0, count).sort()[Math.floor((count - 1) * share)] ?? this.#startUs;
  }
}

/** Four seconds at 30 pictures a second: half of it lets three late pictures count as the rule, twice as much holds sound back for what is long over. */
const windowPictures = 128;

/** The rest is shown a tick late. At 0.99 a hiccup a second, as any busy machine has, would delay picture and sound of everybody. */
const share = 0.95;

/**
 * A stream's first pictures wait for a decoder that is being opened, a keyframe that is large and a sender who is busy with joining: they say little about
 * the rest, and as an eighth of the window they would say it for four seconds.
 */
const picturesOfBeginning = 24;
const picturesToTrust = 24;

/** Sorting takes a few microseconds; nobody needs it more often. */
const picturesBetweenLooks = 4;
