/**
 * Keeps one channel within full scale: a half-wave that goes above it is made smaller as a whole, so that it keeps its shape and begins and ends at nothing. What is
 * within full scale stays as it is, bit by bit. Opus carries far more (a packet may decode to a peak of 1000), and libopus leaves it to its users (`opus_pcm_soft_clip`).
 */
export class SoftClip {
  /** Of the half-wave that the last block ended in. */
  #gain = 1;
  #isPositive = true;

  /** One block after the other, in place. @param samples finite @param peak the largest sample's size, or more */
  process(samples: Float32Array, peak: number): void {
    if (this.#gain === 1 && peak <= 1) {
      this.#isPositive = (samples[samples.length - 1] ?? 0) >= 0;
      return;
    }
    let from = 0;
    let before = (samples[0] ?? 0) >= 0 === this.#isPositive ? this.#gain : undefined;
    while (from < samples.length) {
      this.#isPositive = (samples[from] ?? 0) >= 0;
      const end = this.#endOfHalfWave(samples, from);
      this.#gain = shrink(samples, from, end, before);
      before = undefined;
      from = end;
    }
  }

  #endOfHalfWave(samples: Float32Array, from: number): number {
    let end = from + 1;
    while (end < samples.length && (samples[end] ?? 0) >= 0 === this.#isPositive) end += 1;
    return end;
  }
}

/** @param before the gain that the half-wave had in the last block: from there it falls until the peak; undefined where it begins here @returns the gain at the end */
function shrink(samples: Float32Array, from: number, end: number, before: number | undefined): number {
  let [peak, peakAt] = [1, from];
  for (let i = from; i < end; i += 1) {
    const size = Math.abs(samples[i] ?? 0);
    if (size > peak) [peak, peakAt] = [size, i];
  }
  const gain = Math.min(before ?? 1, 1 / peak);
  if (gain === 1) return 1;
  for (let i = from; i < end; i += 1) {
    const here = before === undefined || i >= peakAt ? gain : before + ((gain - before) * (i - from)) / (peakAt - from);
    samples[i] = Math.max(-1, Math.min(1, (samples[i] ?? 0) * here));
  }
  return gain;
}
