import { expect } from 'chai';
import { MadeVoice } from '../../../bench/network/made-voice.js';

const chunkSamples = 480;

function speak(chunks: number): Int16Array[] {
  const voice = new MadeVoice();
  return Array.from({ length: chunks }, () => {
    const samples = new Int16Array(chunkSamples);
    voice.fill(samples);
    return samples;
  });
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

describe('MadeVoice', () => {
  it('is never silent and never clips', () => {
    const chunks = speak(500).slice(2);
    expect(Math.min(...chunks.map(rms))).to.be.above(200);
    const peak = Math.max(...chunks.map((samples) => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)));
    expect(peak).to.be.within(4_000, 30_000);
  });

  it('says the same each time, and not the same all the time', () => {
    const chunks = speak(200);
    expect(speak(200)).to.deep.equal(chunks);
    expect(new Set(chunks.map((samples) => samples.join())).size).to.equal(200);
  });
});
