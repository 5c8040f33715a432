/** What a tile shows of a picture, and so what is worth sending: pure. */
import type { SceneTile, VideoSource } from '../../mixer/index.js';
import type { EncodingWish } from '../rooms/protocol.js';

/** Of one source of one participant. */
export interface PictureNeed {
  /** The whole picture as it is drawn, even pixels; a tile that cuts its sides off (`cover`) lies within. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  /** Enough for that many pixels; more is not seen. */
  readonly bitrateBps: number;
}

/** Text and slides: what a screen shows faster than this is a film, and better shared as one. */
const screenFps = 15;
const referencePixels = 1280 * 720;
const referenceFps = 30;
/** VP8 as browsers encode it: a talking head with a detailed background is at 41 dB or more with this. */
const cameraReferenceBps = 1_700_000;
/** Text has to be sharp at the first look: at `screenFps` a page of 1280x720 is there within a second. */
const screenReferenceBps = 2_600_000;
/** Half the pixels want 59 % of the bits: what moves is coded in fewer, but fuller blocks. */
const pixelExponent = 0.75;
/** Half the pictures want 71 % of the bits, since more changes from one to the next. */
const fpsExponent = 0.5;
/** Encoders make mush of any size below this. */
const leastBps = 80_000;
const mostBps = 4_000_000;

/** @param aspectRatio width by height of what is sent, after rotation; undefined while it is not known: then the tile's */
export function needOfTile({ rectangle, fit, source }: Pick<SceneTile, 'rectangle' | 'fit' | 'source'>, canvasFps: number, aspectRatio?: number): PictureNeed {
  const { widthPx, heightPx } = drawnSize(rectangle.width, rectangle.height, fit, aspectRatio);
  const fps = source === 'screen' ? Math.min(canvasFps, screenFps) : canvasFps;
  return { widthPx, heightPx, fps, bitrateBps: bitrateFor(source, widthPx * heightPx, fps) };
}

/** A whole thousand of bits a second. */
export function bitrateFor(source: VideoSource, pixels: number, fps: number): number {
  const referenceBps = source === 'screen' ? screenReferenceBps : cameraReferenceBps;
  const bps = referenceBps * (pixels / referencePixels) ** pixelExponent * (fps / referenceFps) ** fpsExponent;
  return Math.round(Math.min(mostBps, Math.max(leastBps, bps)) / 1000) * 1000;
}

/** As a page is told it. */
export function wishEncoding(source: VideoSource, need: PictureNeed | undefined): EncodingWish {
  const { widthPx, heightPx, fps, bitrateBps } = need ?? { widthPx: 0, heightPx: 0, fps: 0, bitrateBps: 0 };
  return { source, active: need !== undefined, width: widthPx, height: heightPx, maxFps: fps, maxBitrate: bitrateBps };
}

function drawnSize(tileWidthPx: number, tileHeightPx: number, fit: SceneTile['fit'], aspectRatio: number | undefined): Pick<PictureNeed, 'widthPx' | 'heightPx'> {
  if (aspectRatio === undefined) return { widthPx: tileWidthPx, heightPx: tileHeightPx };
  const isWiderThanTile = aspectRatio > tileWidthPx / tileHeightPx;
  // To cover, the shorter side fits; to be seen whole, the longer one.
  const fitsHeight = isWiderThanTile === (fit === 'cover');
  return fitsHeight ? { widthPx: ceilEven(tileHeightPx * aspectRatio), heightPx: tileHeightPx } : { widthPx: tileWidthPx, heightPx: ceilEven(tileWidthPx / aspectRatio) };
}

/** Up, so that nothing is scaled up by a row; a row's hundredth is an aspect ratio's rounding. */
function ceilEven(value: number): number {
  return 2 * Math.ceil(value / 2 - 0.01);
}
