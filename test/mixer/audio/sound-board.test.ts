import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { SoundBoard } from '../../../mixer/audio/sound-board.js';
import type { PlayedSound } from '../../../mixer/audio/tick-sound.js';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { makeWaveFile } from '../../../scripts/wave-file.js';
import { eventually } from '../../support/eventually.js';
import { peak, rmsDb, tone } from './sound.js';

describe('SoundBoard', () => {
  let folder: string;
  let objectsBefore: number;
  let board: SoundBoard;
  let ends: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-board-'));
    await writeFile(join(folder, 'hold.wav'), makeWaveFile({ sampleRateHz: 48_000, channels: [tone(500, 0.2, 0, 48_000)] }));
  });
  after(() => rm(folder, { recursive: true }));

  beforeEach(() => {
    objectsBefore = liveNativeObjects();
    ends = [];
    board = new SoundBoard({ onEnded: (soundId) => ends.push(soundId), onFault: (message) => expect.fail(message) });
    board.play({ soundId: 'hold', path: join(folder, 'hold.wav'), loop: true, gainDb: 0, participantIds: ['ann'] });
  });
  afterEach(async () => {
    await board.close();
    expect(liveNativeObjects()).to.equal(objectsBefore);
  });

  /** Ticks until it is heard: the file is read on another thread. */
  async function begin(): Promise<void> {
    await eventually('it begins', () => board.tick().length > 0);
  }

  function only(): PlayedSound {
    const playing = board.tick();
    expect(playing).to.have.lengthOf(1);
    return playing[0]!;
  }

  function state(): { readonly heard: boolean; readonly ranDry: number } {
    return board.stats()['hold'] as { heard: boolean; ranDry: number };
  }

  it('goes on with a real file for whoever is added, and leaves out who is taken away, without a gap', async () => {
    await begin();
    const before = only();
    expect([...before.participantIds!]).to.deep.equal(['ann']);
    const first = before.block.left.slice();
    board.setListeners('hold', ['ann', 'ben']);
    const both = only();
    expect([...both.participantIds!]).to.deep.equal(['ann', 'ben']);
    expect(both.participantIds, 'another set, by which its listeners are regrouped').to.not.equal(before.participantIds);
    // 500 Hz have ten periods in a tick: the next tick is the same again where nothing is left out.
    expect(Math.max(...both.block.left.map((sample, i) => Math.abs(sample - first[i]!)))).to.be.below(1e-3);
    board.setListeners('hold', ['ben']);
    expect([...only().participantIds!]).to.deep.equal(['ben']);
    board.setListeners('nothing', ['ben']);
    board.stop('hold');
    board.tick();
    expect([board.tick().length, ends]).to.deep.equal([0, ['hold']]);
  });

  it('plays on as silence while decoding does not keep up, and is heard again', async () => {
    await begin();
    // Half a second is there; nothing more can come within this turn of the event loop.
    const peaks = Array.from({ length: 40 }, () => {
      const { block, participantIds } = only();
      expect([...participantIds!]).to.deep.equal(['ann']);
      return peak(block.left);
    });
    expect(peaks[0]).to.be.above(0.15);
    expect(peaks.at(-1)).to.equal(0);
    expect(state()).to.deep.equal({ heard: false, ranDry: 1 });
    await eventually('it is heard again', () => {
      only();
      return state().heard;
    });
    expect(rmsDb(only().block.left)).to.be.closeTo(-17, 1);
  });
});
