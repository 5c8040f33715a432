// Drawing on I420 planes in place: what swscale has no call for. All positions and sizes are even; nobody checks them here.
import type { Planes, Strides } from '../ffmpeg/native-picture.js';
import type { RotationDegrees, TileRectangle } from '../protocol.js';
import type { Picture } from './lettering/index.js';

export interface DrawTarget {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Planes;
  readonly linesize: Strides;
}

/** BT.601, limited range. */
export interface Colour {
  readonly y: number;
  readonly u: number;
  readonly v: number;
}

export function fillRectangle(target: DrawTarget, { x, y, width, height }: TileRectangle, colour: Colour): void {
  fillPlane(target.data[0], target.linesize[0], x, y, width, height, colour.y);
  fillPlane(target.data[1], target.linesize[1], x / 2, y / 2, width / 2, height / 2, colour.u);
  fillPlane(target.data[2], target.linesize[2], x / 2, y / 2, width / 2, height / 2, colour.v);
}

function fillPlane(plane: Uint8Array, stride: number, x: number, y: number, width: number, height: number, value: number): void {
  for (let row = y; row < y + height; row += 1) plane.fill(value, row * stride + x, row * stride + x + width);
}

/** Fills what of the target lies outside of `inner`. */
export function fillAround(target: DrawTarget, inner: TileRectangle, colour: Colour): void {
  const { widthPx: width, heightPx: height } = target;
  const bottom = inner.y + inner.height;
  const right = inner.x + inner.width;
  fillRectangle(target, { x: 0, y: 0, width, height: inner.y }, colour);
  fillRectangle(target, { x: 0, y: bottom, width, height: height - bottom }, colour);
  fillRectangle(target, { x: 0, y: inner.y, width: inner.x, height: inner.height }, colour);
  fillRectangle(target, { x: right, y: inner.y, width: width - right, height: inner.height }, colour);
}

/** A frame along the inside of the target's edge. */
export function drawBorder(target: DrawTarget, thicknessPx: number, colour: Colour): void {
  const width = target.widthPx - 2 * thicknessPx;
  const height = target.heightPx - 2 * thicknessPx;
  if (width > 0 && height > 0) fillAround(target, { x: thicknessPx, y: thicknessPx, width, height }, colour);
}

/** Takes light and colour back by the same part, towards black. */
export function dim(target: DrawTarget): void {
  const [luma, u, v] = target.data;
  for (let index = 0; index < luma.length; index += 1) luma[index] = 16 + ((((luma[index] ?? 16) - 16) * dimmedLight) >> 8);
  for (let index = 0; index < u.length; index += 1) {
    u[index] = 128 + ((((u[index] ?? 128) - 128) * dimmedLight) >> 8);
    v[index] = 128 + ((((v[index] ?? 128) - 128) * dimmedLight) >> 8);
  }
}

/** Of 256: dark enough to be seen as «this stands», light enough to still see what stood there. */
const dimmedLight = 115;

/** Lays a picture of the target's size onto it. */
export function layPicture(target: DrawTarget, picture: Picture): void {
  const planes = [picture.y, picture.u, picture.v] as const;
  for (const [index, source] of planes.entries()) {
    const width = index === 0 ? picture.widthPx : picture.widthPx / 2;
    const stride = target.linesize[index] ?? 0;
    const plane = target.data[index];
    if (plane === undefined) continue;
    for (let row = 0; row * width < source.length; row += 1) plane.set(source.subarray(row * width, (row + 1) * width), row * stride);
  }
}

/**
 * Turns the source clockwise and lays a part of it onto the target.
 * @param part in the turned source; its left upper corner lands at `destination`'s, whose size it takes
 */
export function layRotated(target: DrawTarget, destination: TileRectangle, source: DrawTarget, rotationDegrees: RotationDegrees, part: { readonly x: number; readonly y: number }): void {
  for (const plane of [0, 1, 2] as const) {
    const scale = plane === 0 ? 1 : 2;
    rotatePlane(
      target.data[plane],
      (destination.y / scale) * target.linesize[plane] + destination.x / scale,
      target.linesize[plane],
      destination.width / scale,
      destination.height / scale,
      source.data[plane],
      turn(source.linesize[plane], source.widthPx / scale, source.heightPx / scale, rotationDegrees, part.x / scale, part.y / scale),
    );
  }
}

interface Walk {
  readonly start: number;
  /** How far to go in the source for one step to the right, and for one down, in the target. */
  readonly right: number;
  readonly down: number;
}

function turn(stride: number, width: number, height: number, rotationDegrees: RotationDegrees, x: number, y: number): Walk {
  switch (rotationDegrees) {
    case 0:
      return { start: y * stride + x, right: 1, down: stride };
    case 90:
      return { start: (height - 1 - x) * stride + y, right: -stride, down: 1 };
    case 180:
      return { start: (height - 1 - y) * stride + width - 1 - x, right: -1, down: -stride };
    case 270:
      return { start: x * stride + width - 1 - y, right: stride, down: -1 };
  }
}

function rotatePlane(target: Uint8Array, origin: number, stride: number, width: number, height: number, source: Uint8Array, walk: Walk): void {
  for (let row = 0; row < height; row += 1) {
    let from = walk.start + row * walk.down;
    const end = origin + row * stride + width;
    for (let to = origin + row * stride; to < end; to += 1, from += walk.right) target[to] = source[from] ?? 0;
  }
}
