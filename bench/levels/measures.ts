/** What is told about sounds in numbers: distortion, noise, leaks. Mono at 48 kHz. */
const sampleRateHz = 48_000;
/** Further up nothing is left of the curve that Opus codes and people hear. */
const highestHarmonicHz = 20_000;
/** What equal bits are told as: below any sound that is there. */
const nothingDb = -200;

export function meanPower(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum / samples.length;
}

export function peakOf(samples: Float32Array): number {
  let highest = 0;
  for (const sample of samples) highest = Math.max(highest, Math.abs(sample));
  return highest;
}

/** Of a sine, under a Hann window over the whole. */
function amplitudeAt(samples: Float32Array, hz: number): number {
  const step = (2 * Math.PI * hz) / sampleRateHz;
  let re = 0;
  let im = 0;
  for (const [i, sample] of samples.entries()) {
    const weighted = sample * (1 - Math.cos((2 * Math.PI * i) / samples.length));
    re += weighted * Math.cos(step * i);
    im += weighted * Math.sin(step * i);
  }
  return (2 * Math.hypot(re, im)) / samples.length;
}

/** Total harmonic distortion: all overtones of a tone against the tone itself. */
export function distortionPercent(samples: Float32Array, hz: number): number {
  let power = 0;
  for (let overtone = 2 * hz; overtone <= highestHarmonicHz; overtone += hz) power += amplitudeAt(samples, overtone) ** 2;
  return (100 * Math.sqrt(power)) / amplitudeAt(samples, hz);
}

/** What of `heard` differs from `without`, against `own`: what of oneself is in one's own ears. */
export function leakDb(heard: Float32Array, without: Float32Array, own: Float32Array): number {
  return decibels(meanPower(heard.map((sample, i) => sample - (without[i] ?? 0))) / meanPower(own));
}

/** How much of `own` a listener would find in `heard`, at the delay that fits best of those given. */
export function correlationDb(heard: Float32Array, own: Float32Array, delays: readonly number[]): number {
  const power = meanPower(own) * own.length;
  return Math.max(...delays.map((delay) => {
    let product = 0;
    for (let i = 0; i + delay < heard.length; i += 1) product += (heard[i + delay] ?? 0) * (own[i] ?? 0);
    return decibels((product / power) ** 2);
  }));
}

/** What is not `wanted` in `out`, against what is, at the size that fits best. @param delay of `out`, in samples */
export function noiseDb(out: Float32Array, wanted: Float32Array, delay: number): number {
  let product = 0;
  let power = 0;
  const length = Math.min(out.length - delay, wanted.length);
  for (let i = 0; i < length; i += 1) {
    product += (out[i + delay] ?? 0) * (wanted[i] ?? 0);
    power += (wanted[i] ?? 0) ** 2;
  }
  const size = product / power;
  let rest = 0;
  for (let i = 0; i < length; i += 1) rest += ((out[i + delay] ?? 0) - size * (wanted[i] ?? 0)) ** 2;
  return decibels(rest / (size * size * power));
}

function decibels(share: number): number {
  return share === 0 ? nothingDb : 10 * Math.log10(share);
}
