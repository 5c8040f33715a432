/**
 * Which simulcast layer of one source is shown: the smallest that covers what its tile needs, of those that come. Only that one is put together; another one
 * takes its place with its first keyframe, and until then the old one goes on. Pure but for its memory; times are the room's.
 */
import type { VideoFrame } from '../../mixer/index.js';
import type { PictureSize } from '../rtp/video-depacketiser.js';
import type { PictureNeed } from './picture-need.js';

/** What is asked of a layer's uplink. */
export interface LayerUplink {
  readonly rid: string | undefined;
  readonly lastMediaUs: number;
  wake(): void;
  rest(): void;
  wishKeyframe(): void;
}

interface Layer {
  readonly uplink: LayerUplink;
  /** Of its last keyframe; undefined until one was seen. */
  size: PictureSize | undefined;
  /** Since when it comes again after a silence; -Infinity for a layer that never was silent. */
  sinceUs: number;
  isSilent: boolean;
}

/** The slowest cameras in the dark send 5 pictures a second: a layer that misses three has been switched off. */
const silentUs = 600_000;
/** A sender at the edge of what his line carries switches layers on and off: each change would cost him a keyframe. */
const steadyUs = 2_000_000;
/** So much may be made up by scaling up: nobody sees a tenth, and the next larger layer has four times the pixels. */
const closeEnough = 0.9;
/** As small as can be: until somebody says what is needed. */
const anyPicture: Pick<PictureNeed, 'widthPx' | 'heightPx'> = { widthPx: 2, heightPx: 2 };

export class SimulcastLayers {
  readonly #onFrame: (frame: VideoFrame) => void;
  readonly #layers = new Map<string, Layer>();
  #need: Pick<PictureNeed, 'widthPx' | 'heightPx'> | undefined = anyPicture;
  /** Whose frames go on. */
  #current: Layer | undefined;
  /** Whose next keyframe makes it current. */
  #next: Layer | undefined;
  #switches = 0;

  constructor(onFrame: (frame: VideoFrame) => void) {
    this.#onFrame = onFrame;
  }

  /** Times at which another layer took over. */
  get switches(): number {
    return this.#switches;
  }

  get currentRid(): string | undefined {
    return this.#current?.uplink.rid;
  }

  /** A layer's first packet came. One that comes back under another SSRC is removed before. */
  add(rid: string, uplink: LayerUplink): void {
    const layer = { uplink, size: undefined, sinceUs: Number.NEGATIVE_INFINITY, isSilent: false };
    this.#layers.set(rid, layer);
    // A stream begins with a keyframe: the first layer to come gives the first picture, whatever its size.
    if (this.#need !== undefined && this.#current === undefined && this.#next === undefined) this.#await(layer);
  }

  remove(rid: string, uplink: LayerUplink): void {
    const layer = this.#layers.get(rid);
    if (layer?.uplink !== uplink) return;
    this.#layers.delete(rid);
    this.#forget(layer);
  }

  setSize(rid: string, size: PictureSize): void {
    const layer = this.#layers.get(rid);
    if (layer !== undefined) layer.size = size;
  }

  /** Undefined: no tile shows it, so every layer rests. */
  setNeed(need: PictureNeed | undefined): void {
    this.#need = need;
  }

  takeFrame(rid: string, frame: VideoFrame): void {
    const layer = this.#layers.get(rid);
    if (layer !== undefined && layer === this.#next && frame.keyframe) this.#become(layer);
    if (layer !== undefined && layer === this.#current) this.#onFrame(frame);
  }

  /** To be called each 20 ms or so. */
  tick(nowUs: number): void {
    for (const layer of this.#layers.values()) watchSilence(layer, nowUs);
    const best = this.#need === undefined ? undefined : this.#choose(this.#need, nowUs);
    if (best === undefined) {
      if (this.#need === undefined) this.#restAll();
      return;
    }
    // What is awaited first is awaited to its end: a picture of the wrong size is better than none.
    if (this.#current === undefined && this.#next !== undefined && !this.#next.isSilent) {
      this.#next.uplink.wishKeyframe();
      return;
    }
    this.#await(best === this.#current ? undefined : best);
  }

  #choose(need: Pick<PictureNeed, 'widthPx' | 'heightPx'>, nowUs: number): Layer | undefined {
    const isIdle = this.#current === undefined || this.#current.isSilent;
    const coming = [...this.#layers.values()].filter((layer) => !layer.isSilent && (isIdle || layer === this.#current || nowUs - layer.sinceUs >= steadyUs));
    const bySize = coming.filter(({ size }) => size !== undefined).sort((a, b) => pixelsOf(a) - pixelsOf(b));
    return bySize.find(({ size }) => size !== undefined && covers(size, need)) ?? bySize.at(-1) ?? coming[0];
  }

  #await(next: Layer | undefined): void {
    if (next === this.#next) {
      next?.uplink.wishKeyframe();
      return;
    }
    this.#next?.uplink.rest();
    this.#next = next;
    next?.uplink.wake();
  }

  #become(layer: Layer): void {
    const before = this.#current;
    this.#next = undefined;
    this.#current = layer;
    this.#switches += 1;
    before?.uplink.rest();
  }

  #restAll(): void {
    this.#await(undefined);
    this.#current?.uplink.rest();
    this.#current = undefined;
  }

  #forget(layer: Layer): void {
    if (this.#current === layer) this.#current = undefined;
    if (this.#next === layer) this.#next = undefined;
  }
}

function watchSilence(layer: Layer, nowUs: number): void {
  const isSilent = nowUs - layer.uplink.lastMediaUs >= silentUs;
  if (layer.isSilent && !isSilent) layer.sinceUs = nowUs;
  layer.isSilent = isSilent;
}

/** Long sides against long ones: what is sent lying may be shown upright. */
function covers(size: PictureSize, need: Pick<PictureNeed, 'widthPx' | 'heightPx'>): boolean {
  const longPx = Math.max(size.widthPx, size.heightPx);
  const shortPx = Math.min(size.widthPx, size.heightPx);
  return longPx >= closeEnough * Math.max(need.widthPx, need.heightPx) && shortPx >= closeEnough * Math.min(need.widthPx, need.heightPx);
}

function pixelsOf({ size }: Layer): number {
  return size === undefined ? 0 : size.widthPx * size.heightPx;
}
