import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemTimers } from '../../../mixer/clock/timers.js';
import { OpusEncoder } from '../../../mixer/ffmpeg/opus-encoder.js';
import { findFfmpeg } from '../../../mixer/output/ffmpeg-program.js';
import { Recording, type RecordingFormat } from '../../../mixer/output/recording.js';
import { deferred } from '../../support/deferred.js';
import { eventually } from '../../support/eventually.js';
import { averageColors, averageLumas, decodeSound, encodeH264, encodeTone, encodeVp8, ffmpegPath, longestHoleSeconds, opusDecoder, opusPacketUs, soundFrames, toneLevelDb, type EncodedPicture } from '../../support/encoded-media.js';

const canvas = { widthPx: 320, heightPx: 180, fps: 30 };
const frameUs = 1_000_000 / canvas.fps;
const seconds = 3;
/** Of each 400 ms. */
const wordPackets = 10;
/** The room has been running for a while when it is recorded. */
const startUs = 7_000_000;
/** WebM counts milliseconds; and the sound of a tick begins 6.5 ms before its picture, by Opus's look-ahead. */
const roundingSeconds = 0.008;
/** Of AAC, which is longer than one of Opus. */
const soundFrameSeconds = 1024 / 48_000;
/** Times of WebM are rounded to a millisecond, each for itself; a sine of 3 kHz takes a fraction of one to be loud. */
const stepMs = 1.2;

describe('recording', () => {
  let folder: string;
  let pictures: Record<RecordingFormat, readonly EncodedPicture[]>;
  let tone: readonly Uint8Array[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-recording-'));
    const pattern = { ...canvas, frames: seconds * canvas.fps, color: 'red', keyframeInterval: 60 };
    pictures = { mp4: await encodeH264(pattern), webm: await encodeVp8(pattern) };
    tone = await encodeTone(440, (seconds * 1_000_000) / opusPacketUs);
  });
  after(() => rm(folder, { recursive: true }));

  interface Running {
    readonly recording: Recording;
    readonly path: string;
    readonly active: Promise<void>;
    readonly ended: Promise<string | undefined>;
  }

  function start(format: RecordingFormat, path = join(folder, `${format}-${Math.random()}.${format}`), program = ffmpegPath): Running {
    const active = deferred<undefined>();
    const ended = deferred<string | undefined>();
    const events = { onActive: () => active.resolve(undefined), onEnded: ended.resolve };
    const recording = new Recording({ format, path, canvas, audioChannels: 1, ffmpegPath: program, timers: systemTimers, events });
    return { recording, path, active: active.promise, ended: ended.promise };
  }

  function feed(recording: Recording, from = 0, to = seconds, sound = tone): void {
    for (let frame = Math.round(from * canvas.fps); frame < to * canvas.fps; frame += 1) {
      const picture = pictures[recording.format][frame]!;
      recording.pushVideo({ outputId: 'v', ptsUs: Math.round(startUs + frame * frameUs), keyframe: picture.keyframe, data: picture.data });
    }
    for (let packet = from * 50; packet < to * 50; packet += 1) recording.pushAudio(startUs + packet * opusPacketUs, sound[packet]!);
  }

  for (const format of ['mp4', 'webm'] as const) {
    it(`writes every picture and the sound of a room into ${format}`, async () => {
      const { recording, path, active, ended } = start(format);
      feed(recording);
      await active;
      await recording.stop();
      expect(await ended).to.equal(undefined);
      expect(recording.durationMs).to.be.within(2_940, 3_000);
      const colors = await averageColors(path);
      expect(colors.length).to.equal(seconds * canvas.fps);
      for (const [red, green, blue] of colors) expect([red > 200, green < 60, blue < 60]).to.deep.equal([true, true, true]);
      const sound = await decodeSound(path, format === 'webm' ? opusDecoder : undefined);
      expect(sound.length / 48_000).to.be.within(2.9, 3.1);
      expect(toneLevelDb(sound.subarray(48_000, 96_000), 440)).to.be.closeTo(20 * Math.log10(0.3), 1.5);
    });
  }

  /** Sound and picture begin together and end together, and between two frames of sound there is nothing. */
  async function expectWhole(path: string): Promise<void> {
    const frames = await soundFrames(path);
    const lumas = await averageLumas(path);
    expect(frames[0]?.atSeconds).to.be.closeTo(lumas[0]!.atSeconds, soundFrameSeconds + roundingSeconds);
    expect(longestHoleSeconds(frames)).to.be.below(roundingSeconds);
    expect(frames.at(-1)?.endSeconds).to.be.closeTo(lumas.at(-1)!.atSeconds + 1 / canvas.fps, soundFrameSeconds + roundingSeconds);
  }

  for (const format of ['mp4', 'webm'] as const) {
    it(`has the sound of its first picture, which is there before that is encoded (${format})`, async () => {
      const { recording, path } = start(format);
      const lateUs = 900_000;
      // The ticks of sound do not lie on those of pictures, and the room was heard before.
      const soundStartUs = startUs + 13_000 - 25 * opusPacketUs;
      const arrivals = [
        ...pictures[format].map(({ keyframe, data }, frame) => {
          const ptsUs = Math.round(startUs + frame * frameUs);
          return { atUs: ptsUs + lateUs, push: () => recording.pushVideo({ outputId: 'v', ptsUs, keyframe, data }) };
        }),
        ...[...tone.slice(0, 25), ...tone].map((data, packet) => {
          const ptsUs = soundStartUs + packet * opusPacketUs;
          return { atUs: ptsUs, push: () => recording.pushAudio(ptsUs, data) };
        }),
      ];
      for (const { push } of arrivals.sort((a, b) => a.atUs - b.atUs)) push();
      await recording.stop();
      await expectWhole(path);
      const sound = await decodeSound(path, format === 'webm' ? opusDecoder : undefined);
      expect(toneLevelDb(sound.subarray(3_000, 12_600), 440)).to.be.closeTo(20 * Math.log10(0.3), 1.5);
    });

    it(`has silence where the room left sound out, not a hole (${format})`, async () => {
      const { recording, path } = start(format);
      const [from, to] = [60, 67];
      for (const [frame, { keyframe, data }] of pictures[format].entries()) recording.pushVideo({ outputId: 'v', ptsUs: Math.round(startUs + frame * frameUs), keyframe, data });
      // It also begins three ticks after the first picture.
      for (const [packet, data] of tone.entries()) if (packet >= 3 && (packet < from || packet >= to)) recording.pushAudio(startUs + packet * opusPacketUs, data);
      await recording.stop();
      await expectWhole(path);
      const sound = await decodeSound(path, format === 'webm' ? opusDecoder : undefined);
      const levelDb = (beginSeconds: number, seconds: number): number => toneLevelDb(sound.subarray(beginSeconds * 48_000, (beginSeconds + seconds) * 48_000), 440);
      const holeSeconds = (from * opusPacketUs) / 1_000_000;
      expect(levelDb(holeSeconds - 0.2, 0.15)).to.be.closeTo(20 * Math.log10(0.3), 1.5);
      expect(levelDb(holeSeconds + 0.05, 0.05)).to.be.below(-60);
      expect(levelDb(holeSeconds + 0.25, 0.15)).to.be.closeTo(20 * Math.log10(0.3), 1.5);
    });
  }

  for (const format of ['mp4', 'webm'] as const) {
    it(`has a click in the moment of its flash (${format})`, async () => {
      const { recording, path } = start(format);
      const encode = format === 'mp4' ? encodeH264 : encodeVp8;
      const [dark, bright] = [await encode({ ...canvas, frames: 1, color: 'black' }), await encode({ ...canvas, frames: 1, color: 'white' })];
      const encoder = new OpusEncoder({ channels: 1, bitrateBps: 96_000, complexity: 5, lossPercent: 0, hasFec: false });
      const isBright = (frame: number): boolean => frame % canvas.fps === canvas.fps / 2;
      for (let frame = 0; frame < seconds * canvas.fps; frame += 1) recording.pushVideo({ outputId: 'v', ptsUs: Math.round(startUs + frame * frameUs), keyframe: true, data: (isBright(frame) ? bright : dark)[0]!.data });
      for (let packet = 0; packet < seconds * 50; packet += 1) {
        const amplitude = packet % 50 === 25 ? 0.5 : 0;
        const left = Float32Array.from({ length: 960 }, (_sample, at) => amplitude * Math.sin((2 * Math.PI * 3000 * at) / 48_000));
        recording.pushAudio(startUs + packet * opusPacketUs, encoder.encode({ left, right: undefined }));
      }
      encoder.close();
      await recording.stop();
      const flashes = (await averageLumas(path)).filter(({ luma }) => luma > 125).map(({ atSeconds }) => atSeconds);
      const sound = await decodeSound(path, format === 'webm' ? opusDecoder : undefined);
      expect(flashes).to.have.length(seconds);
      for (const flash of flashes) {
        const from = Math.round((flash - 0.1) * 48_000);
        const click = (from + sound.subarray(from).findIndex((sample) => Math.abs(sample) > 0.1)) / 48_000;
        expect((click - flash) * 1000, `at ${flash} s`).to.be.closeTo(0, stepMs);
      }
    });
  }

  it('keeps words whole also with the FFmpeg that comes along', async () => {
    const { recording, path, ended } = start('mp4', undefined, findFfmpeg('', ''));
    const encoder = new OpusEncoder({ channels: 1, bitrateBps: 48_000, complexity: 5, lossPercent: 10, hasFec: true });
    const words = Array.from({ length: seconds * 50 }, (_unused, packet) => {
      const isWord = packet % 20 < wordPackets;
      return encoder.encode({ left: Float32Array.from({ length: 960 }, (_sample, at) => (isWord ? 0.3 * Math.sin((2 * Math.PI * 1000 * at) / 48_000) : 0)), right: undefined });
    });
    encoder.close();
    feed(recording, 0, seconds, words);
    await recording.stop();
    expect(await ended).to.equal(undefined);
    const sound = await decodeSound(path);
    const levels = Array.from({ length: Math.floor(sound.length / 960) }, (_unused, window) => Math.max(...sound.subarray(window * 960, window * 960 + 960)));
    const loudest = levels.filter((level) => level > 0.2).length;
    // Each word's edges reach into one window more.
    expect(loudest / levels.length).to.be.within(wordPackets / 20 - 0.05, (wordPackets + 2) / 20);
  });

  it('stores the video as it came: not one picture is encoded again', async () => {
    const { recording, path } = start('webm');
    feed(recording);
    await recording.stop();
    const file = await readFile(path);
    for (const index of [0, 1, 45, 89]) expect(file.includes(Buffer.from(pictures.webm[index]!.data)), `frame ${index}`).to.equal(true);
  });

  it('begins at the first keyframe', async () => {
    const { recording, path } = start('webm');
    feed(recording, 1);
    await recording.stop();
    expect((await averageColors(path)).length).to.equal(30);
  });

  it('is playable up to the last second when its process is killed, and says that it failed', async () => {
    const { recording, path, ended } = start('mp4');
    feed(recording);
    await sizeSettles(path, 1);
    process.kill(recording.processId!, 'SIGKILL');
    expect(await ended).to.match(/SIGKILL/);
    expect((await averageColors(path)).length).to.be.at.least((seconds - 1) * canvas.fps);
  });

  for (const format of ['mp4', 'webm'] as const) {
    it(`is playable from its first seconds where nothing moves and nobody speaks (${format})`, async () => {
      const { recording, path } = start(format);
      const silence = Uint8Array.of(0xf8, 0xff, 0xfe);
      // As the room does it: one picture a second, and sound each 20 ms.
      for (let second = 0; second < seconds; second += 1) {
        const picture = pictures[format][second]!;
        recording.pushVideo({ outputId: 'v', ptsUs: startUs + second * 1_000_000, keyframe: picture.keyframe, data: picture.data });
        for (let packet = second * 50; packet < (second + 1) * 50; packet += 1) recording.pushAudio(startUs + packet * opusPacketUs, silence);
      }
      await eventually('the file can be read', async () => (await averageColors(path)).length >= seconds - 1, 5_000);
      await recording.stop();
      expect((await averageColors(path)).length).to.equal(seconds);
    });
  }

  it('fails with the reason when the disk is full, and takes no more', async () => {
    const { recording, ended } = start('mp4', '/dev/full');
    feed(recording);
    expect(await ended).to.match(/no space/i);
    feed(recording);
    await recording.stop();
  });

  it('refuses to start without its program', () => {
    expect(() => start('mp4', undefined, join(folder, 'no-such-program'))).to.throw(/ENOENT/);
  });

  it('says so when nothing came', async () => {
    const { recording, ended } = start('mp4');
    await recording.stop();
    expect(await ended).to.match(/before the first picture/);
  });

  it('fails alone when the program stops reading', async () => {
    const { recording, path, ended } = start('webm');
    feed(recording);
    await sizeSettles(path, 1);
    process.kill(recording.processId!, 'SIGSTOP');
    for (let index = 0; index < 400; index += 1) recording.pushVideo({ outputId: 'v', ptsUs: startUs + index, keyframe: true, data: new Uint8Array(64 * 1024) });
    expect(await ended).to.match(/too slow/);
  });

  /** Resolves when the file has stopped growing for as long as FFmpeg needs to write what it was given. */
  async function sizeSettles(path: string, atLeastBytes: number): Promise<void> {
    let last = -1;
    for (let same = 0; same < 5; ) {
      const { size } = await stat(path).catch(() => ({ size: 0 }));
      same = size === last && size >= atLeastBytes ? same + 1 : 0;
      last = size;
      await new Promise((resolve) => systemTimers.after(50, () => resolve(undefined)));
    }
  }
});
