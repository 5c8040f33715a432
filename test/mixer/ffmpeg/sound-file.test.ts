import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import { SoundFile, SoundFileError } from '../../../mixer/ffmpeg/sound-file.js';
import { makeWaveFile } from '../../../scripts/wave-file.js';
import { ffmpegPath } from '../../support/encoded-media.js';
import { join, largestStep, rmsDb, toneDb } from '../audio/sound.js';

const run = promisify(execFile);

/** A sine at any rate. */
function sine(sampleRateHz: number, frequencyHz: number, amplitude: number, seconds: number): Float32Array {
  return Float32Array.from({ length: Math.round(sampleRateHz * seconds) }, (_, i) => amplitude * Math.sin((2 * Math.PI * frequencyHz * i) / sampleRateHz));
}

interface Heard {
  readonly left: Float32Array;
  readonly right: Float32Array | undefined;
}

describe('SoundFile', () => {
  let folder: string;
  let objectsBefore: number;

  before(async () => {
    folder = await mkdtemp(joinPath(tmpdir(), 'tessera-sounds-'));
    await writeFile(path('mono.wav'), makeWaveFile({ sampleRateHz: 48_000, channels: [sine(48_000, 440, 0.5, 2)] }));
    await writeFile(path('stereo.wav'), makeWaveFile({ sampleRateHz: 44_100, channels: [sine(44_100, 440, 0.5, 2), sine(44_100, 1000, 0.25, 2)] }));
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    objectsBefore = liveNativeObjects();
  });
  afterEach(() => expect(liveNativeObjects()).to.equal(objectsBefore));

  const path = (name: string): string => joinPath(folder, name);

  /** As much as there is, or as asked for. */
  async function read(name: string, { loop = false, seconds = Infinity } = {}): Promise<Heard> {
    const file = await SoundFile.open({ path: path(name), loop });
    const left: Float32Array[] = [];
    const right: Float32Array[] = [];
    let samples = 0;
    try {
      for (let piece = await file.read(); piece !== undefined; piece = samples < seconds * 48_000 ? await file.read() : undefined) {
        left.push(piece.left);
        if (piece.right !== undefined) right.push(piece.right);
        samples += piece.left.length;
      }
    } finally {
      file.close();
    }
    return { left: join(left), right: right.length === 0 ? undefined : join(right) };
  }

  async function failureOf(name: string): Promise<string> {
    try {
      await read(name);
    } catch (error) {
      if (error instanceof SoundFileError) return error.code;
      throw error;
    }
    return 'none';
  }

  it('reads mono bit by bit, and it stays mono', async () => {
    const { left, right } = await read('mono.wav');
    expect(right).to.equal(undefined);
    expect(left.length).to.equal(96_000);
    const sent = sine(48_000, 440, 0.5, 2);
    // 16 bits, and a full scale of 32,767 there and 32,768 here.
    expect(left.every((sample, i) => Math.abs(sample - sent[i]!) < 5e-5)).to.equal(true);
  });

  it('brings stereo of another rate to 48 kHz, each channel to its side', async () => {
    const { left, right } = await read('stereo.wav');
    expect(left.length).to.be.closeTo(96_000, 2);
    expect(right?.length).to.equal(left.length);
    const middle = [left.subarray(4800, 91_200), right!.subarray(4800, 91_200)] as const;
    expect(toneDb(middle[0], 440)).to.be.closeTo(20 * Math.log10(0.5), 0.05);
    expect(toneDb(middle[1], 1000)).to.be.closeTo(20 * Math.log10(0.25), 0.05);
    expect(toneDb(middle[0], 1000)).to.be.below(-80);
    expect(toneDb(middle[1], 440)).to.be.below(-80);
  });

  for (const { name, codec } of [
    { name: 'coded.mp3', codec: 'libmp3lame' },
    { name: 'coded.ogg', codec: 'libopus' },
    { name: 'coded.opus', codec: 'libopus' },
    { name: 'vorbis.ogg', codec: 'libvorbis' },
    { name: 'coded.flac', codec: 'flac' },
    { name: 'coded.m4a', codec: 'aac' },
  ]) {
    it(`reads ${codec} in .${name.split('.')[1]}`, async () => {
      await run(ffmpegPath, ['-loglevel', 'error', '-y', '-i', path('stereo.wav'), '-c:a', codec, '-b:a', '128k', path(name)]);
      const { left, right } = await read(name);
      expect(left.length).to.be.closeTo(96_000, 2400);
      expect(toneDb(left.subarray(9600, 86_400), 440)).to.be.closeTo(20 * Math.log10(0.5), 0.5);
      expect(toneDb(right!.subarray(9600, 86_400), 1000)).to.be.closeTo(20 * Math.log10(0.25), 0.5);
    });
  }

  it('loops without a seam, also where the rate is another', async () => {
    // Whole periods.
    await writeFile(path('loop.wav'), makeWaveFile({ sampleRateHz: 44_100, channels: [sine(44_100, 440, 0.5, 0.5)] }));
    const { left } = await read('loop.wav', { loop: true, seconds: 4 });
    expect(left.length).to.be.above(4 * 48_000 - 1);
    const steady = left.subarray(4800);
    expect(largestStep(steady)).to.be.below(1.02 * 0.5 * ((2 * Math.PI * 440) / 48_000));
    // What returns with each round, 2 times a second, would be seen beside the tone.
    expect(toneDb(steady, 440, 48_000)).to.be.closeTo(20 * Math.log10(0.5), 0.02);
    expect(toneDb(steady, 448, 48_000)).to.be.below(-75);
  });

  it('refuses what lasts longer than ten minutes', async () => {
    await writeFile(path('long.wav'), makeWaveFile({ sampleRateHz: 2000, channels: [new Float32Array(2000 * 601)] }));
    expect(await failureOf('long.wav')).to.equal('sound_too_long');
    await writeFile(path('fits.wav'), makeWaveFile({ sampleRateHz: 2000, channels: [new Float32Array(2000 * 600)] }));
    expect(await failureOf('fits.wav')).to.equal('none');
  });

  it('refuses what lies about its length as soon as it is too long', async () => {
    await run(ffmpegPath, ['-loglevel', 'error', '-y', '-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', '601', '-c:a', 'flac', path('liar.flac')]);
    const file = await readFile(path('liar.flac'));
    // RFC 9639 8.2: the last 4 bits of byte 21 and the four bytes after it count the samples.
    file[21] = file[21]! & 0xf0;
    file.writeUInt32BE(8000, 22);
    await writeFile(path('liar.flac'), file);
    expect(await failureOf('liar.flac')).to.equal('sound_too_long');
  });

  it('refuses what is no sound', async () => {
    await writeFile(path('text.wav'), 'Not a sound at all, whatever its name says.');
    await writeFile(path('empty.wav'), '');
    await writeFile(path('silent.wav'), makeWaveFile({ sampleRateHz: 48_000, channels: [new Float32Array(0)] }));
    await writeFile(path('list.wav'), `ffconcat version 1.0\nfile '${path('mono.wav')}'\n`);
    await writeFile(path('hls.wav'), `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${path('mono.wav')}\n#EXT-X-ENDLIST\n`);
    for (const name of ['text.wav', 'empty.wav', 'silent.wav', 'list.wav', 'hls.wav', 'missing.wav']) expect(await failureOf(name), name).to.equal('sound_unreadable');
    await run(ffmpegPath, ['-loglevel', 'error', '-y', '-f', 'lavfi', '-i', 'color=size=64x64:duration=1', path('picture.mp4')]);
    expect(await failureOf('picture.mp4')).to.equal('sound_unreadable');
  });

  it('refuses a loop of nothing instead of looking for it for ever', async () => {
    let code = '';
    try {
      await read('silent.wav', { loop: true, seconds: 1 });
    } catch (error) {
      code = error instanceof SoundFileError ? error.code : String(error);
    }
    expect(code).to.equal('sound_unreadable');
  });

  it('refuses to loop what is shorter than half a second, and plays it once', async () => {
    await writeFile(path('blip.wav'), makeWaveFile({ sampleRateHz: 48_000, channels: [sine(48_000, 440, 0.5, 0.001)] }));
    expect((await read('blip.wav')).left).to.have.lengthOf(48);
    let code = '';
    try {
      await read('blip.wav', { loop: true, seconds: 1 });
    } catch (error) {
      code = error instanceof SoundFileError ? error.code : String(error);
    }
    expect(code).to.equal('sound_too_short');
  });

  it('plays what is there of a file that was cut off, and goes on over damage', async () => {
    await run(ffmpegPath, ['-loglevel', 'error', '-y', '-i', path('mono.wav'), path('cut.mp3')]);
    const whole = await readFile(path('cut.mp3'));
    await writeFile(path('cut.mp3'), whole.subarray(0, whole.length / 2));
    expect((await read('cut.mp3')).left.length).to.be.within(40_000, 60_000);
    for (let at = 4000; at < 4200; at += 1) whole[at] = 0x55;
    await writeFile(path('damaged.mp3'), whole);
    const { left } = await read('damaged.mp3');
    expect(left.length).to.be.within(80_000, 100_000);
    expect(rmsDb(left.subarray(60_000, 80_000))).to.be.closeTo(20 * Math.log10(0.5 / Math.SQRT2), 1);
  });

  it('may be closed in the middle of a call', async () => {
    const file = await SoundFile.open({ path: path('mono.wav'), loop: true });
    const reading = file.read();
    file.close();
    file.close();
    expect(await reading).to.equal(undefined);
    expect(() => file.close()).not.to.throw();
  });
});
