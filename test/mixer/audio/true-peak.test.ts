import { expect } from 'chai';
import { harmlessShare, scanTruePeaks, truePeakTaps } from '../../../mixer/audio/true-peak.js';
import { noise, peak } from './sound.js';
import { truePeakDb } from './true-peak-meter.js';

const rest = truePeakTaps - 1;

/** As the limiter scans, but for peaks of any size. */
function measuredDb(samples: Float32Array): number {
  return 20 * Math.log10(scanTruePeaks(samples, rest, samples.length - rest, 0, new Float32Array(samples.length)));
}

/** Fades in and out over the length: what begins at full height has peaks of its own there. */
function faded(hz: number, phaseDegrees: number, amplitude: number): Float32Array {
  const count = 9600;
  return Float32Array.from({ length: count }, (_, i) => {
    const gain = Math.min(1, i / 2400, (count - 1 - i) / 2400);
    return amplitude * gain * Math.sin((2 * Math.PI * hz * i) / 48_000 + (phaseDegrees * Math.PI) / 180);
  });
}

describe('scanTruePeaks', () => {
  // EBU Tech 3341, table 1, cases 15 to 19: sines whose samples miss their peaks.
  for (const [number, hz, phase, amplitude, expectedDb] of [[15, 12_000, 0, 0.5, -6], [16, 12_000, 45, 0.5, -6], [17, 8_000, 60, 0.5, -6], [18, 6_000, 67.5, 0.5, -6], [19, 12_000, 45, 1.41, 3]] as const) {
    it(`reads ${expectedDb} dBTP in case ${number} of EBU Tech 3341`, () => {
      expect(measuredDb(faded(hz, phase, amplitude))).to.be.within(expectedDb - 0.4, expectedDb + 0.2);
      expect(measuredDb(faded(hz, phase, amplitude)), 'and by more than the standard asks for').to.be.closeTo(expectedDb, 0.1);
    });
  }

  it('agrees with a finer meter on noise', () => {
    for (const seed of [1, 2, 3]) {
      // Two neighbours' mean: nothing is left at 24 kHz, where four points of a step see least.
      const hiss = noise(1, 4801, seed);
      const soft = Float32Array.from({ length: 4800 }, (_, i) => (hiss[i]! + hiss[i + 1]!) / 2);
      expect(measuredDb(soft)).to.be.closeTo(truePeakDb(soft), 0.3);
    }
  });

  it('looks only where the curve might reach the size, and misses nothing there', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const samples = noise(0.6, 960, seed);
      const [all, some] = [new Float32Array(960), new Float32Array(960)];
      scanTruePeaks(samples, rest, 960 - rest, 0, all);
      scanTruePeaks(samples, rest, 960 - rest, 0.9, some);
      for (let i = 0; i < 960; i += 1) if (all[i]! > 0.9) expect(some[i]).to.equal(all[i]);
    }
  });

  it('calls harmless what cannot reach the size by any signs', () => {
    const samples = noise(1, 200_000, 4).map((sample) => Math.sign(sample) * 0.899 * harmlessShare);
    expect(peak(samples)).to.be.above(0.35);
    const sizes = new Float32Array(samples.length);
    // Among so many there are signs much like those of the taps.
    expect(scanTruePeaks(samples, rest, samples.length - rest, 0, sizes)).to.be.within(0.75, 0.8991);
    expect(scanTruePeaks(samples, rest, samples.length - rest, 0.9, new Float32Array(samples.length))).to.equal(0);
  });

  it('begins with what came before its first sample', () => {
    const samples = new Float32Array(64);
    samples[rest - 2] = 1;
    samples[rest - 1] = 1;
    // The curve between two equal samples and nothing else: 4 / pi.
    expect(scanTruePeaks(samples, rest, 32, 0.5, new Float32Array(64))).to.be.closeTo(4 / Math.PI, 0.05);
  });
});
