/**
 * When a picture stood still, as browsers count it (W3C webrtc-stats, `freezeCount`): a gap between two frames of more than three times the usual, and of
 * 150 ms more than the usual at least. Times are microseconds of any clock that goes forward.
 */

/** Frames over which "usual" is measured: a second of video. */
const windowFrames = 30;
const leastExcessUs = 150_000;
const freezeFactor = 3;

export class FreezeMeter {
  count = 0;
  totalUs = 0;
  readonly #gapsUs = new Float64Array(windowFrames);
  #sumUs = 0;
  #gaps = 0;
  #lastUs: number | undefined;

  onFrame(nowUs: number): void {
    const lastUs = this.#lastUs;
    this.#lastUs = nowUs;
    if (lastUs === undefined) return;
    const gapUs = nowUs - lastUs;
    if (this.#isFreeze(gapUs)) {
      this.count += 1;
      this.totalUs += gapUs;
    }
    const slot = this.#gaps % windowFrames;
    this.#sumUs += gapUs - (this.#gaps < windowFrames ? 0 : (this.#gapsUs[slot] ?? 0));
    this.#gapsUs[slot] = gapUs;
    this.#gaps += 1;
  }

  /** Counts a freeze that has not ended yet; to be called once, at the end. */
  finish(nowUs: number): void {
    if (this.#lastUs === undefined || !this.#isFreeze(nowUs - this.#lastUs)) return;
    this.count += 1;
    this.totalUs += nowUs - this.#lastUs;
    this.#lastUs = undefined;
  }

  #isFreeze(gapUs: number): boolean {
    const known = Math.min(this.#gaps, windowFrames);
    // Two gaps say what is usual; before that there is nothing to compare with.
    if (known < 2) return false;
    const usualUs = this.#sumUs / known;
    return gapUs > Math.max(freezeFactor * usualUs, usualUs + leastExcessUs);
  }
}
