// Speech made in code, as rough as a robot's and alike in what matters to meters: a pitch that glides, syllables with formants, hisses between them, pauses after phrases.
import { GatedLoudness } from '../../../mixer/audio/gated-loudness.js';
import { LoudnessMeter } from '../../../mixer/audio/loudness-meter.js';
import { randomSource, rateHz } from './sound.js';

export interface Talk {
  readonly seconds: number;
  readonly pitchHz: number;
  readonly seed: number;
}

const vowels = [[730, 1090, 2440], [270, 2290, 3010], [300, 870, 2240], [530, 1840, 2480], [570, 840, 2410]] as const;

/** A resonance of the mouth (two poles). */
function resonate(samples: Float32Array, from: number, to: number, hz: number, widthHz: number): void {
  const radius = Math.exp((-Math.PI * widthHz) / rateHz);
  const a1 = 2 * radius * Math.cos((2 * Math.PI * hz) / rateHz);
  let [y1, y2] = [0, 0];
  for (let i = from; i < to; i += 1) {
    const y = (1 - radius) * samples[i]! + a1 * y1 - radius * radius * y2;
    [y2, y1] = [y1, y];
    samples[i] = y;
  }
}

/** Peak 0.5. */
export function talk({ seconds, pitchHz, seed }: Talk): Float32Array {
  const random = randomSource(seed);
  const out = new Float32Array(Math.round(seconds * rateHz));
  let at = 0;
  while (at < out.length) {
    const syllables = 5 + Math.floor(random() * 6);
    for (let syllable = 0; syllable < syllables && at < out.length; syllable += 1) {
      const hiss = Math.min(out.length - at, Math.round((0.03 + 0.05 * random()) * rateHz));
      for (let i = 0; i < hiss; i += 1) out[at + i] = 0.2 * (2 * random() - 1) * Math.sin((Math.PI * i) / hiss);
      at += hiss;
      const length = Math.min(out.length - at, Math.round((0.12 + 0.15 * random()) * rateHz));
      const stress = 0.5 + 0.5 * random();
      const glide = pitchHz * (0.85 + 0.3 * random());
      let phase = 0;
      for (let i = 0; i < length; i += 1) {
        phase += (glide * (1 + 0.1 * Math.sin((Math.PI * i) / length))) / rateHz;
        if (phase >= 1) {
          phase -= 1;
          out[at + i] = 1;
        }
      }
      for (const [n, hz] of vowels[Math.floor(random() * vowels.length)]!.entries()) resonate(out, at, at + length, hz, 80 + 40 * n);
      // Every vowel with the same effort.
      const effort = Math.sqrt(out.subarray(at, at + length).reduce((sum, sample) => sum + sample * sample, 1e-12) / length);
      for (let i = 0; i < length; i += 1) out[at + i] = (out[at + i]! / effort) * stress * Math.sin((Math.PI * (i + 0.5)) / length) ** 0.7;
      at += length;
    }
    at += Math.round((0.25 + 0.4 * random()) * rateHz);
  }
  const highest = out.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return out.map((sample) => (0.5 * sample) / highest);
}

/** Integrated loudness of the whole. */
export function integratedLufs(left: Float32Array, right?: Float32Array): number {
  const [meter, gated] = [new LoudnessMeter(), new GatedLoudness(Number.POSITIVE_INFINITY)];
  for (let from = 0; from + 960 <= left.length; from += 960) {
    if (meter.add(left.subarray(from, from + 960), right?.subarray(from, from + 960))) gated.add(meter.momentaryPower);
  }
  return gated.lufs ?? Number.NEGATIVE_INFINITY;
}

/** The same, as loud as asked for. */
export function atLufs(samples: Float32Array, lufs: number): Float32Array {
  const gain = 10 ** ((lufs - integratedLufs(samples)) / 20);
  return samples.map((sample) => sample * gain);
}
