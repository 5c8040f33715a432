import { expect } from 'chai';
import { Mixer, type MixerEvent, type MixerOptions } from '../../mixer/index.js';
import type { EncodedVideo, SceneTile, VideoFrame } from '../../mixer/protocol.js';
import { deferred } from '../support/deferred.js';
import { ManualTime } from '../support/manual-time.js';
import { decodeStream, encodeStream, expectPlain, frameUs, red, toNative } from './video/plain-pictures.js';

const canvas = { widthPx: 320, heightPx: 192, fps: 30 };

function optionsNow(): MixerOptions {
  return { zero: process.hrtime(), canvas, maxInputPixels: 1 << 20, audio: { mode: 'voice', bitrateBps: 32_000, complexity: 5, maxTalkers: 12 } };
}

const ann: SceneTile = {
  participantId: 'ann',
  source: 'camera',
  rectangle: { x: 0, y: 0, width: 320, height: 192 },
  fit: 'cover',
  name: 'Ann',
  showName: true,
  speaking: false,
  muted: false,
  live: true,
};

/** Events as they come, and the wait for one. */
class Events {
  readonly all: MixerEvent[] = [];
  #waiting: { readonly matches: (event: MixerEvent) => boolean; readonly resolve: (event: MixerEvent) => void }[] = [];

  readonly take = (event: MixerEvent): void => {
    this.all.push(event);
    const due = this.#waiting.filter(({ matches }) => matches(event));
    this.#waiting = this.#waiting.filter((waiting) => !due.includes(waiting));
    for (const { resolve } of due) resolve(event);
  };

  next(matches: (event: MixerEvent) => boolean): Promise<MixerEvent> {
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }
}

describe('mixer', () => {
  let mixer: Mixer | undefined;
  afterEach(async () => {
    const open = mixer;
    mixer = undefined;
    if (open !== undefined) expect(await open.close()).to.deep.equal({ liveNativeObjects: 0 });
  });

  it('mixes in a thread of its own: frames in, the canvas out', async () => {
    const events = new Events();
    const frames = await encodeStream({ patterns: [[[red]], [[red]]] });
    mixer = await Mixer.create({ options: optionsNow(), onEvent: events.take, onExit: (reason) => expect.fail(reason) });
    mixer.send({ type: 'addParticipant', participantId: 'ann' });
    mixer.send({ type: 'setScene', scene: { tiles: [ann] } });
    const asked = events.next(({ type }) => type === 'keyframeNeeded');
    const sized = events.next(({ type }) => type === 'pictureSize');
    mixer.send({ type: 'addVideoOutput', output: { outputId: 'all', codec: 'vp8', format: canvas, bitrateBps: 2_000_000 } });
    expect(await asked).to.deep.equal({ type: 'keyframeNeeded', participantId: 'ann', source: 'camera' });
    for (const frame of frames) mixer.send({ type: 'videoFrame', frame: copyOf(frame) });
    expect(await sized).to.deep.equal({ type: 'pictureSize', participantId: 'ann', source: 'camera', widthPx: 160, heightPx: 96 });
    const videos = (): EncodedVideo[] => events.all.flatMap((event) => (event.type === 'encodedVideo' ? [event.video] : []));
    const startedWith = videos().length;
    await events.next(() => videos().length >= startedWith + 8);
    const got = videos();
    expect(got[0]).to.include({ outputId: 'all', keyframe: true });
    for (const [index, { ptsUs }] of got.entries()) {
      expect(Math.abs(ptsUs - Math.floor((Math.round((ptsUs * 30) / 1_000_000) * 1_000_000) / 30)), 'on the room\'s grid').to.be.at.most(1);
      if (index > 0) expect(ptsUs).to.be.greaterThan(got[index - 1]!.ptsUs);
    }
    const pictures = await decodeStream(got);
    const last = toNative(pictures.at(-1)!);
    for (const picture of pictures) picture.close();
    expectPlain(last, { x: 0, y: 0, width: 320, height: 140 }, red, 8);
    last.close();
  });

  it('answers snapshots and statistics, and closes with nothing left', async () => {
    const events = new Events();
    mixer = await Mixer.create({ options: optionsNow(), onEvent: events.take, onExit: (reason) => expect.fail(reason) });
    mixer.send({ type: 'setScene', scene: { tiles: [{ ...ann, live: false }] } });
    const [png, other, stats] = await Promise.all([mixer.snapshot(), mixer.snapshot(), mixer.stats()]);
    expect(Array.from(png.subarray(1, 4))).to.deep.equal(Array.from(Buffer.from('PNG')));
    expect(other.byteLength).to.be.greaterThan(100);
    expect(stats).to.have.all.keys('clock', 'audio', 'video', 'faultsNotTold', 'nativeObjects');
    expect(events.all.filter(({ type }) => type === 'snapshot' || type === 'stats')).to.be.empty;
  });

  it('tells a command that it cannot do, and goes on', async () => {
    const events = new Events();
    mixer = await Mixer.create({ options: optionsNow(), onEvent: events.take, onExit: (reason) => expect.fail(reason) });
    const fault = events.next(({ type }) => type === 'fault');
    mixer.send({ type: 'setScene', scene: { tiles: [{ ...ann, rectangle: { x: 1, y: 0, width: 9_999, height: 2 } }] } });
    expect(await fault).to.deep.include({ type: 'fault', stage: 'command setScene', participantId: undefined });
    expect(await mixer.stats()).to.be.an('object');
  });

  it('keeps the memory of small packets its sender\'s, and takes that of large frames', async () => {
    mixer = await Mixer.create({ options: optionsNow(), onEvent: () => undefined, onExit: (reason) => expect.fail(reason) });
    const shared = Buffer.from('a small packet');
    mixer.send({ type: 'audioPacket', packet: { participantId: 'x', index: 0, ptsUs: 0, arrivalUs: 0, levelDbov: undefined, data: shared } });
    expect(shared.toString()).to.equal('a small packet');
    const frame = { ...(await encodeStream({ patterns: [[[red]]] }))[0]!, data: new Uint8Array(5_000) };
    mixer.send({ type: 'videoFrame', frame });
    await mixer.stats();
    expect(frame.data.byteLength).to.equal(0);
  });

  it('says when its thread dies, once, and answers nothing after that', async () => {
    const died = deferred<string>();
    let exits = 0;
    const dying = new URL('./thread/dying-thread.js', import.meta.url);
    const doomed = await Mixer.create({
      entry: dying,
      options: optionsNow(),
      onEvent: () => undefined,
      onExit: (reason) => {
        exits += 1;
        died.resolve(reason);
      },
    });
    const stats = doomed.stats().catch((error: unknown) => String(error));
    expect(await died.promise).to.equal('a bug');
    expect(await stats).to.include('a bug');
    doomed.send({ type: 'removeParticipant', participantId: 'ann' });
    let failure = '';
    await doomed.snapshot().catch((error: unknown) => (failure = String(error)));
    expect(failure).to.include('gone');
    await doomed.close().catch((error: unknown) => (failure = String(error)));
    expect(failure).to.include('a bug');
    expect(exits).to.equal(1);
  });

  it('says so once when its thread hangs', async () => {
    const timers = new ManualTime();
    const reasons: string[] = [];
    const hanging = await Mixer.create({
      entry: new URL('./thread/hanging-thread.js', import.meta.url),
      options: optionsNow(),
      timers,
      onEvent: () => undefined,
      onExit: (reason) => reasons.push(reason),
    });
    const stats = hanging.stats().catch((error: unknown) => String(error));
    for (let tick = 0; tick < 10; tick += 1) {
      timers.advance(2_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(reasons).to.deep.equal(['the mixer thread has not answered for 10000 ms']);
    expect(await stats).to.include('not answered');
    await hanging.close().then(() => expect.fail(), (error: unknown) => expect(String(error)).to.include('gone'));
    expect(reasons).to.have.length(1);
  });

  it('does not start where its thread cannot', async () => {
    let failure = '';
    await Mixer.create({ entry: new URL('./thread/no-such-file.js', import.meta.url), options: optionsNow(), onEvent: () => undefined, onExit: () => expect.fail() }).catch(
      (error: unknown) => (failure = String(error)),
    );
    expect(failure).to.include('no-such-file');
  });
});

/** At its own time on the room's clock; memory of its own, because sending gives it away. */
function copyOf(frame: VideoFrame): VideoFrame {
  return { ...frame, ptsUs: frame.ptsUs % frameUs, data: Uint8Array.from(frame.data) };
}
