import { expect } from 'chai';
import type { VideoFrame } from '../../../mixer/index.js';
import { SimulcastLayers, type LayerUplink } from '../../../src/room/simulcast-layers.js';

class FakeUplink implements LayerUplink {
  readonly rid: string;
  lastMediaUs = Number.NEGATIVE_INFINITY;
  isAwake = false;
  wishes = 0;

  constructor(rid: string) {
    this.rid = rid;
  }

  wake(): void {
    this.isAwake = true;
  }

  rest(): void {
    this.isAwake = false;
  }

  wishKeyframe(): void {
    this.wishes += 1;
  }
}

const sizes = { l: [320, 180], m: [640, 360], h: [1280, 720] } as const;
type Rid = keyof typeof sizes;
const tickUs = 20_000;

describe('SimulcastLayers', () => {
  let layers: SimulcastLayers;
  let uplinks: Record<Rid, FakeUplink>;
  /** `m key`, `h delta`. */
  let shown: string[];
  let nowUs: number;
  let coming: Set<Rid>;

  function need(widthPx: number, heightPx: number): void {
    layers.setNeed({ widthPx, heightPx, fps: 30, bitrateBps: 1 });
  }

  /** A tick in which each layer that comes has a packet. */
  function tick(count = 1): void {
    for (let index = 0; index < count; index += 1) {
      nowUs += tickUs;
      for (const rid of coming) uplinks[rid].lastMediaUs = nowUs;
      layers.tick(nowUs);
    }
  }

  /** The frame comes whole; a layer that rests has none. */
  function frame(rid: Rid, keyframe: boolean): void {
    if (keyframe) layers.setSize(rid, { widthPx: sizes[rid][0], heightPx: sizes[rid][1] });
    if (!uplinks[rid].isAwake) return;
    const whole: VideoFrame = { participantId: rid, source: 'camera', codec: 'vp8', ptsUs: 0, arrivalUs: nowUs, keyframe, gapBefore: false, rotationDegrees: 0, data: new Uint8Array(1) };
    layers.takeFrame(rid, whole);
  }

  function awake(): string {
    return (['l', 'm', 'h'] as const).filter((rid) => uplinks[rid].isAwake).join('');
  }

  function begin(...rids: Rid[]): void {
    for (const rid of rids) {
      coming.add(rid);
      uplinks[rid].lastMediaUs = nowUs;
      layers.add(rid, uplinks[rid]);
      frame(rid, true);
    }
  }

  beforeEach(() => {
    nowUs = 0;
    shown = [];
    coming = new Set();
    uplinks = { l: new FakeUplink('l'), m: new FakeUplink('m'), h: new FakeUplink('h') };
    layers = new SimulcastLayers(({ participantId, keyframe }) => shown.push(`${participantId} ${keyframe ? 'key' : 'delta'}`));
  });

  it('gives the first picture that comes, then goes to the layer that is needed, at its keyframe', () => {
    need(640, 360);
    begin('h', 'l', 'm');
    expect(shown).to.deep.equal(['h key']);
    tick();
    expect(awake(), 'the old one goes on').to.equal('mh');
    frame('m', false);
    frame('h', false);
    frame('m', true);
    frame('h', false);
    frame('m', false);
    expect(shown).to.deep.equal(['h key', 'h delta', 'm key', 'm delta']);
    expect([awake(), layers.currentRid, layers.switches]).to.deep.equal(['m', 'm', 2]);
  });

  it('takes the smallest that covers the need, or nearly, and the largest where none does', () => {
    begin('l', 'm', 'h');
    for (const [widthPx, heightPx, rid] of [[320, 180, 'l'], [350, 196, 'l'], [360, 202, 'm'], [180, 320, 'l'], [640, 360, 'm'], [642, 480, 'h'], [1920, 1080, 'h'], [2, 2, 'l']] as const) {
      need(widthPx, heightPx);
      tick();
      frame(rid, true);
      expect(layers.currentRid, `${widthPx}x${heightPx}`).to.equal(rid);
      expect(awake()).to.equal(rid);
    }
  });

  it('asks until the keyframe comes, and changes its mind with the need', () => {
    need(320, 180);
    begin('l', 'm', 'h');
    tick(10);
    expect(uplinks.l.wishes + uplinks.m.wishes + uplinks.h.wishes, 'of a layer that is shown').to.equal(0);
    need(1280, 720);
    tick(10);
    expect([awake(), uplinks.h.wishes]).to.deep.equal(['lh', 9]);
    need(640, 360);
    tick();
    expect(awake()).to.equal('lm');
    need(320, 180);
    tick();
    frame('m', true);
    expect([awake(), shown.at(-1)]).to.deep.equal(['l', 'l key']);
  });

  it('falls back when a layer stops, and comes back to it only when it has come for 2 s', () => {
    need(1280, 720);
    begin('h', 'm', 'l');
    tick(2);
    coming.delete('h');
    tick(29);
    expect(awake(), 'three pictures of a slow camera').to.equal('h');
    tick(2);
    expect(awake()).to.equal('mh');
    frame('m', true);
    expect([awake(), layers.currentRid]).to.deep.equal(['m', 'm']);
    coming.add('h');
    tick(100);
    expect(awake()).to.equal('m');
    tick(2);
    expect(awake()).to.equal('mh');
    frame('h', true);
    expect(shown).to.deep.equal(['h key', 'm key', 'h key']);
  });

  it('stays where it is when all stop', () => {
    need(320, 180);
    begin('l', 'm');
    coming.clear();
    tick(100);
    expect([awake(), layers.currentRid]).to.deep.equal(['l', 'l']);
    coming.add('l');
    tick();
    frame('l', false);
    expect(shown).to.deep.equal(['l key', 'l delta']);
  });

  it('puts nothing together while no tile shows it, and begins with a keyframe afterwards', () => {
    need(320, 180);
    begin('l', 'm');
    layers.setNeed(undefined);
    tick();
    expect([awake(), layers.currentRid]).to.deep.equal(['', undefined]);
    need(640, 360);
    tick();
    expect(awake()).to.equal('m');
    frame('m', false);
    frame('m', true);
    expect(shown).to.deep.equal(['l key', 'm key']);
  });

  it('goes on with another layer when one is gone, or begins anew under another SSRC', () => {
    need(640, 360);
    begin('m', 'l');
    layers.remove('m', uplinks.l);
    expect(layers.currentRid, 'not his to remove').to.equal('m');
    layers.remove('m', uplinks.m);
    coming.delete('m');
    tick();
    expect(awake()).to.include('l');
    frame('l', true);
    expect(layers.currentRid).to.equal('l');
    uplinks.m = new FakeUplink('m');
    begin('m');
    tick();
    frame('m', true);
    expect([layers.currentRid, awake()]).to.deep.equal(['m', 'm']);
  });

  it('takes what there is where no size could be read', () => {
    need(640, 360);
    for (const rid of ['l', 'h'] as const) {
      coming.add(rid);
      layers.add(rid, uplinks[rid]);
    }
    tick(3);
    expect(awake()).to.equal('l');
    layers.takeFrame('l', { participantId: 'l', source: 'camera', codec: 'vp8', ptsUs: 0, arrivalUs: 0, keyframe: true, gapBefore: false, rotationDegrees: 0, data: new Uint8Array(1) });
    tick(3);
    expect([layers.currentRid, awake()]).to.deep.equal(['l', 'l']);
  });
});
