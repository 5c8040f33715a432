// H.264 (ITU-T Rec. H.264, 08/2021): NAL units in Annex B byte streams, and of the sequence parameter set (7.3.2.1.1) what leads to the size.
import type { CodedSize } from './vp8-header.js';

export interface ParameterSets {
  /** Of the first sequence parameter set, cropping taken off; undefined when it cannot be read. */
  readonly size: CodedSize | undefined;
  /** All parameter sets of the access unit, in Annex B, as they stood there. */
  readonly bytes: Uint8Array;
}

const nalTypeMask = 0x1f;
const sliceType = 1;
const idrSliceType = 5;
const spsType = 7;
const ppsType = 8;

/** Table of 7.3.2.1.1: profiles whose parameter sets speak of chroma format and bit depth. */
const profilesWithChromaFormat = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** What a parameter set needs at most before its size fields end; scaling lists are the longest part. */
const longestRead = 1024;

/** The parameter sets at the start of an access unit; undefined where there is none before the first slice. */
export function findParameterSets(unit: Uint8Array): ParameterSets | undefined {
  let size: CodedSize | undefined;
  let from: number | undefined;
  let start = nextStartCode(unit, 0);
  while (start < unit.length) {
    const type = (unit[start + 3] ?? 0) & nalTypeMask;
    if (type >= sliceType && type <= idrSliceType) break;
    const end = nextStartCode(unit, start + 3);
    if (type === spsType) {
      from ??= start;
      size ??= readSps(unit.subarray(start + 4, Math.min(end, start + 4 + longestRead)));
    } else if (type === ppsType) from ??= start;
    start = end;
  }
  return from === undefined ? undefined : { size, bytes: unit.slice(from, start) };
}

/** Index of the next 00 00 01 at or after `from`, else the length. */
function nextStartCode(bytes: Uint8Array, from: number): number {
  for (let index = from; index + 2 < bytes.length; index += 1) {
    if (bytes[index] === 0 && bytes[index + 1] === 0 && bytes[index + 2] === 1) return index;
  }
  return bytes.length;
}

/** @param payload after the NAL header, emulation prevention bytes still in */
function readSps(payload: Uint8Array): CodedSize | undefined {
  const bits = new BitReader(payload);
  const profile = bits.take(8);
  bits.take(16); // constraint flags, level
  bits.exp();
  let chromaFormat = 1;
  if (profilesWithChromaFormat.has(profile)) {
    chromaFormat = bits.exp();
    if (chromaFormat === 3) bits.take(1);
    bits.exp();
    bits.exp();
    bits.take(1);
    if (bits.take(1) === 1) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8);
  }
  bits.exp();
  skipPictureOrder(bits);
  bits.exp();
  bits.take(1);
  const widthMacroblocks = bits.exp() + 1;
  const heightMapUnits = bits.exp() + 1;
  const framesOnly = bits.take(1);
  if (framesOnly === 0) bits.take(1);
  bits.take(1);
  const cropped = bits.take(1) === 1;
  const [left, right, top, bottom] = cropped ? [bits.exp(), bits.exp(), bits.exp(), bits.exp()] : [0, 0, 0, 0];
  if (bits.exhausted) return undefined;
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropY = (chromaFormat === 1 ? 2 : 1) * (2 - framesOnly);
  return { widthPx: widthMacroblocks * 16 - cropX * (left + right), heightPx: heightMapUnits * 16 * (2 - framesOnly) - cropY * (top + bottom) };
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.exp();
  if (type === 0) bits.exp();
  if (type !== 1) return;
  bits.take(1);
  bits.exp();
  bits.exp();
  for (let left = Math.min(bits.exp(), 255); left > 0; left -= 1) bits.exp();
}

function skipScalingLists(bits: BitReader, count: number): void {
  for (let list = 0; list < count; list += 1) {
    if (bits.take(1) === 0) continue;
    let last = 8;
    let next = 8;
    for (let index = 0; index < (list < 6 ? 16 : 64); index += 1) {
      if (next !== 0) next = (last + bits.signedExp() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

/** Reads most significant bits first and leaves out the 03 of 00 00 03; past the end it gives zeros and says so. */
class BitReader {
  readonly #bytes: Uint8Array;
  #index = 0;
  #bit = 0;
  #zeros = 0;
  exhausted = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left -= 1) value = value * 2 + this.#takeBit();
    return value;
  }

  #takeBit(): number {
    if (this.#bit === 0 && this.#zeros >= 2 && this.#bytes[this.#index] === 3) {
      this.#index += 1;
      this.#zeros = 0;
    }
    const byte = this.#bytes[this.#index];
    if (byte === undefined) {
      this.exhausted = true;
      return 0;
    }
    const value = (byte >> (7 - this.#bit)) & 1;
    this.#bit += 1;
    if (this.#bit === 8) {
      this.#bit = 0;
      this.#index += 1;
      this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
    }
    return value;
  }

  /** ue(v) of section 9.1. */
  exp(): number {
    let zeros = 0;
    while (this.take(1) === 0) {
      zeros += 1;
      // No value in a parameter set is longer than 32 bits: the rest is no H.264.
      if (this.exhausted || zeros > 32) {
        this.exhausted = true;
        return 0;
      }
    }
    return 2 ** zeros - 1 + this.take(zeros);
  }

  /** se(v) of section 9.1.1. */
  signedExp(): number {
    const value = this.exp();
    return value % 2 === 1 ? (value + 1) / 2 : -value / 2;
  }
}
