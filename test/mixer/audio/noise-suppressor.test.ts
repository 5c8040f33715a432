import { expect } from 'chai';
import { NoiseSuppressor } from '../../../mixer/audio/noise-suppressor.js';
import { loadRnnoise, rnnoiseDelaySamples } from '../../../mixer/audio/rnnoise.js';
import { SoundBlock } from '../../../mixer/audio/sound-block.js';
import { join, largestStep, noise, rateHz, rmsDb } from './sound.js';
import { talk } from './spoken.js';

const speech = talk({ seconds: 10, pitchHz: 130, seed: 1 });
/** 10 dB below the speech. */
const hiss = noise(10 ** ((rmsDb(speech) - 10) / 20) * Math.sqrt(3), speech.length, 2);
const noisy = speech.map((sample, i) => sample + hiss[i]!);

interface Turn {
  readonly faults: string[];
  readonly suppressor: NoiseSuppressor;
  readonly play: (sound: Float32Array) => Float32Array;
}

function turn(): Turn {
  const faults: string[] = [];
  const suppressor = new NoiseSuppressor({ onFault: (message) => faults.push(message) });
  const play = (sound: Float32Array): Float32Array => {
    const out: Float32Array[] = [];
    const block = new SoundBlock();
    for (let from = 0; from + 960 <= sound.length; from += 960) {
      block.left.set(sound.subarray(from, from + 960));
      suppressor.process(block);
      out.push(block.left.slice());
    }
    return join(out);
  };
  return { faults, suppressor, play };
}

/** What of `out` is not `wanted` at its best size, in dB below it. */
function signalToRestDb(out: Float32Array, wanted: Float32Array): number {
  let [product, power] = [0, 0];
  for (const [i, sample] of out.entries()) {
    product += sample * wanted[i]!;
    power += wanted[i]! ** 2;
  }
  const size = product / power;
  return rmsDb(wanted.map((sample) => size * sample)) - rmsDb(out.map((sample, i) => sample - size * wanted[i]!));
}

describe('NoiseSuppressor', () => {
  it('costs and changes nothing while it is off', () => {
    const { suppressor, play } = turn();
    expect(play(noisy.subarray(0, 9600))).to.deep.equal(noisy.subarray(0, 9600));
    expect([suppressor.state, suppressor.delaySamples]).to.deep.equal(['off', 0]);
  });

  it('takes noise away from speech, 10 ms late', async () => {
    const { suppressor, play, faults } = turn();
    await suppressor.switch(true);
    const out = play(noisy);
    expect([suppressor.state, suppressor.delaySamples, faults.length]).to.deep.equal(['on', rnnoiseDelaySamples, 0]);
    const from = 2 * rateHz;
    const late = out.subarray(from + rnnoiseDelaySamples);
    const spoken = speech.subarray(from, from + late.length);
    const before = signalToRestDb(noisy.subarray(from, from + late.length), spoken);
    expect(before).to.be.closeTo(10, 1);
    expect(signalToRestDb(late, spoken)).to.be.above(before + 3);
    // At any other delay it does not fit as well.
    for (const wrong of [-240, 240]) expect(signalToRestDb(out.subarray(from + rnnoiseDelaySamples + wrong, from + rnnoiseDelaySamples + wrong + late.length - 240), spoken.subarray(0, late.length - 240))).to.be.below(before);
    suppressor.close();
  });

  it('leaves clean speech what it is', async () => {
    const { suppressor, play } = turn();
    await suppressor.switch(true);
    const out = play(speech);
    const late = out.subarray(2 * rateHz + rnnoiseDelaySamples);
    expect(signalToRestDb(late, speech.subarray(2 * rateHz, 2 * rateHz + late.length))).to.be.above(12);
    expect(rmsDb(late)).to.be.closeTo(rmsDb(speech.subarray(2 * rateHz)), 1);
    suppressor.close();
  });

  it('is switched on and off while he speaks, without a click, and is bit by bit off after it', async () => {
    const { suppressor, play } = turn();
    const part = (seconds: number): Float32Array => speech.subarray(seconds * rateHz, (seconds + 1) * rateHz);
    const parts = [play(part(0))];
    await suppressor.switch(true);
    parts.push(play(part(1)), play(part(2)));
    await suppressor.switch(false);
    parts.push(play(part(3)));
    expect(parts[3]!.subarray(960)).to.deep.equal(part(3).subarray(960));
    expect(suppressor.state).to.equal('off');
    const plain = largestStep(speech.subarray(0, 4 * rateHz));
    expect(largestStep(join(parts))).to.be.below(1.1 * plain);
  });

  it('goes on at once when it is switched on again before it was off', async () => {
    const { suppressor, play } = turn();
    await suppressor.switch(true);
    play(speech.subarray(0, rateHz));
    await suppressor.switch(false);
    await suppressor.switch(true);
    play(speech.subarray(rateHz, rateHz + 960));
    expect(suppressor.delaySamples).to.equal(rnnoiseDelaySamples);
    suppressor.close();
  });

  it('lets nothing of before through after a pause in which he was not decoded', async () => {
    const { suppressor, play } = turn();
    await suppressor.switch(true);
    play(speech.subarray(0, rateHz));
    suppressor.restart();
    expect(rmsDb(play(new Float32Array(960)))).to.be.below(-60);
    suppressor.close();
  });

  it('keeps of stereo what both sides have in common, as mono', async () => {
    const { suppressor } = turn();
    await suppressor.switch(true);
    const block = new SoundBlock();
    for (let from = 0; from < 4 * rateHz; from += 960) {
      block.isStereo = true;
      block.left.set(speech.subarray(from, from + 960).map((sample, i) => sample + hiss[from + i]!));
      block.right.set(speech.subarray(from, from + 960).map((sample, i) => sample - hiss[from + i]!));
      suppressor.process(block);
      expect(block.isStereo).to.equal(false);
    }
    suppressor.close();
  });

  it('keeps every voice apart', async () => {
    const rnnoise = await loadRnnoise();
    const [one, other] = [rnnoise.open(), rnnoise.open()];
    const alone = rnnoise.open();
    for (let from = 0; from < rateHz; from += 960) {
      const mine = noisy.slice(from, from + 960);
      const same = mine.slice();
      one.process(mine);
      other.process(noise(0.5, 960, from));
      alone.process(same);
      expect(mine).to.deep.equal(same);
    }
    for (const voice of [one, other, alone]) voice.close();
    expect(() => one.process(new Float32Array(960))).to.throw('closed');
  });

  it('says so when there are too many, and goes on without it for them', async () => {
    const rnnoise = await loadRnnoise();
    const voices = Array.from({ length: 500 }, () => rnnoise.open());
    const { suppressor, play, faults } = turn();
    await suppressor.switch(true);
    expect(faults).to.deep.equal(['no noise suppression: Noise is suppressed for 500 voices at most.']);
    expect(suppressor.state).to.equal('off');
    expect(play(noisy.subarray(0, 9600))).to.deep.equal(noisy.subarray(0, 9600));
    for (const voice of voices) voice.close();
    await suppressor.switch(false);
    await suppressor.switch(true);
    expect(suppressor.state).to.equal('on');
    suppressor.close();
  });
});
