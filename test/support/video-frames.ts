/** Hand-made frames for tests of RTP: right in every byte that RTP code looks at, arbitrary in the rest. */
import type { InboundVideoPacket } from '../../src/rtp/assembled-frame.js';

/** Bytes 1 to 255 in a fixed pattern: never a zero, so never a start code. */
export function fill(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_unused, at) => ((at * 31 + seed * 17) % 255) + 1);
}

/** RFC 6386 9.1: frame tag, in keyframes start code and size, then filling. */
export function vp8Frame(length: number, options: { readonly keyframe: boolean; readonly widthPx?: number; readonly heightPx?: number; readonly seed?: number }): Uint8Array {
  const { keyframe, widthPx = 640, heightPx = 360, seed = 0 } = options;
  const frame = fill(Math.max(length, keyframe ? 10 : 1), seed);
  frame[0] = keyframe ? 0x10 : 0x11;
  if (keyframe) frame.set([0x9d, 0x01, 0x2a, widthPx & 0xff, widthPx >> 8, heightPx & 0xff, heightPx >> 8], 3);
  return frame;
}

/** A NAL unit of that type; slices begin with macroblock 0 unless told otherwise. */
export function nal(type: number, length: number, seed = 0, isFirstSlice = true): Uint8Array {
  const unit = fill(Math.max(length, 2), seed);
  unit[0] = 0x60 | type;
  unit[1] = isFirstSlice ? (unit[1] ?? 0) | 0x80 : 0x40;
  return unit;
}

export function annexB(nals: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(nals.flatMap((unit) => [0, 0, 0, 1, ...unit]));
}

/** Writes what `BitReader` reads. */
export class BitWriter {
  readonly #bits: number[] = [];

  bits(value: number, count: number): this {
    for (let bit = count - 1; bit >= 0; bit--) this.#bits.push(Math.floor(value / 2 ** bit) % 2);
    return this;
  }

  ue(value: number): this {
    const digits = Math.floor(Math.log2(value + 1));
    return this.bits(0, digits).bits(value + 1, digits + 1);
  }

  se(value: number): this {
    return this.ue(value > 0 ? value * 2 - 1 : -value * 2);
  }

  /** Ends with the stop bit of 7.3.2.11 and puts emulation prevention bytes in. */
  nal(header: readonly number[]): Uint8Array {
    const bits = [...this.#bits, 1];
    while (bits.length % 8 !== 0) bits.push(0);
    const out = [...header];
    let zeros = 0;
    for (let at = 0; at < bits.length; at += 8) {
      const byte = parseInt(bits.slice(at, at + 8).join(''), 2);
      if (zeros >= 2 && byte <= 3) {
        out.push(3);
        zeros = 0;
      }
      out.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Uint8Array.from(out);
  }
}

/** A constrained baseline SPS of that size, cropped when it is no multiple of 16; even pixels. */
export function baselineSps(widthPx: number, heightPx: number, id = 0): Uint8Array {
  const columns = Math.ceil(widthPx / 16);
  const rows = Math.ceil(heightPx / 16);
  const writer = new BitWriter().ue(id).ue(0).ue(2).ue(1).bits(0, 1).ue(columns - 1).ue(rows - 1).bits(1, 1).bits(1, 1);
  const cropRight = (columns * 16 - widthPx) / 2;
  const cropBottom = (rows * 16 - heightPx) / 2;
  if (cropRight + cropBottom > 0) writer.bits(1, 1).ue(0).ue(cropRight).ue(0).ue(cropBottom);
  else writer.bits(0, 1);
  return writer.bits(0, 1).nal([0x67, 0x42, 0xe0, 31]);
}

export function pictureParameters(id = 0): Uint8Array {
  return new BitWriter().ue(id).ue(0).bits(0b0011, 4).nal([0x68]);
}

export const h264Keyframe = (length: number, seed = 0, widthPx = 640, heightPx = 360): Uint8Array =>
  annexB([baselineSps(widthPx, heightPx), pictureParameters(), nal(5, length, seed)]);

export const h264Delta = (length: number, seed = 0): Uint8Array => annexB([nal(1, length, seed)]);

export interface PacketPlace {
  readonly firstIndex: number;
  readonly timestamp: number;
  readonly payloadType?: number;
  readonly arrivalUs?: number;
}

/** The payloads of one frame as received packets, the marker on the last. */
export function framePackets(payloads: readonly Uint8Array[], { firstIndex, timestamp, payloadType = 96, arrivalUs = 0 }: PacketPlace): InboundVideoPacket[] {
  return payloads.map((payload, at) => ({ index: firstIndex + at, timestamp, marker: at === payloads.length - 1, payloadType, payload, arrivalUs }));
}
