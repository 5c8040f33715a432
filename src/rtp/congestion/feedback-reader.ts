/**
 * Reads the feedback that a receiver sends on our packets (draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1); its layout is drawn in
 * `../transport-feedback.ts`, which writes it. One object serves one connection: it carries the receiver's clock over its wrap.
 */

/** What one feedback packet says of the packets `baseSequence` on, one after another. */
export interface ArrivalReport {
  /** 0 to 65535. */
  readonly baseSequence: number;
  /** By the receiver's clock, in microseconds from a zero of its own, ascending or not; NaN for one that has not come. */
  readonly arrivalsUs: readonly number[];
}

/** Base sequence number, status count, reference time, feedback count. */
const fixedBytes = 8;
const deltaTickUs = 250;
const referenceUs = 64_000;
/** The reference time has 24 bits: it wraps each 12.4 days. */
const referenceRange = 0x1000000;
/** What a receiver like our own remembers; a report on more is an attempt to keep us busy. */
const maxStatuses = 4_096;

const smallDelta = 1;
const largeDelta = 2;

/** How many packets a report is about, before it is read; 0 for none. */
export function reportedCount(body: Buffer): number {
  return body.length < fixedBytes ? 0 : body.readUInt16BE(2);
}

export class FeedbackReader {
  #reference: number | undefined;

  /** @param body from the base sequence number on. Undefined for what contradicts itself; never throws. */
  read(body: Buffer): ArrivalReport | undefined {
    const count = reportedCount(body);
    if (count === 0 || count > maxStatuses) return undefined;
    const symbols: number[] = [];
    let at = fixedBytes;
    while (symbols.length < count) {
      if (at + 2 > body.length) return undefined;
      readChunk(body.readUInt16BE(at), count, symbols);
      at += 2;
    }
    let timeUs = this.#unwrap(body.readUIntBE(4, 3)) * referenceUs;
    const arrivalsUs: number[] = [];
    for (const symbol of symbols) {
      if (symbol === smallDelta) {
        if (at + 1 > body.length) return undefined;
        timeUs += body.readUInt8(at) * deltaTickUs;
        at += 1;
      } else if (symbol === largeDelta) {
        if (at + 2 > body.length) return undefined;
        timeUs += body.readInt16BE(at) * deltaTickUs;
        at += 2;
      } else {
        arrivalsUs.push(Number.NaN);
        continue;
      }
      arrivalsUs.push(timeUs);
    }
    return { baseSequence: body.readUInt16BE(0), arrivalsUs };
  }

  #unwrap(wrapped: number): number {
    const before = this.#reference ?? wrapped;
    const step = (wrapped - before) & (referenceRange - 1);
    this.#reference = before + (step < referenceRange / 2 ? step : step - referenceRange);
    return this.#reference;
  }
}

/** `0 symbol(2) run(13)`, `1 0 symbols(14 of 1 bit)`, `1 1 symbols(7 of 2 bits)`; what the last chunk has beyond `count` means nothing. */
function readChunk(chunk: number, count: number, symbols: number[]): void {
  if ((chunk & 0x8000) === 0) {
    for (let left = Math.min(chunk & 0x1fff, count - symbols.length); left > 0; left -= 1) symbols.push((chunk >> 13) & 3);
  } else if ((chunk & 0x4000) === 0) {
    for (let bit = 13; bit >= 0 && symbols.length < count; bit -= 1) symbols.push((chunk >> bit) & 1);
  } else {
    for (let bit = 12; bit >= 0 && symbols.length < count; bit -= 2) symbols.push((chunk >> bit) & 3);
  }
}
