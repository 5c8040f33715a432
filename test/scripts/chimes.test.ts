import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeChimes } from '../../scripts/chimes.js';
import { makeWaveFile } from '../../scripts/wave-file.js';
import { largestStep, peak } from '../mixer/audio/sound.js';
import { rootFolder } from '../support/root-folder.js';

describe('the sounds that come along', () => {
  for (const { file, sampleRateHz, samples } of makeChimes()) {
    it(`${file} is what \`npm run sounds\` writes`, () => {
      expect(readFileSync(join(rootFolder, 'sounds', file)).equals(makeWaveFile({ sampleRateHz, channels: [samples] }))).to.equal(true);
    });

    it(`${file} is softer than a voice, and has no click, where it is looped neither`, () => {
      expect(peak(samples)).to.be.within(0.1, 0.35);
      // The highest partial that is loud: 4 x 880 Hz.
      const allowed = peak(samples) * ((2 * Math.PI * 3600) / sampleRateHz);
      expect(largestStep(Float32Array.from([...samples, ...samples]))).to.be.below(allowed);
    });
  }
});
