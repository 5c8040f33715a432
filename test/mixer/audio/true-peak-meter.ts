// The curve between samples, by a way of its own: a sinc of 64 taps under a Blackman window at 16 points of each step. The limiter's has 16 taps and 4 points.
const points = 16;
const side = 32;
const rows = Array.from({ length: points }, (_, point) =>
  Float64Array.from({ length: 2 * side }, (__, tap) => {
    const distance = tap - (side - 1) - point / points;
    const window = 0.42 + 0.5 * Math.cos((Math.PI * distance) / side) + 0.08 * Math.cos((2 * Math.PI * distance) / side);
    return distance === 0 ? 1 : (Math.sin(Math.PI * distance) / (Math.PI * distance)) * window;
  }),
);

/** In dB above full scale, of what lies 32 samples and more from both ends. */
export function truePeakDb(samples: Float32Array): number {
  let highest = 0;
  for (let from = 0; from + 2 * side <= samples.length; from += 1) {
    for (const row of rows) {
      let point = 0;
      for (let tap = 0; tap < 2 * side; tap += 1) point += row[tap]! * samples[from + tap]!;
      highest = Math.max(highest, Math.abs(point));
    }
  }
  return 20 * Math.log10(highest + 1e-12);
}
