import { tickSamples } from '../../mixer/audio/audio-format.js';
import { GatedLoudness } from '../../mixer/audio/gated-loudness.js';
import { LoudnessMeter } from '../../mixer/audio/loudness-meter.js';

/** By the mixer's own meter, of the whole. */
export function integratedLufs(samples: Float32Array): number {
  const [meter, gated] = [new LoudnessMeter(), new GatedLoudness(Number.POSITIVE_INFINITY)];
  for (let from = 0; from + tickSamples <= samples.length; from += tickSamples) {
    if (meter.add(samples.subarray(from, from + tickSamples), undefined)) gated.add(meter.momentaryPower);
  }
  return gated.lufs ?? Number.NEGATIVE_INFINITY;
}
