/**
 * H.264 out of RTP: the packets of one access unit to an Annex B byte stream (RFC 6184 5.6, 5.7.1, 5.8; packetization-mode 0 and 1).
 * The interleaved mode's packets (STAP-B, MTAP, FU-B) are refused: no browser offers it.
 *
 * Packet layouts stand in `h264-payload.ts`. A keyframe is an access unit with an IDR slice; when it comes without parameter sets,
 * those seen last (in the stream or in the SDP) are put before it.
 */
import { forbiddenBit, lastSingleNalType, nalType, nriMask, startCode, typeMask } from './nal-unit.js';
import { aggregateUnit, firstFragmentBit, fragmentHeaderBytes, fragmentUnit, lastFragmentBit, readSize } from './h264-payload.js';
import { ParameterSets } from './parameter-sets.js';
import { holdsKeyframe, isDamaged, joinBytes, startsFrame } from './video-depacketiser.js';
import type { JoinedFrame, PictureSize, VideoDepacketiser } from './video-depacketiser.js';

/** One-byte views of every value, for the NAL header that a fragmented unit gets back. */
const everyByte = Uint8Array.from({ length: 256 }, (_, value) => value);

export interface H264DepacketiserOptions {
  /** The fmtp value of that name in the sender's SDP, when it has one. */
  readonly spropParameterSets?: string | undefined;
}

export class H264Depacketiser implements VideoDepacketiser {
  readonly codec = 'h264';
  readonly #parameterSets = new ParameterSets();
  /** Whether this sender repeats its parameter sets before each IDR slice. Then an IDR slice after a gap is not known to be the frame's first packet. */
  #areSetsInBand: boolean;
  // What the frame that is being joined is made of.
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #hasIdr = false;
  #hasSlice = false;
  #hasSps = false;
  #hasPps = false;

  constructor({ spropParameterSets }: H264DepacketiserOptions = {}) {
    if (spropParameterSets !== undefined) this.#parameterSets.addFromSdp(spropParameterSets);
    this.#areSetsInBand = !this.#parameterSets.isComplete;
  }

  inspect(payload: Uint8Array): number {
    const header = payload[0] ?? 0;
    if ((header & forbiddenBit) !== 0) return isDamaged;
    const type = header & typeMask;
    if (type >= 1 && type <= lastSingleNalType) return this.#placeOf(type, payload[1] ?? 0);
    if (type === aggregateUnit) return this.#inspectAggregate(payload);
    if (type !== fragmentUnit || payload.length <= fragmentHeaderBytes) return isDamaged;
    const fragmentHeader = payload[1] ?? 0;
    const place = this.#placeOf(fragmentHeader & typeMask, payload[2] ?? 0);
    return (fragmentHeader & firstFragmentBit) !== 0 ? place : place & ~startsFrame;
  }

  pictureNumber(): undefined {
    // Slices have a number of their own only deep within them, and of reference pictures only.
    return undefined;
  }

  join(payloads: readonly Uint8Array[]): JoinedFrame | 'damaged' | 'no-picture' {
    this.#parts = [];
    this.#bytes = 0;
    this.#hasIdr = this.#hasSlice = this.#hasSps = this.#hasPps = false;
    const isIntact = this.#takeApart(payloads);
    const frame = isIntact ? this.#finish() : 'damaged';
    // Else the last frame's packets would live on until the next one comes.
    this.#parts = [];
    return frame;
  }

  salvage(payload: Uint8Array): void {
    const type = (payload[0] ?? 0) & typeMask;
    if (type === nalType.sps || type === nalType.pps) this.#parameterSets.add(payload);
    if (type !== aggregateUnit) return;
    for (let at = 1; at + 2 < payload.length; ) {
      const nalBytes = readSize(payload, at);
      if (at + 2 + nalBytes > payload.length) return;
      this.#parameterSets.add(payload.subarray(at + 2, at + 2 + nalBytes));
      at += 2 + nalBytes;
    }
  }

  overhear(payload: Uint8Array): PictureSize | undefined {
    this.salvage(payload);
    const type = (payload[0] ?? 0) & typeMask;
    return type === nalType.sps || type === aggregateUnit ? this.#parameterSets.latestSps : undefined;
  }

  /** @param next the byte after the NAL header; of a slice its highest bit says "first macroblock is 0", the picture's first slice (7.3.3). */
  #placeOf(type: number, next: number): number {
    switch (type) {
      case nalType.slice:
        return next >= 0x80 ? startsFrame : 0;
      case nalType.idrSlice:
        return next >= 0x80 && !this.#areSetsInBand ? startsFrame | holdsKeyframe : holdsKeyframe;
      case nalType.sps:
      case nalType.accessUnitDelimiter:
        return startsFrame;
      case nalType.pps:
      case nalType.sei:
        return this.#areSetsInBand ? 0 : startsFrame;
      default:
        return 0;
    }
  }

  #inspectAggregate(payload: Uint8Array): number {
    let place = 0;
    let at = 1;
    do {
      const nalBytes = readSize(payload, at);
      const header = payload[at + 2] ?? 0;
      const nalPlace = this.#placeOf(header & typeMask, nalBytes > 1 ? (payload[at + 3] ?? 0) : 0);
      place |= at === 1 ? nalPlace : nalPlace & ~startsFrame;
      at += 2 + nalBytes;
      if (nalBytes === 0 || at > payload.length) return isDamaged;
    } while (at < payload.length);
    return place;
  }

  /** Fills `#parts`; false when a packet is malformed or a fragmented unit is not whole. */
  #takeApart(payloads: readonly Uint8Array[]): boolean {
    let isFragmentOpen = false;
    for (const payload of payloads) {
      const header = payload[0] ?? 0;
      const type = header & typeMask;
      if (type === fragmentUnit) {
        const fragmentHeader = payload[1] ?? 0;
        const isFirst = (fragmentHeader & firstFragmentBit) !== 0;
        if (payload.length <= fragmentHeaderBytes || isFirst === isFragmentOpen) return false;
        if (isFirst) this.#openFragment((header & nriMask) | (fragmentHeader & typeMask));
        this.#append(payload.subarray(fragmentHeaderBytes));
        isFragmentOpen = (fragmentHeader & lastFragmentBit) === 0;
      } else if (isFragmentOpen) {
        return false;
      } else if (type === aggregateUnit) {
        if (!this.#appendAggregate(payload)) return false;
      } else if (!this.#appendNal(payload)) {
        return false;
      }
    }
    return !isFragmentOpen;
  }

  #openFragment(header: number): void {
    // A parameter set cut in pieces is used in its place, but not kept for later: nobody sends one beyond a packet's size.
    this.#note(header & typeMask);
    this.#append(startCode);
    this.#append(everyByte.subarray(header, header + 1));
  }

  #appendNal(nal: Uint8Array): boolean {
    const type = (nal[0] ?? 0) & typeMask;
    if (type === 0 || type > lastSingleNalType) return false;
    if (type === nalType.sps || type === nalType.pps) this.#parameterSets.add(nal);
    this.#note(type);
    this.#append(startCode);
    this.#append(nal);
    return true;
  }

  #appendAggregate(payload: Uint8Array): boolean {
    let at = 1;
    do {
      const nalBytes = readSize(payload, at);
      at += 2 + nalBytes;
      if (nalBytes === 0 || at > payload.length || !this.#appendNal(payload.subarray(at - nalBytes, at))) return false;
    } while (at < payload.length);
    return true;
  }

  #append(part: Uint8Array): void {
    this.#parts.push(part);
    this.#bytes += part.length;
  }

  #note(type: number): void {
    if (type === nalType.slice || type === nalType.idrSlice) this.#hasSlice = true;
    if (type === nalType.idrSlice) this.#hasIdr = true;
    if (type === nalType.sps) this.#hasSps = true;
    if (type === nalType.pps) this.#hasPps = true;
  }

  #finish(): JoinedFrame | 'damaged' | 'no-picture' {
    if (!this.#hasSlice) return 'no-picture';
    if (!this.#hasIdr) return { data: joinBytes(this.#parts, this.#bytes), keyframe: false };
    if (!this.#parameterSets.isComplete && !(this.#hasSps && this.#hasPps)) return 'damaged';
    this.#areSetsInBand = this.#hasSps;
    if (!this.#hasSps || !this.#hasPps) this.#insertParameterSets();
    const sps = this.#parameterSets.latestSps;
    const data = joinBytes(this.#parts, this.#bytes);
    return sps === undefined ? { data, keyframe: true } : { data, keyframe: true, widthPx: sps.widthPx, heightPx: sps.heightPx };
  }

  /**
   * Puts all kept sets where the standard has them: after the access unit delimiter, SPS before PPS, both before the slices (7.4.1.2.3).
   * The one kind that the frame does bring comes twice then, which a decoder takes as a repetition.
   */
  #insertParameterSets(): void {
    const frame = this.#parts;
    const delimiterParts = ((frame[1]?.[0] ?? 0) & typeMask) === nalType.accessUnitDelimiter ? 2 : 0;
    this.#parts = frame.slice(0, delimiterParts);
    this.#bytes += this.#parameterSets.appendTo(this.#parts);
    this.#parts = this.#parts.concat(frame.slice(delimiterParts));
  }
}
