/**
 * Views of packets and copies of them, for what is done with each packet. As `big-endian.ts` says, what stands on `Buffer`'s prototype is looked up at each use; what stands on that of all
 * typed arrays, taken from there once, V8 calls without looking. A view is a plain `Uint8Array`: half of what `Buffer`'s `subarray` takes.
 */

const shared = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array);

/** The function with its `this` as the first argument. @throws {Error} when typed arrays do not have it */
function uncurried(method: unknown): unknown {
  if (typeof method !== 'function') throw new Error('typed arrays have changed');
  return Function.prototype.call.bind(method);
}

const bufferOf = uncurried(shared.buffer.get) as (bytes: Uint8Array) => ArrayBufferLike;
const byteOffsetOf = uncurried(shared.byteOffset.get) as (bytes: Uint8Array) => number;
const setBytes = uncurried(shared.set.value) as (target: Uint8Array, source: Uint8Array, at: number) => void;

/** What is from `start` to `end`, both of which have to be within the bytes: what is beyond may be somebody else's. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bufferOf(bytes), byteOffsetOf(bytes) + start, end - start);
}

/** Copies all of `source` to this place of `target`. @throws {RangeError} where it does not fit */
export function copyBytes(source: Uint8Array, target: Uint8Array, at: number): void {
  setBytes(target, source, at);
}
