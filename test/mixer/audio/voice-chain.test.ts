import { expect } from 'chai';
import { MixSum } from '../../../mixer/audio/mix-sum.js';
import { PeakLimiter } from '../../../mixer/audio/peak-limiter.js';
import { SoundBlock } from '../../../mixer/audio/sound-block.js';
import { VoiceChain } from '../../../mixer/audio/voice-chain.js';
import type { AudioMode, VoiceSettings } from '../../../mixer/protocol.js';
import { join, largestStep, noise, peak, rateHz, rmsDb, tone } from './sound.js';
import { atLufs, integratedLufs, talk } from './spoken.js';

const plain: VoiceSettings = { muted: false, gainDb: 0, levelled: false, noiseSuppressed: false };

class Person {
  readonly faults: string[] = [];
  readonly chain: VoiceChain;
  readonly block = new SoundBlock();

  constructor(mode: AudioMode = 'voice') {
    this.chain = new VoiceChain({ mode, onFault: (stage, message) => this.faults.push(`${stage}: ${message}`) });
  }

  play(left: Float32Array, right?: Float32Array): Float32Array {
    const out: Float32Array[] = [];
    for (let from = 0; from + 960 <= left.length; from += 960) {
      this.block.isStereo = right !== undefined;
      this.block.left.set(left.subarray(from, from + 960));
      if (right !== undefined) this.block.right.set(right.subarray(from, from + 960));
      this.chain.process(this.block);
      out.push(this.block.left.slice());
    }
    return join(out);
  }
}

describe('VoiceChain', () => {
  it('changes no bit while nothing is switched on, whatever his level', async () => {
    const person = new Person();
    await person.chain.set(plain);
    for (const lufs of [-50, -20]) {
      const voice = atLufs(talk({ seconds: 4, pitchHz: 130, seed: 1 }), lufs);
      expect(person.play(voice)).to.deep.equal(voice.subarray(0, 960 * Math.floor(voice.length / 960)));
    }
    expect(person.chain.delaySamples).to.equal(0);
  });

  it('ramps a gain over one tick, up or down, and holds it', async () => {
    const person = new Person();
    const steady = new Float32Array(960).fill(0.1);
    await person.chain.set({ ...plain, gainDb: 20 });
    const rising = person.play(steady);
    expect(rising[0]).to.be.closeTo(0.1, 0.002);
    expect(rising[959]).to.be.closeTo(1, 1e-6);
    expect(largestStep(rising)).to.be.below(0.9 / 960 + 1e-6);
    expect([...person.play(steady)].every((sample) => Math.abs(sample - 1) < 1e-6)).to.equal(true);
    await person.chain.set({ ...plain, gainDb: -60 });
    person.play(steady);
    expect(rmsDb(person.play(steady))).to.be.closeTo(-80, 0.01);
    await person.chain.set(plain);
    person.play(steady);
    expect(person.play(steady)).to.deep.equal(steady);
  });

  it('keeps what comes in, and what gains make of it, within full scale, without a step at the seams', async () => {
    const person = new Person();
    await person.chain.set(plain);
    const loud = tone(97, 4, 0, 9600);
    const heard = person.play(loud);
    expect(peak(heard)).to.be.at.most(1);
    // A whole sine of full scale is what is left: its own steps are 0.0127.
    expect(largestStep(heard)).to.be.below(0.06);
    await person.chain.set({ ...plain, gainDb: 20 });
    const raised = person.play(tone(97, 0.5, 0, 48_000));
    expect(peak(raised)).to.be.at.most(1);
    expect(rmsDb(raised.subarray(9600)), 'turned down, not clipped').to.be.closeTo(-3, 0.5);
    expect(largestStep(raised.subarray(1920))).to.be.below(0.015);
  });

  it('gives both sides the same gain', async () => {
    const person = new Person('music');
    await person.chain.set({ ...plain, gainDb: -6 });
    person.play(new Float32Array(960), new Float32Array(960));
    const [left, right] = [noise(0.5, 960, 1), noise(0.3, 960, 2)];
    person.play(left, right);
    const gain = 10 ** (-6 / 20);
    for (let i = 0; i < 960; i += 1) {
      expect(person.block.left[i]).to.equal(Math.fround(left[i]! * gain));
      expect(person.block.right[i]).to.equal(Math.fround(right[i]! * gain));
    }
  });

  it('brings people recorded at -35, -23 and -12 LUFS within 3 LU of each other after 5 s', async () => {
    const heard: number[] = [];
    for (const [seed, lufs] of [-35, -23, -12].entries()) {
      const person = new Person();
      await person.chain.set({ ...plain, levelled: true });
      const voice = atLufs(talk({ seconds: 15, pitchHz: [110, 190, 260][seed]!, seed }), lufs);
      heard.push(integratedLufs(person.play(voice).subarray(5 * rateHz)));
    }
    expect(Math.max(...heard) - Math.min(...heard)).to.be.below(3);
  });

  it('puts the gain that was asked for on top of the levelled voice', async () => {
    const person = new Person();
    await person.chain.set({ ...plain, levelled: true, gainDb: -10 });
    const voice = atLufs(talk({ seconds: 15, pitchHz: 140, seed: 3 }), -28);
    expect(integratedLufs(person.play(voice).subarray(5 * rateHz))).to.be.closeTo(-30, 1.5);
    expect(person.chain.stats()['levelGainDb']).to.be.closeTo(8, 1.5);
  });

  it('makes no sound of its own while the leveller moves: no step from sample to sample', async () => {
    const person = new Person();
    await person.chain.set({ ...plain, levelled: true });
    const voice = atLufs(talk({ seconds: 6, pitchHz: 140, seed: 3 }), -38);
    const out = person.play(voice);
    let largest = 0;
    for (let i = 1; i < out.length; i += 1) {
      if (Math.min(Math.abs(voice[i]!), Math.abs(voice[i - 1]!)) < 1e-4) continue;
      largest = Math.max(largest, Math.abs((out[i]! * voice[i - 1]!) / (out[i - 1]! * voice[i]!) - 1));
    }
    // 0.3 dB in 960 samples.
    expect(20 * Math.log10(1 + largest)).to.be.within(0.0001, 0.0005);
  });

  it('leaves levels and noises of music rooms alone', async () => {
    const person = new Person('music');
    await person.chain.set({ ...plain, levelled: true, noiseSuppressed: true });
    const [left, right] = [noise(0.01, 96_000, 1), tone(440, 0.5, 0, 96_000)];
    expect(person.play(left, right)).to.deep.equal(left);
    expect([person.chain.delaySamples, person.block.isStereo]).to.deep.equal([0, true]);
  });

  it('suppresses noise before it measures the voice', async () => {
    const person = new Person();
    await person.chain.set({ ...plain, levelled: true, noiseSuppressed: true });
    const voice = atLufs(talk({ seconds: 15, pitchHz: 130, seed: 4 }), -33);
    const hiss = noise(0.01, voice.length, 5);
    person.play(voice.map((sample, i) => sample + hiss[i]!));
    expect(person.chain.stats()).to.deep.include({ noiseSuppression: 'on', delaySamples: 480, notFinite: 0 });
    expect(person.chain.stats()['speechLufs']).to.be.closeTo(-33, 2);
    person.chain.close();
  });

  it('silences what is no number, counts it, and is as good as before after it', async () => {
    const person = new Person();
    await person.chain.set({ ...plain, levelled: true, noiseSuppressed: true });
    const voice = atLufs(talk({ seconds: 10, pitchHz: 130, seed: 4 }), -25);
    person.play(voice);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) expect(person.play(new Float32Array(960).fill(bad)).every(Number.isFinite)).to.equal(true);
    expect(person.chain.stats()['notFinite']).to.equal(2);
    expect(integratedLufs(person.play(voice).subarray(rateHz))).to.be.closeTo(-20, 1.5);
    person.chain.close();
  });

  it('begins after a pause with the gain that he had, at once', async () => {
    const person = new Person();
    await person.chain.set({ ...plain, gainDb: 6 });
    person.chain.restart();
    expect(person.play(new Float32Array(960).fill(0.1))[0]).to.be.closeTo(0.2, 0.001);
  });
});

describe('the way of a voice from its chain to its own ears', () => {
  const people = 11;
  const seconds = 12;

  /** What the first of eleven hears while the ten others shout at full scale. */
  async function heardByFirst(own: Float32Array): Promise<Float32Array> {
    const voices = [own, ...Array.from({ length: people - 1 }, (_, i) => talk({ seconds, pitchHz: 90 + 17 * i, seed: i }).map((sample) => 2 * sample))];
    const chains = voices.map(() => new Person());
    for (const { chain } of chains) await chain.set({ ...plain, levelled: true });
    const limiter = new PeakLimiter();
    const sum = new MixSum();
    const out: Float32Array[] = [];
    for (let from = 0; from + 960 <= own.length; from += 960) {
      sum.clear();
      for (const [i, person] of chains.entries()) {
        person.play(voices[i]!.subarray(from, from + 960));
        sum.add(person.block);
      }
      const minus = new SoundBlock();
      sum.withoutInto(chains[0]!.block, minus);
      limiter.processBlock(minus, minus);
      out.push(minus.left);
    }
    return join(out);
  }

  it('leaks none of it, while the limiter works: -60 dB by correlation, and no bit', async () => {
    const own = noise(1, seconds * rateHz, 99);
    const heard = await heardByFirst(own);
    expect(peak(heard)).to.be.above(0.5);
    expect(heard).to.deep.equal(await heardByFirst(new Float32Array(own.length)));
    for (const delay of [0, 144, 147]) {
      let [product, power] = [0, 0];
      for (let i = 0; i + delay < heard.length; i += 1) {
        product += heard[i + delay]! * own[i]!;
        power += own[i]! ** 2;
      }
      expect(20 * Math.log10(Math.abs(product / power)), `${delay} samples late`).to.be.below(-60);
    }
  });
});
