import { expect } from 'chai';
import fc from 'fast-check';
import { limiterCeiling, limiterDelaySamples, PeakLimiter } from '../../../mixer/audio/peak-limiter.js';
import { join, largestStep, noise, peak, rmsDb, tone, toneDb } from './sound.js';

function limit(samples: Float32Array, limiter = new PeakLimiter()): Float32Array {
  const out: Float32Array[] = [];
  for (let from = 0; from < samples.length; from += 960) {
    const part = new Float32Array(Math.min(960, samples.length - from));
    limiter.process(samples.subarray(from, from + part.length), part);
    out.push(part);
  }
  return join(out);
}

describe('PeakLimiter', () => {
  it('only delays, by 3 ms and bit by bit, what is below the ceiling', () => {
    const input = noise(limiterCeiling, 9600, 1);
    const output = limit(input);
    expect(output.subarray(limiterDelaySamples)).to.deep.equal(input.subarray(0, input.length - limiterDelaySamples));
    expect(output.subarray(0, limiterDelaySamples)).to.deep.equal(new Float32Array(limiterDelaySamples));
  });

  it('lets nothing above the ceiling, whatever comes', () => {
    const burst = fc.record({ at: fc.nat(9599), length: fc.integer({ min: 1, max: 2000 }), size: fc.double({ min: -40, max: 40, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(burst, { maxLength: 8 }), fc.integer(), (bursts, seed) => {
        const input = noise(0.5, 9600, seed);
        for (const { at, length, size } of bursts) for (let i = at; i < Math.min(at + length, input.length); i += 1) input[i] = input[i]! + size;
        return peak(limit(input)) <= limiterCeiling + 1e-6;
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the sign and the shape of a wave ten times too large: no wrap, no flat top', () => {
    const input = tone(400, 10, 0, 48_000);
    const output = limit(input).subarray(9600);
    expect(peak(output)).to.be.within(limiterCeiling * 0.97, limiterCeiling + 1e-6);
    expect(toneDb(output, 400)).to.be.closeTo(20 * Math.log10(limiterCeiling), 0.2);
    const harmonics = [800, 1200, 1600, 2000].map((hz) => 10 ** (toneDb(output, hz) / 10)).reduce((sum, power) => sum + power, 0);
    expect(10 * Math.log10(harmonics) - toneDb(output, 400), 'distortion').to.be.below(-46);
    const matching = output.filter((sample, i) => Math.sign(sample) === Math.sign(input[9600 + i - limiterDelaySamples]!)).length;
    expect(matching / output.length).to.be.above(0.999);
  });

  it('turns down before a peak and comes back in a few tenths of a second', () => {
    const input = tone(300, 0.4, 0, 48_000);
    for (let i = 12_000; i < 12_100; i += 1) input[i] = 4;
    const output = limit(input);
    // Turning down by 13 dB within 3 ms is steeper than the tone, and still no click of full height.
    expect(largestStep(output.subarray(0, 12_000 + limiterDelaySamples - 2))).to.be.below(0.03);
    expect(rmsDb(output.subarray(13_000, 13_960)), 'ducked').to.be.below(-17);
    expect(rmsDb(output.subarray(38_000, 48_000)), 'back').to.be.closeTo(20 * Math.log10(0.4 / Math.SQRT2), 0.2);
  });

  it('comes to rest: after the loud part it copies again', () => {
    const limiter = new PeakLimiter();
    limit(tone(300, 3, 0, 9600), limiter);
    expect(limiter.takeLowestGain()).to.be.closeTo(limiterCeiling / 3, 0.01);
    limit(noise(0.5, 96_000, 2), limiter);
    limiter.takeLowestGain();
    const input = noise(0.5, 9600, 3);
    const output = limit(input, limiter);
    expect(output.subarray(limiterDelaySamples)).to.deep.equal(input.subarray(0, input.length - limiterDelaySamples));
    expect(limiter.takeLowestGain()).to.equal(1);
  });

  it('goes on exactly as another one would', () => {
    const [one, other] = [new PeakLimiter(), new PeakLimiter()];
    limit(tone(300, 2, 0, 9600), one);
    limit(noise(5, 960, 4), other);
    other.copyFrom(one);
    const next = tone(300, 2, 9600, 9600);
    expect(limit(next, other)).to.deep.equal(limit(next, one));
  });
});
