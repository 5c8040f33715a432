/**
 * How late after its capture a picture is ready to be shown, as a slowly sinking peak: a picture later than all recent ones raises it at once, then it
 * sinks by a fixed part of the distance for each picture. Who shows each picture this long after its capture shows nearly all of them on time.
 * Microseconds; pure.
 */
export class Lateness {
  #peakUs: number;

  constructor(startUs: number) {
    this.#peakUs = startUs;
  }

  /** @param latenessUs ready minus captured; may be negative while the sender's clock is not yet known well */
  observe(latenessUs: number): void {
    const overUs = latenessUs - this.#peakUs;
    this.#peakUs += overUs > 0 ? Math.min(overUs, mostRiseUs) : overUs * sinkRate;
  }

  get peakUs(): number {
    return Math.max(0, Math.round(this.#peakUs));
  }
}

/** One keyframe that came late does not delay everything after it for seconds; a path that became slower is reached within a few pictures. */
const mostRiseUs = 40_000;

/** At 30 pictures a second half of the distance is gone after 4.6 s: faster than a viewer notices drift, slower than the pause between keyframes. */
const sinkRate = 0.005;
