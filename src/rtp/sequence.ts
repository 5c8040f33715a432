/**
 * RTP counters that wrap, made into counters that do not (RFC 3550 A.1; the nearest guess is that of RFC 3711 3.3.1).
 *
 * Both unwrappers take the newest value seen as the reference and answer the index nearest to it, so any reordering and any loss
 * shorter than half the range (32,767 packets, or 2^31 ticks: 6.6 hours at 90 kHz) is placed rightly. A step of exactly half the range
 * cannot be told apart and counts as older. What came before the very first value gets a smaller index, which may be negative.
 */

/** True when `a` comes after `b` on the 16-bit circle. Exactly half a circle apart the larger number is newer, so that one of a pair always is. */
export function isNewer16(a: number, b: number): boolean {
  const ahead = (a - b) & 0xffff;
  return ahead === 0x8000 ? a > b : ahead !== 0 && ahead < 0x8000;
}

/** 16-bit sequence numbers to ever-growing integers; the first keeps its own value. */
export class SequenceUnwrapper {
  #newest: number | undefined;

  /** @param sequenceNumber 0 to 65535; higher bits are ignored. */
  unwrap(sequenceNumber: number): number {
    if (this.#newest === undefined) return (this.#newest = sequenceNumber & 0xffff);
    // Shifting the 16-bit difference to the top of an int32 and back carries its sign.
    const index = this.#newest + (((sequenceNumber - this.#newest) << 16) >> 16);
    if (index > this.#newest) this.#newest = index;
    return index;
  }
}

/** 32-bit RTP timestamps to ever-growing integers (exact up to 2^53 ticks); the first keeps its own value. */
export class TimestampUnwrapper {
  #newest: number | undefined;

  /** @param timestamp RTP clock ticks, 0 to 2^32 - 1. */
  unwrap(timestamp: number): number {
    if (this.#newest === undefined) return (this.#newest = timestamp >>> 0);
    const index = this.#newest + ((timestamp - this.#newest) | 0);
    if (index > this.#newest) this.#newest = index;
    return index;
  }
}
