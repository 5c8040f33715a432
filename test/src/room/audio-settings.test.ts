import { expect } from 'chai';
import { audioSettings } from '../../../src/room/audio-settings.js';

describe('audioSettings', () => {
  it('gives music what it needs at least, and leaves the rest as it was chosen', () => {
    const chosen = { mode: 'voice', bitrateBps: 48_000, complexity: 3, maxTalkers: 4 } as const;
    expect(audioSettings(chosen)).to.deep.equal(chosen);
    expect(audioSettings({ ...chosen, mode: 'music' })).to.deep.equal({ ...chosen, mode: 'music', bitrateBps: 96_000 });
    expect(audioSettings({ ...chosen, mode: 'music', bitrateBps: 160_000 }).bitrateBps).to.equal(160_000);
  });
});
