// The one sound format inside the mixer: Float32 at 48 kHz, one channel or two (`sound-block.ts`), 1.0 is full scale, 20 ms a tick.

export const sampleRateHz = 48_000;

/** What Opus clients send by default; shorter costs more packets and encodes, longer adds its length to the delay. */
export const tickUs = 20_000;
export const tickSamples = 960;

/** A ramp this long is heard as a soft edge; from about 1 ms down an edge is heard as a click, above 10 ms it eats the start of plosives. */
export const rampSamples = 240;

/** What RFC 6464 calls silence. */
export const silenceDbov = -127;

/** Not rounded: sums of many stay true. */
export function samplesToUs(samples: number): number {
  return (samples * 1_000_000) / sampleRateHz;
}

/** Rounded to whole samples. */
export function usToSamples(us: number): number {
  return Math.round((us * sampleRateHz) / 1_000_000);
}

export function dbToGain(db: number): number {
  return 10 ** (db / 20);
}
