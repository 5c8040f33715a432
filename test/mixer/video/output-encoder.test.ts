import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { liveNativeObjects } from '../../../mixer/ffmpeg/native-ledger.js';
import type { EncodedVideo, VideoOutput } from '../../../mixer/protocol.js';
import { Canvas } from '../../../mixer/video/canvas.js';
import { OutputEncoder } from '../../../mixer/video/output-encoder.js';
import { until } from '../../support/until.js';
import { blue, decodeStream, expectPlain, green, paintPattern, red, toNative, white, type Pattern } from './plain-pictures.js';

const canvasFormat = { widthPx: 320, heightPx: 192, fps: 30 };
const corners: Pattern = [
  [red, green],
  [white, blue],
];

class Harness {
  readonly clock = new ManualClock();
  readonly canvas = new Canvas(canvasFormat.widthPx, canvasFormat.heightPx);
  readonly encoded: EncodedVideo[] = [];
  readonly faults: string[] = [];
  readonly encoder: OutputEncoder;
  tick = 0;

  constructor(output: Partial<VideoOutput> = {}) {
    this.encoder = new OutputEncoder({
      output: { outputId: 'o', codec: 'vp8', format: canvasFormat, bitrateBps: 1_000_000, ...output },
      canvas: canvasFormat,
      time: this.clock,
      events: { onEncoded: (video) => this.encoded.push(video), onFault: (message) => this.faults.push(message) },
    });
    this.paint(corners, 1);
  }

  paint(pattern: Pattern, contentVersion: number): void {
    paintPattern(this.canvas.picture, pattern);
    this.canvas.contentVersion = contentVersion;
  }

  get tickUs(): number {
    return Math.floor((this.tick * 1_000_000) / 30);
  }

  /** One tick of the canvas; waits until what it gave is encoded. @returns whether the encoder wanted it */
  async run(): Promise<boolean> {
    this.tick += 1;
    this.clock.advance(this.tickUs - this.clock.nowUs());
    if (!this.encoder.wants(this.canvas.contentVersion, this.tickUs, this.tick)) return false;
    this.encoder.offer(this.canvas, this.tickUs);
    await until(() => !this.canvas.isRead, 'encoded');
    return true;
  }

  async runTicks(count: number): Promise<number> {
    let wanted = 0;
    for (let index = 0; index < count; index += 1) if (await this.run()) wanted += 1;
    return wanted;
  }

  async close(): Promise<void> {
    await this.encoder.close();
    this.canvas.close();
  }
}

describe('output encoder', () => {
  let harness: Harness;
  afterEach(async () => {
    await harness.close();
    expect(liveNativeObjects()).to.equal(0);
  });

  for (const codec of ['vp8', 'h264'] as const) {
    it(`sends the canvas: what is decoded looks like it (${codec})`, async () => {
      harness = new Harness({ codec });
      await harness.runTicks(8);
      const pictures = await decodeStream(harness.encoded, codec);
      expect(pictures).to.have.length(8);
      const last = toNative(pictures[7]!);
      expect(psnr(last.data[0], harness.canvas.picture.data[0])).to.be.greaterThan(38);
      expectPlain(last, { x: 0, y: 0, width: 160, height: 96 }, red, 8);
      expectPlain(last, { x: 160, y: 96, width: 160, height: 96 }, blue, 8);
      last.close();
      for (const picture of pictures) picture.close();
    });

    it(`begins with a keyframe, gives one when asked, at most each second, and forgets no request (${codec})`, async () => {
      harness = new Harness({ codec });
      await harness.runTicks(3);
      harness.encoder.requestKeyframe();
      harness.encoder.requestKeyframe();
      // The first was at tick 1, so a second is over at tick 31.
      await harness.runTicks(37);
      const keyframes = harness.encoded.filter(({ keyframe }) => keyframe).map(({ ptsUs }) => Math.round((ptsUs * 30) / 1_000_000));
      expect(keyframes).to.deep.equal([1, 31]);
      expect(harness.encoder.counters).to.include({ keyframes: 2, framesEncoded: harness.encoded.length, faults: 0 });
    });
  }

  it('has parameter sets before each H.264 keyframe, level 3.1, constrained baseline', async () => {
    harness = new Harness({ codec: 'h264' });
    await harness.runTicks(5);
    harness.encoder.requestKeyframe();
    await harness.runTicks(30);
    const keyframes = harness.encoded.filter(({ keyframe }) => keyframe);
    expect(keyframes).to.have.length(2);
    for (const { data } of keyframes) {
      const units = nalTypes(data);
      expect(units.filter((type) => type !== 6)).to.deep.equal([7, 8, 5]);
      const sps = Buffer.from(data).indexOf(Buffer.from([0, 0, 1, 0x67]));
      // profile_idc 66, constraint_set1 says «also Main», level_idc 31.
      expect(data[sps + 4]).to.equal(66);
      expect((data[sps + 5] ?? 0) & 0x40).to.equal(0x40);
      expect(data[sps + 6]).to.equal(31);
    }
  });

  it('sharpens a still picture for ten frames, then repeats it once a second', async () => {
    harness = new Harness();
    expect(await harness.runTicks(12)).to.equal(11 + 10 - 10);
    // The first picture was a keyframe: ten more follow it, then nothing until a second after the last.
    expect(await harness.runTicks(28)).to.equal(0);
    expect(await harness.runTicks(2)).to.equal(1);
    expect(await harness.runTicks(60)).to.equal(2);
    harness.paint([[red]], 2);
    expect(await harness.run()).to.be.true;
  });

  it('answers a request for a keyframe also while nothing changes', async () => {
    harness = new Harness();
    await harness.runTicks(32);
    const before = harness.encoded.length;
    harness.encoder.requestKeyframe();
    expect(await harness.run()).to.be.true;
    expect(harness.encoded[before]?.keyframe).to.be.true;
  });

  it('takes every second picture at half the rate', async () => {
    harness = new Harness({ format: { ...canvasFormat, fps: 15 } });
    let version = 1;
    for (let tick = 0; tick < 30; tick += 1) {
      harness.paint([[tick % 2 === 0 ? red : green]], (version += 1));
      await harness.run();
    }
    expect(harness.encoded).to.have.length(15);
  });

  it('scales to its own size', async () => {
    harness = new Harness({ format: { widthPx: 160, heightPx: 96, fps: 30 } });
    await harness.runTicks(3);
    const pictures = await decodeStream(harness.encoded);
    expect(pictures[2]).to.include({ widthPx: 160, heightPx: 96 });
    const last = toNative(pictures[2]!);
    expectPlain(last, { x: 0, y: 0, width: 80, height: 48 }, red, 8);
    expectPlain(last, { x: 80, y: 48, width: 80, height: 48 }, blue, 8);
    last.close();
    for (const picture of pictures) picture.close();
  });

  it('keeps near its bitrate with a picture that changes much', async () => {
    harness = new Harness({ bitrateBps: 400_000 });
    for (let tick = 0; tick < 60; tick += 1) {
      const pattern = Array.from({ length: 24 }, (_, row) => Array.from({ length: 40 }, (_, column) => ({ y: 16 + (((row + 3) * (column + 7) * (tick + 11) * 2_654_435_761) % 220), u: 128, v: 128 })));
      harness.paint(pattern, tick + 1);
      await harness.run();
    }
    const bps = (harness.encoder.counters.bytes * 8 * 30) / 60;
    expect(bps).to.be.within(200_000, 560_000);
  });

  it('lets a newer picture take the place of one that waits, and counts it', async () => {
    harness = new Harness();
    const second = new Canvas(canvasFormat.widthPx, canvasFormat.heightPx);
    const third = new Canvas(canvasFormat.widthPx, canvasFormat.heightPx);
    harness.encoder.offer(harness.canvas, 33_333);
    harness.encoder.offer(second, 66_666);
    expect(second.isRead).to.be.true;
    harness.encoder.offer(third, 100_000);
    expect(second.isRead).to.be.false;
    await until(() => !third.isRead, 'encoded');
    expect(harness.encoded.map(({ ptsUs }) => ptsUs)).to.deep.equal([33_333, 100_000]);
    expect(harness.encoder.counters.ticksSkipped).to.equal(1);
    second.close();
    third.close();
  });

  it('frees everything when it is closed with a picture under way and one waiting, and sends neither', async () => {
    harness = new Harness();
    await harness.run();
    const other = new Canvas(canvasFormat.widthPx, canvasFormat.heightPx);
    harness.encoder.offer(harness.canvas, 66_666);
    harness.encoder.offer(other, 100_000);
    await Promise.all([harness.encoder.close(), harness.encoder.close()]);
    expect(harness.encoded).to.have.length(1);
    expect(other.isRead || harness.canvas.isRead).to.be.false;
    harness.encoder.offer(other, 133_333);
    expect(other.isRead).to.be.false;
    other.close();
  });

  it('tells a format that cannot be encoded, and tries again a second later at the earliest', async () => {
    harness = new Harness({ format: { widthPx: 161, heightPx: 96, fps: 30 } });
    expect(await harness.runTicks(25)).to.equal(1);
    expect(harness.faults).to.have.length(1);
    expect(await harness.runTicks(30)).to.equal(1);
    expect(harness.encoder.counters.faults).to.equal(2);
  });
});

function psnr(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).to.equal(b.length);
  let sum = 0;
  for (const [index, value] of a.entries()) sum += (value - (b[index] ?? 0)) ** 2;
  return 10 * Math.log10(255 ** 2 / (sum / a.length));
}

function nalTypes(unit: Uint8Array): number[] {
  const types: number[] = [];
  for (let index = 0; index + 3 < unit.length; index += 1) {
    if (unit[index] === 0 && unit[index + 1] === 0 && unit[index + 2] === 1) types.push((unit[index + 3] ?? 0) & 0x1f);
  }
  return types;
}
