import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { expect } from 'chai';
import { SoundBlock } from '../../../mixer/audio/sound-block.js';
import { SoundPlayer } from '../../../mixer/audio/sound-player.js';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { makeWaveFile } from '../../../scripts/wave-file.js';
import { eventually } from '../../support/eventually.js';
import { join, largestStep, rmsDb, tone, toneDb } from './sound.js';

describe('SoundPlayer', () => {
  let folder: string;
  let objectsBefore: number;
  let player: SoundPlayer;
  let ends: (string | undefined)[];
  let faults: string[];

  before(async () => {
    folder = await mkdtemp(joinPath(tmpdir(), 'tessera-player-'));
    await write('chime.wav', [tone(1000, 0.5, 0, 24_500)]);
    await write('second.wav', [tone(440, 0.5, 0, 48_000)]);
    await write('wide.wav', [tone(440, 0.5, 0, 48_000), tone(1000, 0.25, 0, 48_000)]);
    // No ramp of its own at either end.
    await write('block.wav', [new Float32Array(30_000).fill(0.5)]);
    await writeFile(joinPath(folder, 'text.wav'), 'No sound.');
  });
  after(() => rm(folder, { recursive: true }));

  beforeEach(() => {
    objectsBefore = liveNativeObjects();
    ends = [];
    faults = [];
  });
  afterEach(async () => {
    await player.close();
    expect(liveNativeObjects()).to.equal(objectsBefore);
  });

  async function write(name: string, channels: readonly Float32Array[]): Promise<void> {
    await writeFile(joinPath(folder, name), makeWaveFile({ sampleRateHz: 48_000, channels }));
  }

  function play(name: string, { loop = false, gainDb = 0 } = {}): void {
    player = new SoundPlayer({ sound: { path: joinPath(folder, name), loop, gainDb }, onEnded: (error) => ends.push(error), onFault: (message) => faults.push(message) });
  }

  /** The first tick that has something. */
  async function begin(block: SoundBlock): Promise<void> {
    await eventually('the sound begins', () => player.read(block));
  }

  /** Ticks until it ends, or so many; the decoder gets its turn between two ticks, as it does in a room. */
  async function listen(ticks = Infinity): Promise<{ left: Float32Array; right: Float32Array; isStereo: boolean }> {
    const block = new SoundBlock();
    const left: Float32Array[] = [];
    const right: Float32Array[] = [];
    await begin(block);
    for (let heard = true; heard && left.length < ticks; ) {
      left.push(Float32Array.from(block.left));
      right.push(Float32Array.from(block.right));
      if (ends.length > 0) break;
      heard = await nextTick(block);
    }
    return { left: join(left), right: join(right), isStereo: block.isStereo };
  }

  async function nextTick(block: SoundBlock): Promise<boolean> {
    while (player.isDecoding) await new Promise((resolve) => setImmediate(resolve));
    return player.read(block);
  }

  it('plays a file to its end, whole, and says so once', async () => {
    play('chime.wav');
    const { left, isStereo } = await listen();
    expect(isStereo).to.equal(false);
    expect(left.length).to.equal(26 * 960);
    expect(rmsDb(left.subarray(24_500))).to.be.below(-170);
    expect(toneDb(left.subarray(960, 23_960), 1000)).to.be.closeTo(20 * Math.log10(0.5), 0.1);
    expect(ends).to.deep.equal([undefined]);
    expect(player.read(new SoundBlock())).to.equal(false);
    expect(ends.length).to.equal(1);
    expect(faults).to.deep.equal([]);
  });

  it('keeps stereo and sets its gain', async () => {
    play('wide.wav', { gainDb: -12 });
    const { left, right, isStereo } = await listen();
    expect(isStereo).to.equal(true);
    expect(toneDb(left.subarray(960, 45_000), 440)).to.be.closeTo(20 * Math.log10(0.5) - 12, 0.1);
    expect(toneDb(right.subarray(960, 45_000), 1000)).to.be.closeTo(20 * Math.log10(0.25) - 12, 0.1);
    expect(toneDb(right.subarray(960, 45_000), 440)).to.be.below(-90);
  });

  it('loops without a seam until it is stopped', async () => {
    play('second.wav', { loop: true });
    const { left } = await listen(250);
    expect(left.length).to.equal(250 * 960);
    expect(player.ranDry).to.equal(0);
    const steady = left.subarray(960);
    expect(toneDb(steady, 440, 48_000)).to.be.closeTo(20 * Math.log10(0.5), 0.01);
    expect(largestStep(steady)).to.be.below(1.01 * 0.5 * ((2 * Math.PI * 440) / 48_000));
    expect(ends).to.deep.equal([]);
    player.stop();
    const block = new SoundBlock();
    expect(player.read(block)).to.equal(true);
    expect(ends).to.deep.equal([undefined]);
    expect(block.left[959]).to.equal(0);
    expect(player.read(block)).to.equal(false);
  });

  it('begins, ends and is stopped without a click', async () => {
    play('block.wav');
    const whole = (await listen()).left;
    // 0.5 in 5 ms, 240 steps; a click would be one step of 0.5.
    expect(largestStep(Float32Array.from([0, ...whole, 0]))).to.be.below(0.003);
    await player.close();
    play('block.wav', { loop: true });
    const start = (await listen(20)).left;
    player.stop();
    player.stop();
    const block = new SoundBlock();
    player.read(block);
    expect(largestStep(Float32Array.from([0, ...start, ...block.left, 0]))).to.be.below(0.003);
  });

  it('is stopped before it began', () => {
    play('second.wav');
    player.stop();
    expect(ends).to.deep.equal([undefined]);
    expect(player.read(new SoundBlock())).to.equal(false);
  });

  it('ends by the code of what is wrong with the file', async () => {
    play('text.wav');
    const block = new SoundBlock();
    await eventually('its end', () => !player.read(block) && ends.length > 0);
    expect(ends).to.deep.equal(['sound_unreadable']);
    expect(faults[0]).to.contain('sound file');
    player.stop();
    expect(ends.length).to.equal(1);
  });

  it('ramps out when decoding does not keep up, and goes on with all of it', async () => {
    play('second.wav');
    const block = new SoundBlock();
    await begin(block);
    const heard = [Float32Array.from(block.left)];
    // Without a turn of the event loop nothing is decoded.
    while (player.read(block)) heard.push(Float32Array.from(block.left));
    expect(player.ranDry).to.equal(1);
    expect(Math.abs(heard.at(-1)![959]!)).to.equal(0);
    const rest = await listen();
    const all = join([...heard, rest.left]);
    expect(all.length).to.be.within(48_000, 50_000);
    expect(largestStep(all)).to.be.below(1.01 * 0.5 * ((2 * Math.PI * 440) / 48_000));
    expect(ends).to.deep.equal([undefined]);
  });

  it('says nothing after it was closed', async () => {
    play('second.wav');
    await player.close();
    expect(ends).to.deep.equal([]);
    expect(player.read(new SoundBlock())).to.equal(false);
  });
});
