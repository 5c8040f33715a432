import { expect } from 'chai';
import { aligned } from '../../../bench/speech/align.js';
import { resample } from '../../../bench/speech/resample.js';
import { logSpectralDistanceDb } from '../../../bench/speech/spectral-distance.js';
import { powerSpectrum } from '../../../bench/speech/spectrum.js';
import { stoi, stoiRateHz } from '../../../bench/speech/stoi.js';
import { MadeVoice } from '../../../bench/network/made-voice.js';
import { noise, tone, toneDb } from '../../mixer/audio/sound.js';

const seconds = 2;

/** Something with syllables and formants, at the measure's rate. */
function voice(rateHz = stoiRateHz): Float64Array {
  const samples = new Int16Array(seconds * 48_000);
  new MadeVoice().fill(samples);
  return resample(Array.from(samples, (sample) => sample / 32_768), 48_000, rateHz);
}

function withNoise(clean: Float64Array, signalToNoiseDb: number, seed = 3): Float64Array {
  const hiss = noise(1, clean.length, seed);
  const energy = (samples: ArrayLike<number>): number => Array.from(samples).reduce((sum, sample) => sum + sample * sample, 0);
  const scale = Math.sqrt(energy(clean) / energy(hiss)) / 10 ** (signalToNoiseDb / 20);
  return clean.map((sample, index) => sample + scale * hiss[index]!);
}

describe('stoi', () => {
  const clean = voice();

  it('is 1 for the same, however loud', () => {
    expect(stoi(clean, clean)).to.be.closeTo(1, 1e-9);
    expect(stoi(clean, clean.map((sample) => 0.1 * sample))).to.be.closeTo(1, 1e-9);
  });

  it('falls with the noise, and is near 0 for noise alone', () => {
    const scores = [20, 10, 0, -10, -20].map((db) => stoi(clean, withNoise(clean, db)));
    expect(scores).to.deep.equal(scores.toSorted((a, b) => b - a));
    expect(scores[0]).to.be.above(0.9);
    expect(scores[4]).to.be.below(0.5);
    expect(Math.abs(stoi(clean, Float64Array.from(noise(0.1, clean.length, 5))))).to.be.below(0.2);
  });

  it('falls with the share of packets that are missing', () => {
    const holes = (share: number): Float64Array => clean.map((sample, index) => (((Math.floor(index / 200) * 7_919) % 100) / 100 < share ? 0 : sample));
    const scores = [0, 0.05, 0.2, 0.5].map((share) => stoi(clean, holes(share)));
    expect(scores).to.deep.equal(scores.toSorted((a, b) => b - a));
    expect(scores[1]).to.be.within(0.8, 0.999);
  });

  it('looks only at frames in which somebody speaks, and refuses too few of them', () => {
    const padded = new Float64Array(clean.length + 10_000);
    padded.set(clean);
    const noisy = padded.slice();
    noisy.set(Float64Array.from(noise(0.0005, 10_000, 9)), clean.length);
    expect(stoi(padded, noisy)).to.be.above(0.99);
    expect(() => stoi(clean.subarray(0, 2_000), clean.subarray(0, 2_000))).to.throw(RangeError);
  });
});

describe('logSpectralDistanceDb', () => {
  const clean = voice(16_000);

  it('is 0 for the same, however loud, and the difference where a filter changes all', () => {
    expect(logSpectralDistanceDb(clean, clean.map((sample) => 3 * sample))).to.be.closeTo(0, 1e-6);
    expect(logSpectralDistanceDb(clean, withNoise(clean, 10))).to.be.above(logSpectralDistanceDb(clean, withNoise(clean, 20)));
    expect(logSpectralDistanceDb(clean, withNoise(clean, 60))).to.be.below(1);
  });
});

describe('aligned', () => {
  it('finds speech that came late, was cut and was stretched', () => {
    const clean = voice();
    const heard = new Float64Array(clean.length + 4_000);
    heard.set(clean.subarray(0, 9_000), 1_234);
    heard.set(clean.subarray(9_000, 14_000), 9_000 + 1_434);
    heard.set(clean.subarray(14_000), 14_000 + 1_134);
    expect(stoi(clean, heard.subarray(1_234))).to.be.below(0.92);
    const straight = aligned(clean, heard, stoiRateHz, 0.5);
    expect(straight.length).to.equal(clean.length);
    expect(stoi(clean, straight)).to.be.above(0.96);
  });
});

describe('resample', () => {
  it('keeps a tone where it is, and lets nothing fold', () => {
    const sample = (hz: number): Float32Array => Float32Array.from(resample(resample(tone(hz, 0.5, 0, 48_000), 48_000, 10_000), 10_000, 48_000));
    expect(toneDb(sample(1_000).subarray(4_800, 43_200), 1_000)).to.be.closeTo(-6, 0.1);
    expect(toneDb(sample(7_000).subarray(4_800, 43_200), 3_000)).to.be.below(-60);
  });
});

describe('powerSpectrum', () => {
  it('finds a cosine in its bin, and all of its energy', () => {
    const power = powerSpectrum(Float64Array.from({ length: 64 }, (_unused, index) => Math.cos((2 * Math.PI * 5 * index) / 64)));
    expect(power[5]).to.be.closeTo(32 ** 2, 1e-6);
    expect(power.filter((_unused, bin) => bin !== 5).every((value) => value < 1e-12)).to.equal(true);
  });
});
