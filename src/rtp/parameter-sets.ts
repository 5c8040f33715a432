/**
 * The parameter sets of one H.264 stream: what was seen last under each id, kept for keyframes that come without their own.
 */
import { BitReader } from './bit-reader.js';
import { nalType, startCode, typeMask } from './nal-unit.js';
import { parseSps } from './sps.js';
import type { Sps } from './sps.js';

/** Real sets have 10 to 100 bytes, with scaling lists some hundreds; more would be a sender filling our memory. */
const maxSetBytes = 1_024;
/** Encoders use one of each, some hardware a handful. Beyond it new ids are not kept. */
const maxSetsOfAKind = 16;

export class ParameterSets {
  readonly #sps = new Map<number, Uint8Array>();
  readonly #pps = new Map<number, Uint8Array>();
  #latestSps: Sps | undefined;

  /** The SPS seen last; it tells the picture size of the keyframe that follows it. */
  get latestSps(): Sps | undefined {
    return this.#latestSps;
  }

  /** True when there is at least one of each kind. */
  get isComplete(): boolean {
    return this.#sps.size > 0 && this.#pps.size > 0;
  }

  /** Keeps a copy of an SPS or PPS NAL unit; ignores every other and what cannot be read. */
  add(nal: Uint8Array): void {
    if (nal.length > maxSetBytes) return;
    const type = (nal[0] ?? 0) & typeMask;
    if (type === nalType.sps) {
      const sps = parseSps(nal);
      if (sps === undefined) return;
      this.#latestSps = sps;
      keep(this.#sps, sps.id, nal);
    } else if (type === nalType.pps) {
      const reader = new BitReader(nal, 1);
      const id = reader.readUnsigned();
      if (!reader.isExhausted) keep(this.#pps, id, nal);
    }
  }

  /** Adds the sets of the SDP's sprop-parameter-sets (RFC 6184 8.1): base64, parted by commas. */
  addFromSdp(spropParameterSets: string): void {
    for (const set of spropParameterSets.split(',')) this.add(Buffer.from(set, 'base64'));
  }

  /** Appends every SPS, then every PPS, each after a start code; answers the bytes added. */
  appendTo(parts: Uint8Array[]): number {
    let bytes = 0;
    for (const sets of [this.#sps, this.#pps]) {
      for (const nal of sets.values()) {
        parts.push(startCode, nal);
        bytes += startCode.length + nal.length;
      }
    }
    return bytes;
  }
}

function keep(sets: Map<number, Uint8Array>, id: number, nal: Uint8Array): void {
  if (sets.size < maxSetsOfAKind || sets.has(id)) sets.set(id, Uint8Array.from(nal));
}
