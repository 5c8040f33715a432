import { expect } from 'chai';
import fc from 'fast-check';
import { limiterCeiling, limiterDelaySamples, PeakLimiter } from '../../../mixer/audio/peak-limiter.js';
import { SoundBlock } from '../../../mixer/audio/sound-block.js';
import { join, largestStep, noise, peak, rmsDb, tone, toneDb } from './sound.js';
import { talk } from './spoken.js';
import { truePeakDb } from './true-peak-meter.js';

const ceilingDb = 20 * Math.log10(limiterCeiling);

/** @param samples a multiple of 960 */
function limit(samples: Float32Array, limiter = new PeakLimiter()): Float32Array {
  const block = new SoundBlock();
  const out: Float32Array[] = [];
  for (let from = 0; from < samples.length; from += 960) {
    block.left.set(samples.subarray(from, from + 960));
    limiter.processBlock(block, block);
    out.push(block.left.slice());
  }
  return join(out);
}

describe('PeakLimiter', () => {
  it('only delays, by 3 ms and bit by bit, what is below the ceiling', () => {
    const input = noise(0.5 * limiterCeiling, 9600, 1);
    const output = limit(input);
    expect(output.subarray(limiterDelaySamples)).to.deep.equal(input.subarray(0, input.length - limiterDelaySamples));
    expect(output.subarray(0, limiterDelaySamples)).to.deep.equal(new Float32Array(limiterDelaySamples));
  });

  it('lets nothing above the ceiling, whatever comes, nor the curve between the samples above -1 dBTP', () => {
    const burst = fc.record({ at: fc.nat(2879), length: fc.integer({ min: 1, max: 1000 }), size: fc.double({ min: -40, max: 40, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(burst, { maxLength: 8 }), fc.integer(), (bursts, seed) => {
        const input = noise(0.5, 2880, seed);
        for (const { at, length, size } of bursts) for (let i = at; i < Math.min(at + length, input.length); i += 1) input[i] = input[i]! + size;
        const output = limit(input);
        return peak(output) <= limiterCeiling + 1e-6 && truePeakDb(output) <= -1;
      }),
      { numRuns: 60 },
    );
  });

  it('holds the ceiling for ten who shout at full scale, as true peak', () => {
    const input = new Float32Array(96_000);
    for (let person = 0; person < 10; person += 1) for (const [i, sample] of talk({ seconds: 2, pitchHz: 90 + 20 * person, seed: person }).entries()) input[i] = input[i]! + 2 * sample;
    const output = limit(input);
    expect(truePeakDb(output)).to.be.within(ceilingDb - 0.2, ceilingDb + 0.1);
  });

  it('sees what no sample shows: a tone whose samples all miss its peaks', () => {
    const input = Float32Array.from({ length: 9600 }, (_, i) => Math.min(1, i / 2400) * 1.02 * Math.sin((Math.PI / 2) * i + Math.PI / 4));
    expect(peak(input)).to.be.below(limiterCeiling);
    expect(truePeakDb(limit(input).subarray(0, 9600 - 64))).to.be.closeTo(ceilingDb, 0.1);
  });

  for (const hz of [100, 1000, 5000]) {
    it(`leaves a lone tone of ${hz} Hz at full scale what it is, but for its size: distortion below 0.5 %`, () => {
      const output = limit(tone(hz, 1, 0, 144_000)).subarray(96_000);
      const harmonics = Array.from({ length: Math.min(20, Math.floor(23_000 / hz) - 1) }, (_, i) => 10 ** (toneDb(output, hz * (i + 2), 48_000) / 10));
      const distortion = Math.sqrt(harmonics.reduce((sum, power) => sum + power, 0)) / 10 ** (toneDb(output, hz, 48_000) / 20);
      expect(distortion).to.be.below(0.005);
      expect(toneDb(output, hz, 48_000)).to.be.closeTo(ceilingDb, 0.1);
    });
  }

  it('keeps the sign and the shape of a wave ten times too large: no wrap, no flat top', () => {
    const input = tone(400, 10, 0, 48_000);
    const output = limit(input).subarray(9600);
    expect(peak(output)).to.be.within(limiterCeiling * 0.97, limiterCeiling + 1e-6);
    expect(toneDb(output, 400)).to.be.closeTo(ceilingDb, 0.2);
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
    limit(noise(0.3, 96_000, 2), limiter);
    limiter.takeLowestGain();
    const input = noise(0.3, 9600, 3);
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

  it('moves both sides by one gain, and the side that is not too loud with it', () => {
    const limiter = new PeakLimiter();
    const [block, out] = [new SoundBlock(), new SoundBlock()];
    block.isStereo = true;
    const sides: [Float32Array[], Float32Array[]] = [[], []];
    for (let from = 0; from < 48_000; from += 960) {
      block.left.set(tone(1000, 2, from, 960));
      block.right.set(tone(600, 0.1, from, 960));
      limiter.processBlock(block, out);
      expect(out.isStereo).to.equal(true);
      sides[0].push(out.left.slice());
      sides[1].push(out.right.slice());
    }
    expect(toneDb(join(sides[0]).subarray(9600), 1000)).to.be.closeTo(ceilingDb, 0.1);
    expect(toneDb(join(sides[1]).subarray(9600), 600)).to.be.closeTo(-20 + 20 * Math.log10(limiterCeiling / 2), 0.1);
  });

  it('goes from mono to stereo and back with nothing lost of what waits', () => {
    const limiter = new PeakLimiter();
    const out = new SoundBlock();
    const [left, right] = [noise(0.3, 5 * 960, 1), noise(0.3, 5 * 960, 2)];
    const heard: [Float32Array[], Float32Array[]] = [[], []];
    const isStereo: boolean[] = [];
    for (let tick = 0; tick < 5; tick += 1) {
      const block = new SoundBlock();
      block.isStereo = tick === 1 || tick === 2;
      block.left.set(left.subarray(tick * 960, (tick + 1) * 960));
      block.right.set(right.subarray(tick * 960, (tick + 1) * 960));
      limiter.processBlock(block, out);
      isStereo.push(out.isStereo);
      heard[0].push(out.left.slice());
      heard[1].push(out.isStereo ? out.right.slice() : out.left.slice());
    }
    expect(isStereo).to.deep.equal([false, true, true, true, false]);
    const [heardLeft, heardRight] = [join(heard[0]), join(heard[1])];
    for (let i = 0; i + limiterDelaySamples < left.length; i += 1) {
      expect(heardLeft[i + limiterDelaySamples]).to.equal(left[i]);
      expect(heardRight[i + limiterDelaySamples]).to.equal(i >= 960 && i < 2880 ? right[i] : left[i]);
    }
  });
});
