import { expect } from 'chai';
import type { Sound } from '../../../mixer/audio/sound-block.js';
import { crossfadeIn, crossfadeSound, lengthen, lengthenUnheard, merge, rampGain, shorten, shortenUnheard } from '../../../mixer/audio/splice.js';
import { join, largestStep, noise, rmsDb, tone } from './sound.js';

describe('splice', () => {
  const block = tone(300, 0.5, 0, 960);
  const mono = (left: Float32Array): Sound => ({ left, right: undefined });

  it('shortens and lengthens by whole blocks less 5 ms, joined at both ends', () => {
    for (const [cut, length] of [[shorten(mono(block)).left, 240], [lengthen(mono(block)).left, 1680]] as const) {
      expect(cut.length).to.equal(length);
      expect(cut[0]).to.be.closeTo(block[0]!, 0.03);
      expect(cut.at(-1)).to.be.closeTo(block.at(-1)!, 0.03);
      // The tone steps by 0.0196; where the pieces do not fit, the fade adds at most a full swing in 5 ms.
      expect(largestStep(cut)).to.be.below(0.0196 + 1 / 240);
    }
  });

  for (const voiceHz of [105, 130, 200, 317, 400]) {
    it(`takes periods out of a voice of ${voiceHz} Hz or plays them twice, and it goes on as if nothing had been`, () => {
      const harmonics = (from: number): Float32Array => {
        const samples = new Float32Array(960);
        for (const [overtone, amplitude] of [[1, 0.2], [2, 0.15], [3, 0.1], [5, 0.05]] as const) {
          for (const [i, sample] of tone(voiceHz * overtone, amplitude, from, 960).entries()) samples[i] = samples[i]! + sample;
        }
        return samples;
      };
      const before = harmonics(0);
      const voice = harmonics(960);
      const cut = shortenUnheard(mono(voice))!.left;
      const taken = 960 - cut.length;
      expect(taken).to.be.within(120, 480);
      const periods = taken / (48_000 / voiceHz);
      expect(periods).to.be.closeTo(Math.round(periods), 0.01);
      expect(cut.subarray(240)).to.deep.equal(voice.subarray(taken + 240));
      expect(largestStep(join([before, cut]))).to.be.at.most(largestStep(join([before, voice])) * 1.02);
      expect(rmsDb(cut.subarray(0, 240)), 'the fade leaves no dip').to.be.closeTo(rmsDb(voice.subarray(0, 240)), 0.5);
      const longer = lengthenUnheard(mono(voice))!.left;
      expect(longer.length - 960).to.equal(taken);
      expect(longer.subarray(0, taken)).to.deep.equal(voice.subarray(0, taken));
      expect(longer.subarray(taken + 240)).to.deep.equal(voice.subarray(240));
      expect(largestStep(join([before, longer]))).to.be.at.most(largestStep(join([before, voice])) * 1.02);
      expect(rmsDb(longer.subarray(taken, taken + 240))).to.be.closeTo(rmsDb(voice.subarray(0, 240)), 0.5);
    });
  }

  it('takes a piece out of noise', () => {
    const cuts = Array.from({ length: 50 }, (_, seed) => ({ hiss: noise(0.1, 960, seed), cut: shortenUnheard(mono(noise(0.1, 960, seed)))?.left }));
    expect(cuts.filter(({ cut }) => cut !== undefined).length).to.be.above(35);
    for (const { hiss, cut } of cuts) {
      if (cut === undefined) continue;
      expect(cut.length).to.be.within(480, 840);
      expect(cut[0]).to.be.closeTo(hiss[0]!, 0.01);
      expect(cut.subarray(240)).to.deep.equal(hiss.subarray(960 - cut.length + 240));
    }
  });

  it('leaves alone what repeats only half, and blocks that are too short', () => {
    const hoarse = noise(0.35, 960, 4).map((sample, i) => sample + tone(300, 0.5, i, 1)[0]!);
    expect(shortenUnheard(mono(hoarse))).to.equal(undefined);
    expect(lengthenUnheard(mono(hoarse))).to.equal(undefined);
    expect(shortenUnheard(mono(tone(300, 0.5, 0, 480)))).to.equal(undefined);
  });

  it('takes silence for noise', () => {
    expect(shortenUnheard(mono(new Float32Array(960)))).to.deep.equal(mono(new Float32Array(480)));
  });

  for (const phase of [0, 40, 100, 150, 200]) {
    it(`merges what was said into what was made up, in phase: ${phase} samples of 240 apart`, () => {
      const wave = (from: number, count: number): Float32Array => tone(200, 0.3, from, count).map((sample, i) => sample + tone(600, 0.15, from + i, 1)[0]!);
      const [madeUp, tail, said] = [wave(0, 480), wave(480, 480), wave(480 + phase, 960)];
      const merged = merge(mono(said.slice()), mono(tail), 480).left;
      const taken = 960 - merged.length;
      expect((taken + phase) % 240, 'whole periods apart').to.be.oneOf([0, 1, 239]);
      expect(taken).to.be.below(240 + 1);
      expect(merged.subarray(240)).to.deep.equal(said.subarray(taken + 240));
      expect(largestStep(join([madeUp, merged]))).to.be.at.most(largestStep(said) * 1.03);
      // A fade between waves that are out of phase has a hole in its middle: up to 20 dB.
      for (let at = 0; at < 480; at += 120) expect(rmsDb(merged.subarray(at, at + 240))).to.be.closeTo(rmsDb(said), 0.7);
      expect(merge(mono(said.slice()), mono(tail), 60).left.length, 'no more than it may').to.be.at.least(900);
    });
  }

  it('merges at once where nothing fits, and leaves short blocks whole', () => {
    expect(merge(mono(noise(0.3, 960, 1)), mono(tone(200, 0.3, 0, 480)), 480).left.length).to.equal(960);
    expect(merge(mono(tone(200, 0.3, 50, 480)), mono(tone(200, 0.3, 0, 480)), 480).left.length).to.equal(480);
  });

  it('fades from what would have followed', () => {
    const into = new Float32Array(960).fill(1);
    crossfadeIn(into, new Float32Array(480).fill(-1));
    expect(into[0]).to.be.closeTo(-1, 0.01);
    expect(into[120]).to.be.closeTo(0, 0.01);
    expect(into[240]).to.equal(1);
    expect(largestStep(into)).to.be.below(0.01);
  });

  it('ramps a gain and holds it', () => {
    const samples = new Float32Array(960).fill(1);
    rampGain(samples, 1, 0, 240);
    expect(samples[0]).to.be.closeTo(1, 0.01);
    expect([...samples.subarray(239)].every((sample) => sample === 0)).to.equal(true);
    const up = new Float32Array(100).fill(1);
    rampGain(up, 0.5, 1, 100);
    expect(up[99]).to.equal(1);
    expect(up[0]).to.be.closeTo(0.505, 1e-6);
  });

  describe('of two channels', () => {
    const gained = (samples: Float32Array, gain: number): Float32Array => samples.map((sample) => gain * sample);
    const voice = tone(200, 0.4, 0, 960).map((sample, i) => sample + tone(600, 0.2, i, 1)[0]!);

    it('cuts both at the same places: what one says the other says, louder or softer', () => {
      for (const cut of [shorten, lengthen, shortenUnheard, lengthenUnheard]) {
        const alone = cut(mono(voice))!;
        const both = cut({ left: voice, right: gained(voice, 0.5) })!;
        expect(both.left).to.deep.equal(alone.left);
        expect(both.right).to.deep.equal(gained(alone.left, 0.5));
      }
    });

    it('finds the period of what is opposite in both, whose sum is silence', () => {
      const cut = shortenUnheard({ left: voice, right: gained(voice, -1) })!;
      expect((960 - cut.left.length) % 240).to.equal(0);
      expect(cut.right).to.deep.equal(gained(cut.left, -1));
    });

    it('finds no place where one of two equally loud channels has none', () => {
      const hoarse = noise(0.35, 960, 4).map((sample, i) => sample + tone(300, 0.5, i, 1)[0]!);
      expect(shortenUnheard({ left: voice, right: hoarse })).to.equal(undefined);
    });

    it('fades mono into stereo and stereo into mono, and leaves mono alone', () => {
      const [high, low] = [new Float32Array(960).fill(0.5), new Float32Array(960).fill(-0.5)];
      const into = crossfadeSound(mono(high.slice()), { left: low, right: high });
      expect(into.left[0]).to.be.closeTo(-0.5, 0.01);
      expect(into.right![0]).to.be.closeTo(0.5, 0.01);
      expect([into.left[240], into.right![240]]).to.deep.equal([0.5, 0.5]);
      const from = crossfadeSound({ left: high.slice(), right: low.slice() }, mono(low));
      expect([from.left[0]!, from.right![0]!].map((sample) => sample < -0.49)).to.deep.equal([true, true]);
      expect([from.left[240], from.right![240]]).to.deep.equal([0.5, -0.5]);
      expect(crossfadeSound(mono(high.slice()), mono(low)).right).to.equal(undefined);
    });
  });
});
