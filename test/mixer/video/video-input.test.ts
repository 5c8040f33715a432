import { expect } from 'chai';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { MediaError } from '../../../mixer/ffmpeg/library.js';
import { liveNativeObjectsByKind } from '../../../mixer/ffmpeg/native-ledger.js';
import { VideoDecoder, type VideoDecoderOptions } from '../../../mixer/ffmpeg/video-decoder.js';
import type { VideoFrame } from '../../../mixer/protocol.js';
import { DecodeGate } from '../../../mixer/video/decode-gate.js';
import type { Decoder } from '../../../mixer/video/input-decoder.js';
import { VideoInput } from '../../../mixer/video/video-input.js';
import { deferred } from '../../support/deferred.js';
import { until } from '../../support/until.js';
import { blue, encodeStream, expectColour, frameUs, green, red, toNative, white, type Pattern } from './plain-pictures.js';

const nothingLive = { frame: 0, packet: 0, decoder: 0, encoder: 0, scaler: 0, other: 0 };

class Harness {
  readonly clock = new ManualClock(1_000_000);
  readonly asked: number[] = [];
  readonly sizes: string[] = [];
  readonly faults: string[] = [];
  readonly input: VideoInput;

  constructor({ maxInputPixels = 1 << 20, openDecoder }: { maxInputPixels?: number; openDecoder?: (options: VideoDecoderOptions) => Promise<Decoder> } = {}) {
    this.input = new VideoInput({
      maxInputPixels,
      time: this.clock,
      gate: new DecodeGate(1),
      events: {
        onKeyframeNeeded: () => this.asked.push(this.clock.nowUs()),
        onPictureSize: (widthPx, heightPx) => this.sizes.push(`${widthPx}x${heightPx}`),
        onFault: (message) => this.faults.push(message),
      },
      ...(openDecoder === undefined ? {} : { openDecoder }),
    });
  }

  push(...frames: readonly (VideoFrame | undefined)[]): void {
    for (const frame of frames) if (frame !== undefined) this.input.push(frame);
  }

  /** Waits until so many pictures were decoded, then takes all that are due by any time. */
  async decoded(count: number): Promise<void> {
    await until(() => this.input.counters.decoded === count, `${count} decoded pictures (${JSON.stringify(this.input.counters)})`);
    this.advance();
  }

  advance(byUs = 0): void {
    this.clock.advance(byUs);
    this.input.advance(this.clock.nowUs(), this.clock.nowUs(), 0);
  }

  expectShown(colour: typeof red): void {
    const { picture } = this.input;
    if (picture === undefined) expect.fail('nothing is shown');
    const pixels = toNative(picture);
    expectColour(pixels, 80, 48, colour);
    pixels.close();
  }
}

const plain = (colour: typeof red): Pattern => [[colour]];

describe('video input', () => {
  let harness: Harness;
  beforeEach(() => {
    harness = new Harness();
  });
  afterEach(async () => {
    await harness.input.close();
    expect(liveNativeObjectsByKind()).to.deep.equal(nothingLive);
  });

  for (const codec of ['vp8', 'h264'] as const) {
    it(`shows what comes in (${codec})`, async () => {
      const frames = await encodeStream({ codec, patterns: [plain(red), plain(green), plain(blue)] });
      harness.input.setWanted(true);
      for (const [index, colour] of [red, green, blue].entries()) {
        harness.push(frames[index]);
        await harness.decoded(index + 1);
        harness.expectShown(colour);
      }
      expect(harness.input.counters).to.include({ framesIn: 3, decoded: 3, shown: 3, overtaken: 0 });
      expect(harness.sizes).to.deep.equal(['160x96']);
    });
  }

  it('decodes nothing until it is wanted, then asks for a keyframe and starts with it', async () => {
    const frames = await encodeStream({ patterns: [plain(red), plain(green), plain(blue)], keyframes: [2] });
    harness.push(frames[0]);
    expect(harness.input.counters.droppedUnwanted).to.equal(1);
    expect(harness.asked).to.be.empty;
    harness.input.setWanted(true);
    expect(harness.asked).to.have.length(1);
    harness.push(frames[1]);
    expect(harness.input.counters.droppedAwaitingKeyframe).to.equal(1);
    harness.push(frames[2]);
    await harness.decoded(1);
    harness.expectShown(blue);
    expect(liveNativeObjectsByKind().decoder).to.equal(1);
    harness.input.setWanted(false);
    expect(liveNativeObjectsByKind().decoder).to.equal(0);
  });

  it('holds the last good picture from a gap to the next keyframe', async () => {
    const frames = await encodeStream({ patterns: [plain(red), plain(green), plain(blue), plain(white)], keyframes: [3] });
    harness.input.setWanted(true);
    harness.push(frames[0]);
    await harness.decoded(1);
    harness.push({ ...frames[2]!, gapBefore: true });
    expect(harness.asked).to.have.length(1);
    harness.advance();
    harness.expectShown(red);
    expect(harness.input.counters).to.include({ gaps: 1, droppedAwaitingKeyframe: 1, decoded: 1 });
    harness.push({ ...frames[3]!, gapBefore: true });
    await harness.decoded(2);
    harness.expectShown(white);
  });

  it('asks again each 500 ms while frames come, and not when nothing comes', async () => {
    const frames = await encodeStream({ patterns: [plain(red), plain(green)] });
    harness.input.setWanted(true);
    for (let tick = 0; tick < 60; tick += 1) {
      harness.push(frames[1]);
      harness.advance(frameUs);
    }
    expect(harness.asked.length).to.be.within(4, 5);
    for (let tick = 0; tick < 300; tick += 1) harness.advance(frameUs);
    // Up to 2 s after the last frame it may still ask.
    expect(harness.asked.length).to.be.at.most(9);
  });

  it('follows a change of size and of codec in mid-stream', async () => {
    const small = await encodeStream({ patterns: [plain(red)] });
    const large = await encodeStream({ widthPx: 320, heightPx: 240, patterns: [plain(green)] });
    const other = await encodeStream({ codec: 'h264', widthPx: 96, heightPx: 64, patterns: [plain(blue)] });
    harness.input.setWanted(true);
    harness.push(small[0]);
    await harness.decoded(1);
    harness.push(large[0]);
    await harness.decoded(2);
    harness.expectShown(green);
    harness.push(other[0]);
    await harness.decoded(3);
    expect(harness.sizes).to.deep.equal(['160x96', '320x240', '96x64']);
    expect(liveNativeObjectsByKind().decoder).to.equal(1);
  });

  it('tells sizes after rotation', async () => {
    const frames = await encodeStream({ rotationDegrees: 270, patterns: [plain(red)] });
    harness.input.setWanted(true);
    harness.push(frames[0]);
    await harness.decoded(1);
    expect(harness.sizes).to.deep.equal(['96x160']);
  });

  for (const codec of ['vp8', 'h264'] as const) {
    it(`refuses pictures over the limit before it decodes them, tells it once, and takes smaller ones again (${codec})`, async () => {
      await harness.input.close();
      harness = new Harness({ maxInputPixels: 160 * 96 });
      const large = await encodeStream({ codec, widthPx: 192, heightPx: 96, patterns: [plain(green), plain(green)], keyframes: [1] });
      const small = await encodeStream({ codec, patterns: [plain(red), plain(blue)] });
      harness.input.setWanted(true);
      harness.push(small[0]);
      await harness.decoded(1);
      harness.push(...large);
      expect(harness.input.picture).to.be.undefined;
      expect(harness.faults).to.deep.equal(['not shown: pictures of 192x96 are over the limit']);
      expect(harness.input.counters).to.include({ droppedTooLarge: 2, decoded: 1 });
      const asked = harness.asked.length;
      harness.advance(600_000);
      expect(harness.asked.length, 'a keyframe would not help').to.equal(asked);
      harness.push(...small);
      await harness.decoded(3);
      harness.expectShown(blue);
    });
  }

  it('does not believe a header: the decoder itself refuses what is over the limit', async () => {
    const decoder = await VideoDecoder.open({ codec: 'vp8', maxPixels: 160 * 96 });
    const [large] = await encodeStream({ widthPx: 640, heightPx: 360, patterns: [plain(red)] });
    let failure: unknown;
    await decoder.decode(large!).catch((error: unknown) => (failure = error));
    decoder.close();
    expect(failure).to.be.instanceOf(MediaError);
  });

  it('takes damaged frames for a gap, tells it, and goes on with the next keyframe', async () => {
    const frames = await encodeStream({ patterns: [plain(red), plain(green), plain(blue)], keyframes: [2] });
    harness.input.setWanted(true);
    harness.push(frames[0]);
    await harness.decoded(1);
    harness.push({ ...frames[1]!, data: new Uint8Array(0) }, { ...frames[1]!, data: Uint8Array.of(1, 2) });
    await until(() => harness.input.counters.droppedDamaged > 0, 'a damaged frame');
    expect(harness.faults).to.have.length(1);
    harness.advance();
    harness.expectShown(red);
    harness.push(frames[2]);
    await harness.decoded(2);
    harness.expectShown(blue);
  });

  it('shows no H.264 picture that its decoder had to patch up', async () => {
    const noise = (seed: number): Pattern => Array.from({ length: 6 }, (_, row) => Array.from({ length: 10 }, (_, column) => ({ y: 16 + ((row * 37 + column * 91 + seed * 53) % 220), u: 128, v: 128 })));
    const frames = await encodeStream({ codec: 'h264', patterns: [noise(0), noise(1), noise(2), plain(blue)], keyframes: [3] });
    harness.input.setWanted(true);
    harness.push(frames[0]);
    await harness.decoded(1);
    const { data } = frames[1]!;
    harness.push({ ...frames[1]!, data: data.slice(0, data.length / 2) }, frames[2]);
    await until(() => harness.input.counters.droppedDamaged === 1, 'a damaged picture');
    expect(harness.asked.length).to.be.at.least(1);
    harness.push(frames[3]);
    await harness.decoded(2);
    harness.expectShown(blue);
    expect(harness.input.counters).to.include({ decoded: 2, droppedAwaitingKeyframe: 1 });
  });

  it('starts H.264 with parameter sets that came once, before it was wanted', async () => {
    const frames = await encodeStream({ codec: 'h264', patterns: [plain(red), plain(green)], keyframes: [1] });
    harness.push(frames[0]);
    harness.input.setWanted(true);
    const { data } = frames[1]!;
    const idr = Buffer.from(data).lastIndexOf(Buffer.from([0, 0, 1, 0x65]));
    expect(idr).to.be.greaterThan(0);
    harness.push({ ...frames[1]!, data: data.slice(idr) });
    await harness.decoded(1);
    harness.expectShown(green);
  });

  it('shows each picture at its time, and the newest where several are due', async () => {
    const frames = await encodeStream({ patterns: [plain(red), plain(green), plain(blue)] });
    harness.input.setWanted(true);
    harness.push(...frames);
    await until(() => harness.input.counters.decoded === 3, 'three pictures');
    harness.input.advance(harness.clock.nowUs(), 0, 0);
    harness.expectShown(red);
    harness.input.advance(harness.clock.nowUs(), frameUs - 1, 0);
    harness.expectShown(red);
    harness.input.advance(harness.clock.nowUs(), 2 * frameUs, 0);
    harness.expectShown(blue);
    expect(harness.input.counters).to.include({ shown: 2, overtaken: 1 });
  });

  it('pauses decoding while enough pictures wait, and drops to a keyframe when half a second waits', async () => {
    const patterns = Array.from({ length: 40 }, (_, index) => plain(index % 2 === 0 ? red : green));
    const frames = await encodeStream({ patterns, keyframes: [25] });
    harness.input.setWanted(true);
    harness.push(...frames);
    expect(harness.input.counters).to.include({ droppedQueueFull: 20, droppedAwaitingKeyframe: 5 });
    await harness.decoded(6);
    expect(harness.input.picture?.ptsUs).to.equal(30 * frameUs);
    await until(() => harness.input.counters.decoded === 6 + 6, 'six more');
    harness.advance(1_000_000);
    expect(harness.input.picture?.ptsUs).to.equal(36 * frameUs);
  });

  it('gets through a decoder that has a bug', async () => {
    await harness.input.close();
    let opened = 0;
    harness = new Harness({
      openDecoder: async (options) => {
        opened += 1;
        const real = await VideoDecoder.open(options);
        if (opened > 1) return real;
        return { codec: 'vp8', close: () => real.close(), decode: () => Promise.reject(new TypeError('x is not a function')) };
      },
    });
    const frames = await encodeStream({ patterns: [plain(red), plain(green)], keyframes: [1] });
    harness.input.setWanted(true);
    harness.push(frames[0]);
    await until(() => harness.faults.length === 1, 'a fault');
    expect(harness.faults).to.deep.equal(['x is not a function']);
    harness.push(frames[1]);
    await harness.decoded(1);
    harness.expectShown(green);
  });

  it('lets a decode end that is under way when it is closed', async () => {
    await harness.input.close();
    const started = deferred<undefined>();
    const goOn = deferred<undefined>();
    harness = new Harness({
      openDecoder: async (options) => {
        const real = await VideoDecoder.open(options);
        return {
          codec: 'vp8',
          close: () => real.close(),
          decode: async (frame) => {
            started.resolve(undefined);
            const pictures = await real.decode(frame);
            await goOn.promise;
            return pictures;
          },
        };
      },
    });
    const frames = await encodeStream({ patterns: [plain(red)] });
    harness.input.setWanted(true);
    harness.push(frames[0]);
    await started.promise;
    const closed = harness.input.close();
    goOn.resolve(undefined);
    await closed;
    expect(liveNativeObjectsByKind()).to.deep.equal(nothingLive);
    harness.push(frames[0]);
    expect(harness.input.counters.framesIn).to.equal(1);
  });

  it('forgets a picture that nobody has wanted for two seconds', async () => {
    const frames = await encodeStream({ patterns: [plain(red)] });
    harness.input.setWanted(true);
    harness.push(frames[0]);
    await harness.decoded(1);
    harness.input.setWanted(false);
    harness.advance(1_900_000);
    harness.expectShown(red);
    harness.advance(200_000);
    expect(harness.input.picture).to.be.undefined;
  });
});
