/** Another sample rate, by a windowed sinc cut off below the lower of both rates' halves: slow and exact, for measuring. */

/** Zero crossings on each side: the stop band is at -60 dB and below. */
const crossings = 16;
/** Of the lower rate's half: what lies above it in the transition would fold. */
const passShare = 0.95;

export function resample(samples: ArrayLike<number>, fromHz: number, toHz: number): Float64Array {
  const cutoff = passShare * Math.min(1, toHz / fromHz);
  const reach = crossings / cutoff;
  const out = new Float64Array(Math.floor((samples.length * toHz) / fromHz));
  for (let index = 0; index < out.length; index += 1) {
    const centre = (index * fromHz) / toHz;
    let sum = 0;
    for (let at = Math.max(0, Math.ceil(centre - reach)); at <= Math.min(samples.length - 1, centre + reach); at += 1) {
      const distance = at - centre;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / reach);
      const angle = Math.PI * cutoff * distance;
      sum += (samples[at] ?? 0) * cutoff * window * (angle === 0 ? 1 : Math.sin(angle) / angle);
    }
    out[index] = sum;
  }
  return out;
}
