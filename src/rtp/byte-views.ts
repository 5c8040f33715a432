/**
 * Views of packets and copies of them, for what is done with each packet. As `big-endian.ts` says, what stands on `Buffer`'s prototype is looked up at each use; what stands on that of all
 * typed arrays, taken from there once, V8 calls without looking. A view is a plain `Uint8Array`: half of what `Buffer`'s `subarray` takes.
 */

const shared = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

/** The function with its `this` as the first argument. */
function uncurried<This, Arguments extends readonly unknown[], Result>(method: (this: This, ...given: Arguments) => Result): (self: This, ...given: Arguments) => Result {
  return Function.prototype.call.bind(method) as (self: This, ...given: Arguments) => Result;
}

function getter<Name extends 'buffer' | 'byteOffset'>(name: Name): (bytes: Uint8Array) => Uint8Array[Name] {
  const get = Object.getOwnPropertyDescriptor(shared, name)?.get;
  if (get === undefined) throw new Error(`typed arrays have no ${name}`);
  return uncurried(get) as (bytes: Uint8Array) => Uint8Array[Name];
}

const bufferOf = getter('buffer');
const byteOffsetOf = getter('byteOffset');
// eslint-disable-next-line @typescript-eslint/unbound-method -- bound here
const setBytes = uncurried<Uint8Array, [source: Uint8Array, at: number], void>(shared.set);

/** What is from `start` to `end`, both within the bytes. */
export function viewOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bufferOf(bytes), byteOffsetOf(bytes) + start, end - start);
}

/** Copies all of `source` to this place of `target`. @throws {RangeError} where it does not fit */
export function copyBytes(source: Uint8Array, target: Uint8Array, at: number): void {
  setBytes(target, source, at);
}
