/** Power of each bin of a real frame's spectrum: radix-2 transform, made anew each time; for measuring. */

/** @param frame a power of two of samples @returns bins 0 to half of it, squared magnitudes */
export function powerSpectrum(frame: Float64Array): Float64Array {
  const size = frame.length;
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  const bits = Math.log2(size);
  for (let index = 0; index < size; index += 1) {
    let reversed = 0;
    for (let bit = 0; bit < bits; bit += 1) reversed |= ((index >> bit) & 1) << (bits - 1 - bit);
    re[reversed] = frame[index] ?? 0;
  }
  for (let half = 1; half < size; half *= 2) {
    for (let offset = 0; offset < half; offset += 1) {
      const angle = (-Math.PI * offset) / half;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let at = offset; at < size; at += 2 * half) {
        const other = at + half;
        const [otherRe, otherIm] = [re[other] ?? 0, im[other] ?? 0];
        const [turnedRe, turnedIm] = [cos * otherRe - sin * otherIm, cos * otherIm + sin * otherRe];
        re[other] = (re[at] ?? 0) - turnedRe;
        im[other] = (im[at] ?? 0) - turnedIm;
        re[at] = (re[at] ?? 0) + turnedRe;
        im[at] = (im[at] ?? 0) + turnedIm;
      }
    }
  }
  return Float64Array.from({ length: size / 2 + 1 }, (_unused, bin) => (re[bin] ?? 0) ** 2 + (im[bin] ?? 0) ** 2);
}

/** Frames under Hann windows, half overlapping, zeros behind each up to `size`. */
export function spectrogram(samples: Float64Array, frameSamples: number, size: number): Float64Array[] {
  const hop = frameSamples / 2;
  const frames: Float64Array[] = [];
  for (let from = 0; from + frameSamples <= samples.length; from += hop) {
    const frame = new Float64Array(size);
    for (let index = 0; index < frameSamples; index += 1) {
      frame[index] = (samples[from + index] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * (index + 1)) / (frameSamples + 1)));
    }
    frames.push(powerSpectrum(frame));
  }
  return frames;
}
