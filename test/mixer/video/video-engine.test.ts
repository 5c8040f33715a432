import { expect } from 'chai';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { ManualClock } from '../../../mixer/clock/room-clock.js';
import { liveNativeObjectsByKind } from '../../../mixer/ffmpeg/native-ledger.js';
import { PlayoutBuffer } from '../../../mixer/audio/playout-buffer.js';
import type { EncodedVideo, SceneTile, VideoFrame } from '../../../mixer/protocol.js';
import { VideoEngine } from '../../../mixer/video/video-engine.js';
import { until } from '../../support/until.js';
import { FakeLettering } from './fake-lettering.js';
import { blue, decodeStream, encodeStream, expectPlain, frameUs, green, red, toNative, type Pattern } from './plain-pictures.js';

const size = { widthPx: 320, heightPx: 192 };
const canvas = { ...size, fps: 30 };
const leftHalf = { x: 0, y: 0, width: 160, height: 96 };
const rightHalf = { x: 160, y: 96, width: 160, height: 96 };
const output = { outputId: 'all', codec: 'vp8', format: canvas, bitrateBps: 3_000_000 } as const;
const nothingLive = { frame: 0, packet: 0, decoder: 0, encoder: 0, scaler: 0, other: 0 };

function tile(participantId: string, rectangle: SceneTile['rectangle'], changes: Partial<SceneTile> = {}): SceneTile {
  return { participantId, source: 'camera', rectangle, fit: 'cover', name: participantId, showName: false, speaking: false, muted: false, live: true, ...changes };
}

class Harness {
  readonly clock = new ManualClock();
  readonly encoded: EncodedVideo[] = [];
  readonly keyframesNeeded: string[] = [];
  readonly faults: string[] = [];
  readonly sizes: string[] = [];
  readonly delays = new Map<string, number>();
  readonly requests: { participantId: string; delayUs: number }[] = [];
  readonly engine: VideoEngine;
  readonly #fps: number;
  index = 0;

  constructor(fps = canvas.fps) {
    this.#fps = fps;
    this.engine = new VideoEngine({
      canvas: { ...size, fps },
      maxInputPixels: 1 << 20,
      decodesAtOnce: 2,
      time: this.clock,
      sound: {
        playoutDelayUs: (participantId) => this.delays.get(participantId),
        requestMinimumDelay: (participantId, delayUs) => this.requests.push({ participantId, delayUs }),
      },
      lettering: new FakeLettering(),
      events: {
        onEncoded: (video) => this.encoded.push(video),
        onKeyframeNeeded: (participantId, source) => this.keyframesNeeded.push(`${participantId} ${source}`),
        onPictureSize: (participantId, source, widthPx, heightPx) => this.sizes.push(`${participantId} ${source} ${widthPx}x${heightPx}`),
        onFault: (stage, participantId, message) => this.faults.push(`${stage} ${participantId ?? ''}: ${message}`),
      },
    });
  }

  get inputs(): { participantId: string; decoded: number; framesIn: number; shown: number; overtaken: number; wanted: boolean }[] {
    return this.engine.stats()['inputs'] as { participantId: string; decoded: number; framesIn: number; shown: number; overtaken: number; wanted: boolean }[];
  }

  decodedOf(participantId: string): number {
    return this.inputs.find((input) => input.participantId === participantId)?.decoded ?? 0;
  }

  counter(name: string): number {
    return Number((this.engine.stats()['canvas'] as Record<string, unknown>)[name]);
  }

  tickUs(index: number): number {
    return Math.floor((index * 1_000_000) / this.#fps);
  }

  /** The next tick of the canvas. */
  tick(): void {
    this.index += 1;
    const tickUs = this.tickUs(this.index);
    this.clock.advance(tickUs - this.clock.nowUs());
    this.engine.tick(tickUs, this.index);
  }

  /** Ticks, waiting each time for what it started. */
  async ticks(count: number): Promise<void> {
    for (let tick = 0; tick < count; tick += 1) {
      const before = this.encoded.length;
      const drawnBefore = this.counter('ticksNothingNew') + this.counter('ticksUnwatched');
      this.tick();
      if (this.counter('ticksNothingNew') + this.counter('ticksUnwatched') === drawnBefore) await until(() => this.encoded.length > before, 'encoded');
    }
  }

  push(frame: VideoFrame | undefined, changes: Partial<VideoFrame> = {}): void {
    if (frame !== undefined) this.engine.pushFrame({ ...frame, ptsUs: this.clock.nowUs(), arrivalUs: this.clock.nowUs(), ...changes });
  }

  /** Pushes and waits until it is decoded. */
  async feed(frame: VideoFrame | undefined, changes: Partial<VideoFrame> = {}): Promise<void> {
    const id = changes.participantId ?? frame?.participantId ?? '';
    const before = this.decodedOf(id);
    this.push(frame, changes);
    await until(() => this.decodedOf(id) === before + 1, `decoded for ${id}`);
  }

  /** A picture that is so old at the next tick. @returns whether it is shown there, so that none waits */
  async showsWhenOld(frame: VideoFrame | undefined, ageUs: number): Promise<boolean> {
    await this.feed(frame, { ptsUs: Math.round(this.tickUs(this.index + 1) - ageUs) });
    this.tick();
    const { shown, overtaken, decoded } = this.inputs[0]!;
    return shown + overtaken === decoded;
  }

  get shown(): number {
    return this.inputs[0]?.shown ?? 0;
  }

  async expectLast(rectangle: typeof leftHalf, colour: typeof red): Promise<void> {
    const pictures = await decodeStream(this.encoded);
    const last = toNative(pictures.at(-1)!);
    for (const picture of pictures) picture.close();
    expectPlain(last, rectangle, colour, 12);
    last.close();
  }
}

const plain = (colour: typeof red): Pattern => [[colour]];

describe('video engine', () => {
  let harness: Harness;
  let streams: Record<'red' | 'green' | 'blue', VideoFrame[]>;
  before(async () => {
    const encode = (colour: typeof red): Promise<VideoFrame[]> => encodeStream({ patterns: [plain(colour), plain(colour)] });
    streams = { red: await encode(red), green: await encode(green), blue: await encode(blue) };
  });
  beforeEach(() => {
    harness = new Harness();
    for (const id of ['ann', 'bob']) harness.engine.addParticipant(id);
  });
  afterEach(async () => {
    await harness.engine.close();
    expect(liveNativeObjectsByKind()).to.deep.equal(nothingLive);
    expect(harness.faults).to.deep.equal([]);
  });

  it('neither decodes nor draws while nobody takes the canvas', async () => {
    harness.engine.setScene({ tiles: [tile('ann', leftHalf)] });
    for (let tick = 0; tick < 10; tick += 1) {
      harness.push(streams.red[0], { participantId: 'ann' });
      harness.tick();
    }
    expect(harness.inputs.map(({ decoded, framesIn, wanted }) => ({ decoded, framesIn, wanted }))).to.deep.equal([{ decoded: 0, framesIn: 10, wanted: false }]);
    expect(harness.keyframesNeeded).to.be.empty;
    expect(harness.counter('drawn')).to.equal(0);
    expect(liveNativeObjectsByKind()).to.deep.equal(nothingLive);
    harness.engine.addOutput(output);
    expect(harness.keyframesNeeded).to.deep.equal(['ann camera']);
    await harness.feed(streams.red[0], { participantId: 'ann' });
    await harness.ticks(2);
    await harness.expectLast(leftHalf, red);
    harness.engine.removeOutput('all');
    harness.push(streams.red[0], { participantId: 'ann' });
    harness.tick();
    expect(harness.inputs[0]).to.include({ decoded: 1, wanted: false });
  });

  it('decodes only whom the scene shows live', async () => {
    harness.engine.addOutput(output);
    harness.engine.setScene({ tiles: [tile('ann', leftHalf), tile('bob', rightHalf, { live: false })] });
    await harness.feed(streams.red[0], { participantId: 'ann' });
    harness.push(streams.green[0], { participantId: 'bob' });
    harness.push(streams.green[0], { participantId: 'ann', source: 'screen' });
    await harness.ticks(3);
    expect(harness.inputs.map(({ participantId, decoded }) => [participantId, decoded])).to.deep.equal([
      ['ann', 1],
      ['ann', 0],
      ['bob', 0],
    ]);
    expect(harness.sizes).to.deep.equal(['ann camera 160x96']);
  });

  it('shows a new scene with the next tick and misses none', async () => {
    harness.engine.addOutput(output);
    harness.engine.setScene({ tiles: [tile('ann', leftHalf), tile('bob', rightHalf)] });
    await harness.feed(streams.red[0], { participantId: 'ann' });
    await harness.feed(streams.green[0], { participantId: 'bob' });
    await harness.ticks(3);
    await harness.expectLast(leftHalf, red);
    await harness.expectLast(rightHalf, green);
    harness.engine.setScene({ tiles: [tile('bob', leftHalf), tile('ann', rightHalf)] });
    await harness.ticks(1);
    const times = harness.encoded.map(({ ptsUs }) => ptsUs);
    expect(times).to.deep.equal([1, 2, 3, 4].map((index) => Math.floor((index * 1_000_000) / 30)));
    await harness.ticks(3);
    await harness.expectLast(leftHalf, green);
    await harness.expectLast(rightHalf, red);
  });

  it('removes a participant from the picture even before the scene says so', async () => {
    harness.engine.addOutput(output);
    harness.engine.setScene({ tiles: [tile('ann', leftHalf), tile('bob', rightHalf)] });
    await harness.feed(streams.red[0], { participantId: 'ann' });
    await harness.feed(streams.green[0], { participantId: 'bob' });
    await harness.ticks(2);
    harness.engine.removeParticipant('ann');
    harness.push(streams.red[0], { participantId: 'ann' });
    await harness.ticks(4);
    await harness.expectLast(rightHalf, green);
    await harness.expectLast(leftHalf, { y: 110, u: 200, v: 60 });
    expect(harness.counter('framesOfStrangers')).to.equal(1);
  });

  it('holds the last good picture of a sender with a gap, while the others go on', async () => {
    harness.engine.addOutput(output);
    harness.engine.setScene({ tiles: [tile('ann', leftHalf), tile('bob', rightHalf)] });
    await harness.feed(streams.red[0], { participantId: 'ann' });
    await harness.feed(streams.green[0], { participantId: 'bob' });
    await harness.ticks(2);
    harness.push(streams.blue[1], { participantId: 'ann', gapBefore: true });
    await harness.feed(streams.blue[0], { participantId: 'bob' });
    await harness.ticks(6);
    await harness.expectLast(leftHalf, red);
    await harness.expectLast(rightHalf, blue);
    expect(harness.keyframesNeeded.filter((who) => who === 'ann camera').length).to.be.at.least(1);
    await harness.feed(streams.green[0], { participantId: 'ann' });
    await harness.ticks(6);
    await harness.expectLast(leftHalf, green);
  });

  it('shows a picture when the sound captured with it is played, to the nearest tick', async () => {
    harness.engine.addOutput(output);
    harness.engine.setScene({ tiles: [tile('ann', leftHalf)] });
    harness.delays.set('ann', 150_000);
    await harness.ticks(30);
    const capturedUs = harness.clock.nowUs() + 5_000;
    await harness.feed(streams.red[0], { participantId: 'ann', ptsUs: capturedUs });
    while (harness.shown === 0) harness.tick();
    expect(harness.clock.nowUs() - (capturedUs + 150_000)).to.be.within(-frameUs / 2, frameUs / 2);
  });

  for (const { fps, leadUs } of [{ fps: 15, leadUs: 0 }, { fps: 20, leadUs: 0 }, { fps: 30, leadUs: 11_667 }, { fps: 50, leadUs: 15_000 }]) {
    it(`lets sound go ${leadUs / 1000} ms ahead of pictures that are ready later, at ${fps} ticks a second`, async () => {
      await harness.engine.close();
      harness = new Harness(fps);
      harness.engine.addParticipant('ann');
      harness.engine.addOutput({ ...output, format: { ...size, fps } });
      harness.engine.setScene({ tiles: [tile('ann', leftHalf)] });
      harness.delays.set('ann', 40_000);
      for (let frame = 0; frame < 60; frame += 1) {
        await harness.feed(streams.red[0], { participantId: 'ann', ptsUs: harness.clock.nowUs() - 100_000 });
        harness.tick();
      }
      expect(harness.requests.at(-1)?.delayUs).to.equal(100_000 - leadUs);
      // A picture may be shown an eighth of a tick early.
      const dueUs = 40_000 + leadUs - 125_000 / fps;
      expect(await harness.showsWhenOld(streams.red[0], dueUs - 100), 'too young').to.equal(false);
      harness.tick();
      expect(await harness.showsWhenOld(streams.red[0], dueUs + 100), 'old enough').to.equal(true);
    });
  }

  it('shows pictures within the lead of sound when nearly all of them are ready', async () => {
    harness.engine.addOutput(output);
    harness.engine.setScene({ tiles: [tile('ann', leftHalf)] });
    harness.delays.set('ann', 40_000);
    for (let frame = 0; frame < 60; frame += 1) {
      await harness.feed(streams.red[0], { participantId: 'ann', ptsUs: harness.clock.nowUs() - 47_000 });
      harness.tick();
    }
    const dueUs = 47_000 - frameUs / 8;
    expect(await harness.showsWhenOld(streams.red[0], dueUs - 100), 'too young').to.equal(false);
    harness.tick();
    expect(await harness.showsWhenOld(streams.red[0], dueUs + 100), 'old enough').to.equal(true);
  });

  it('asks sound to wait for pictures that come late, within 200 ms, and only while they are shown', async () => {
    harness.engine.addOutput(output);
    harness.engine.setScene({ tiles: [tile('ann', leftHalf)] });
    harness.delays.set('ann', 40_000);
    for (let frame = 0; frame < 60; frame += 1) {
      await harness.feed(streams.red[0], { participantId: 'ann', ptsUs: harness.clock.nowUs() - 130_000 });
      harness.tick();
    }
    expect(harness.requests.at(-1)?.participantId).to.equal('ann');
    // But for its lead.
    expect(harness.requests.at(-1)?.delayUs).to.equal(118_333);
    for (let frame = 0; frame < 30; frame += 1) {
      await harness.feed(streams.red[0], { participantId: 'ann', ptsUs: harness.clock.nowUs() - 900_000 });
      harness.tick();
    }
    expect(harness.requests.at(-1)?.delayUs).to.equal(188_333);
    harness.engine.setScene({ tiles: [] });
    const asked = harness.requests.length;
    await harness.ticks(40);
    expect(harness.requests.length).to.equal(asked);
  });

  for (const readyMs of [5, 14, 25]) {
    it(`lets sound go within three seconds once pictures of a slow beginning are ready in ${readyMs} ms`, async () => {
      harness.engine.addOutput(output);
      harness.engine.setScene({ tiles: [tile('ann', leftHalf)] });
      const sound = new PlayoutBuffer();
      const tickWith = async (agoUs: number): Promise<void> => {
        await harness.feed(streams.red[0], { participantId: 'ann', ptsUs: harness.clock.nowUs() - agoUs });
        harness.tick();
        for (const { delayUs } of harness.requests.splice(0)) sound.requestMinimumDelay(delayUs);
        // Time passes for sound as for pictures.
        for (; soundTick * 20_000 < harness.clock.nowUs(); soundTick += 1) sound.skipTo(soundTick * 20_000);
      };
      let soundTick = 0;
      while (sound.targetUs() < 180_000) await tickWith(200_000);
      // Until nearly all of the last pictures were ready so soon.
      for (let frame = 0; frame < 128; frame += 1) await tickWith(readyMs * 1000);
      const fromUs = harness.clock.nowUs();
      while (sound.targetUs() > 40_000) await tickWith(readyMs * 1000);
      expect(harness.clock.nowUs() - fromUs).to.be.below(3_000_000);
    });
  }

  it('serves several outputs from one canvas', async () => {
    harness.engine.addOutput(output);
    harness.engine.addOutput({ outputId: 'small', codec: 'h264', format: { widthPx: 160, heightPx: 96, fps: 15 }, bitrateBps: 500_000 });
    harness.engine.setScene({ tiles: [tile('ann', leftHalf)] });
    for (let frame = 0; frame < 10; frame += 1) {
      await harness.feed(streams[frame % 2 === 0 ? 'red' : 'green'][0], { participantId: 'ann' });
      await harness.ticks(1);
      await until(() => liveOutputsIdle(harness), 'both encoded');
    }
    const of = (id: string): EncodedVideo[] => harness.encoded.filter(({ outputId }) => outputId === id);
    expect(of('all')).to.have.length(10);
    expect(of('small')).to.have.length(5);
    expect(harness.counter('drawn')).to.be.at.most(10);
  });

  it('takes a snapshot where nobody watches: decodes for it, then stops again', async () => {
    harness.engine.setScene({ tiles: [tile('ann', leftHalf), tile('bob', rightHalf)] });
    const png = harness.engine.snapshot();
    expect(harness.keyframesNeeded).to.deep.equal(['ann camera', 'bob camera']);
    await harness.feed(streams.blue[0], { participantId: 'ann' });
    harness.push(streams.blue[1], { participantId: 'bob' });
    const ticksToWait = 60;
    for (let tick = 0; tick < ticksToWait; tick += 1) {
      harness.push(streams.blue[1], { participantId: 'bob' });
      if (harness.inputs[0]?.wanted === true) await harness.feed(streams.blue[1], { participantId: 'ann' });
      harness.tick();
    }
    const pixels = await readPng(await png);
    expect(pixels(40, 40)).to.satisfy(([r, g, b]: number[]) => r! < 30 && g! < 30 && b! > 220);
    // Bob had no keyframe within 1.5 s: his avatar.
    expect(pixels(200, 150)).to.satisfy(([, , b]: number[]) => b! > 200);
    expect(pixels(10, 150)).to.deep.equal([0, 0, 0]);
    expect(harness.inputs.map(({ wanted }) => wanted)).to.deep.equal([false, false]);
    expect(harness.counter('drawn')).to.equal(1);
  });

  it('tells who waits for a snapshot that it will not come', async () => {
    harness.engine.setScene({ tiles: [tile('ann', leftHalf)] });
    harness.push(streams.blue[1], { participantId: 'ann' });
    const png = harness.engine.snapshot();
    await harness.engine.close();
    let failure = '';
    await png.catch((error: unknown) => (failure = String(error)));
    expect(failure).to.include('closed');
  });

  it('ends fifty joins, leaves and changes of output with nothing in native memory', async () => {
    for (let round = 0; round < 50; round += 1) {
      const id = `p${round}`;
      harness.engine.addParticipant(id);
      harness.engine.addOutput({ ...output, outputId: `o${round}`, codec: round % 2 === 0 ? 'vp8' : 'h264' });
      harness.engine.setScene({ tiles: [tile(id, leftHalf), tile('ann', rightHalf)] });
      harness.push(streams.red[0], { participantId: id });
      harness.push(streams.green[0], { participantId: 'ann' });
      if (round % 3 === 0) await until(() => harness.decodedOf(id) === 1, 'decoded');
      harness.tick();
      harness.tick();
      harness.engine.removeParticipant(id);
      harness.engine.removeOutput(`o${round}`);
    }
    await harness.engine.close();
    expect(liveNativeObjectsByKind()).to.deep.equal(nothingLive);
  });
});

function liveOutputsIdle(harness: Harness): boolean {
  const outputs = harness.engine.stats()['outputs'] as { outputId: string; framesEncoded: number }[];
  const all = outputs.find(({ outputId }) => outputId === 'all');
  const small = outputs.find(({ outputId }) => outputId === 'small');
  return all?.framesEncoded === harness.index && small?.framesEncoded === Math.floor(harness.index / 2);
}

async function readPng(png: Uint8Array): Promise<(x: number, y: number) => number[]> {
  const image = await loadImage(Buffer.from(png));
  expect([image.width, image.height]).to.deep.equal([canvas.widthPx, canvas.heightPx]);
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  return (x, y) => Array.from(context.getImageData(x, y, 1, 1).data).slice(0, 3);
}
