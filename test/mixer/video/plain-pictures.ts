/** Pictures of plain colours, encoded and decoded by the mixer's own codecs, and how to look at them. */
import { expect } from 'chai';
import type { DecodedPicture } from '../../../mixer/ffmpeg/decoded-picture.js';
import { NativePicture } from '../../../mixer/ffmpeg/native-picture.js';
import { Scaler } from '../../../mixer/ffmpeg/scaler.js';
import { VideoDecoder } from '../../../mixer/ffmpeg/video-decoder.js';
import { VideoEncoder } from '../../../mixer/ffmpeg/video-encoder.js';
import type { RotationDegrees, TileRectangle, VideoCodec, VideoFrame } from '../../../mixer/protocol.js';
import { fillRectangle, type Colour, type DrawTarget } from '../../../mixer/video/plane-drawing.js';

export const red: Colour = { y: 81, u: 90, v: 240 };
export const green: Colour = { y: 145, u: 54, v: 34 };
export const blue: Colour = { y: 41, u: 240, v: 110 };
export const white: Colour = { y: 235, u: 128, v: 128 };
export const black: Colour = { y: 16, u: 128, v: 128 };

/** Colours from left to right, row by row; all rows have as many. */
export type Pattern = readonly (readonly Colour[])[];

export function paintPattern(target: DrawTarget, pattern: Pattern): void {
  const height = target.heightPx / pattern.length;
  for (const [row, colours] of pattern.entries()) {
    const width = target.widthPx / colours.length;
    for (const [column, colour] of colours.entries()) fillRectangle(target, { x: column * width, y: row * height, width, height }, colour);
  }
}

export interface StreamOptions {
  readonly codec?: VideoCodec;
  readonly widthPx?: number;
  readonly heightPx?: number;
  /** One a frame. */
  readonly patterns: readonly Pattern[];
  /** Indices beside the first. */
  readonly keyframes?: readonly number[];
  readonly rotationDegrees?: RotationDegrees;
  readonly participantId?: string;
}

export const frameUs = 33_333;

/** A sender's frames from 0 on, a frame each `frameUs`. */
export async function encodeStream(options: StreamOptions): Promise<VideoFrame[]> {
  const { codec = 'vp8', widthPx = 160, heightPx = 96, patterns, keyframes = [], rotationDegrees = 0, participantId = 'ann' } = options;
  const encoder = await VideoEncoder.open({ codec, format: { widthPx, heightPx, fps: 30 }, bitrateBps: 4_000_000 });
  const picture = new NativePicture(widthPx, heightPx);
  const frames: VideoFrame[] = [];
  try {
    for (const [index, pattern] of patterns.entries()) {
      paintPattern(picture, pattern);
      for (const { data, keyframe, ptsUs } of await encoder.encode(picture, index * frameUs, keyframes.includes(index))) {
        frames.push({ participantId, source: 'camera', codec, ptsUs, arrivalUs: ptsUs, keyframe, gapBefore: false, rotationDegrees, data });
      }
    }
  } finally {
    picture.close();
    encoder.close();
  }
  return frames;
}

/** The pictures that frames decode to; the caller closes them. */
export async function decodeStream(frames: readonly Pick<VideoFrame, 'data' | 'ptsUs'>[], codec: VideoCodec = 'vp8', rotationDegrees: RotationDegrees = 0): Promise<DecodedPicture[]> {
  const decoder = await VideoDecoder.open({ codec, maxPixels: 1 << 22 });
  try {
    const pictures: DecodedPicture[] = [];
    for (const { data, ptsUs } of frames) pictures.push(...(await decoder.decode({ data, ptsUs, rotationDegrees })));
    return pictures;
  } finally {
    decoder.close();
  }
}

/** One decoded picture; the caller closes it. */
export async function decodedPicture(pattern: Pattern, options: Omit<StreamOptions, 'patterns'> = {}): Promise<DecodedPicture> {
  const frames = await encodeStream({ ...options, patterns: [pattern] });
  const [picture] = await decodeStream(frames, options.codec, options.rotationDegrees);
  if (picture === undefined) throw new Error('Nothing was decoded.');
  return picture;
}

/** A decoded picture's pixels; the caller closes the copy. */
export function toNative(picture: DecodedPicture): NativePicture {
  const { widthPx, heightPx } = picture;
  const copy = new NativePicture(widthPx, heightPx);
  const scaler = new Scaler({ sourceWidthPx: widthPx, sourceHeightPx: heightPx, fullRange: false, targetWidthPx: widthPx, targetHeightPx: heightPx });
  scaler.scale(picture, copy);
  scaler.close();
  return copy;
}

export function colourAt({ data, linesize }: DrawTarget, x: number, y: number): Colour {
  const chroma = (plane: 1 | 2): number => data[plane][Math.floor(y / 2) * linesize[plane] + Math.floor(x / 2)] ?? -1;
  return { y: data[0][y * linesize[0] + x] ?? -1, u: chroma(1), v: chroma(2) };
}

/** What codecs and scaling may change in a plain area. */
const tolerance = 6;

export function expectColour(target: DrawTarget, x: number, y: number, colour: Colour): void {
  const seen = colourAt(target, x, y);
  const far = Math.max(Math.abs(seen.y - colour.y), Math.abs(seen.u - colour.u), Math.abs(seen.v - colour.v));
  expect(far, `at ${x},${y}: ${JSON.stringify(seen)} instead of ${JSON.stringify(colour)}`).to.be.at.most(tolerance);
}

/** All of the rectangle but its outermost pixels, where scaling mixes neighbours. */
export function expectPlain(target: DrawTarget, { x, y, width, height }: TileRectangle, colour: Colour, edgePx = 4): void {
  for (let row = y + edgePx; row < y + height - edgePx; row += 3) for (let column = x + edgePx; column < x + width - edgePx; column += 3) expectColour(target, column, row, colour);
}
