/**
 * Numbers out of a packet, by its bytes: for what is done with each packet. `Buffer`'s own methods stand on a prototype that V8 keeps as a dictionary, so that it looks each of them up
 * at each call, and does not inline them. What is beyond the end is read as 0: who calls has looked at the length.
 */

/** 0 to 65,535. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** -2^31 to 2^31 - 1. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/** 0 to 2^32 - 1. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) >>> 0;
}
