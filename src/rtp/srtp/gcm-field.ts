/**
 * The field of GCM (NIST SP 800-38D 6.3): polynomials of degree 127 over one bit, whose first coefficient is the first bit of the first byte, modulo x^128 + x^7 + x^2 + x + 1.
 * Nothing here branches on a value or looks one up, so that time tells nothing of a key.
 */

/** Four words of 32 bits, the first byte on top of the first one. */
export type FieldElement = readonly [number, number, number, number];

/** x^128, as what it is modulo the polynomial. */
const reduction = 0xe100_0000;

/** @param bytes 16 */
export function readElement(bytes: Buffer): FieldElement {
  return [bytes.readInt32BE(0), bytes.readInt32BE(4), bytes.readInt32BE(8), bytes.readInt32BE(12)];
}

export function addElements(a: FieldElement, b: FieldElement): FieldElement {
  return [a[0] ^ b[0], a[1] ^ b[1], a[2] ^ b[2], a[3] ^ b[3]];
}

/** Bit for bit of `b`, whatever it is. */
export function multiplyElements(a: FieldElement, b: FieldElement): FieldElement {
  let product: FieldElement = [0, 0, 0, 0];
  let place = a;
  for (let bit = 0; bit < 128; bit += 1) {
    const mask = -(((b[bit >> 5] ?? 0) >>> (31 - (bit & 31))) & 1);
    product = addElements(product, [place[0] & mask, place[1] & mask, place[2] & mask, place[3] & mask]);
    place = timesX(place);
  }
  return product;
}

export function timesX([a, b, c, d]: FieldElement): FieldElement {
  return [(a >>> 1) ^ (reduction & -(d & 1)), (b >>> 1) | (a << 31), (c >>> 1) | (b << 31), (d >>> 1) | (c << 31)];
}
