/**
 * What is done with packets besides AES and SHA-1, as a WebAssembly module with vectors of 16 bytes: counter blocks (NIST SP 800-38A 6.5), the exclusive or with a key stream, and the
 * hash of GCM (NIST SP 800-38D 6.4).
 *
 * The hash multiplies each block by the key's element H. A block is 32 digits of four bits, and the product is the sum of their products with H, each looked up. One instruction looks
 * up all digits of the same half of their bytes at once, in a register (`i8x16.swizzle`: PSHUFB, TBL), so that neither time nor cache tells which: the way of vpaes (Hamburg 2009) and of
 * BoringSSL's `gcm_ghash_ssse3`. A register holds 16 bytes, so that there is a table for each of the product's bytes:
 *
 *     row r, high digits   byte r of (digit 0 to 15) * H           added at byte k + r for the digit of byte k
 *     row r, low digits    byte r of (digit 0 to 15) * x^4 * H     likewise
 *
 * Measured: 1.3 us for 1,200 bytes. To sum up two to eight blocks, each times its own power of H, before one reduction for all of them is slower: so is any longer code here.
 */
import { addElements, timesX, type FieldElement } from './gcm-field.js';
import { add, addWords, and, bytes, get, i32, isBelow, join, lastWord, load, loop, pick, set, shiftBytesLeft, shiftBytesRight, shuffle, store, tee, writeModule, xor, type Code } from './wasm-emitter.js';

export const blockBytes = 16;
const digitValues = 16;
const rows = 16;
const halfBytes = rows * digitValues;
const tableBytes = 2 * halfBytes;

/** More than UDP's longest. */
export const longestPacket = 65_536;
/** Addresses: 0 is for anything of one block, such as the first counter of a packet. */
export const tableAt = 64;
/** Of the key that SHA-1 has to read first, which stands directly before a message. */
export const padBytes = 64;
export const messageAt = tableAt + tableBytes + padBytes;
/** Besides a packet a message has its lengths, or an index, and what fills up two blocks. */
export const streamAt = messageAt + longestPacket + 3 * blockBytes;
/** Counter blocks, as many as are encrypted at a time: what 16 bits count (RFC 3711 4.1.1). No packet has a sixteenth of them, and memory that is not used is not there. */
export const countersAt = streamAt + longestPacket + 2 * blockBytes;
export const mostCounters = 0x1_0000;
const pageBytes = 65_536;
const memoryPages = Math.ceil((countersAt + mostCounters * blockBytes) / pageBytes);

/** Messages are whole blocks. */
export interface PacketModule {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** GCM's: writes the hash of what is from `from` to `end`, at least one block, XOR the first block of the stream, to `tagAt`, which may lie across blocks. */
  hash(from: number, end: number, tagAt: number): void;
  /** XORs what is from `at` to `end`, at least one block, with the stream from there on. */
  encrypt(at: number, end: number, stream: number): void;
  /** Writes the block at 0, its last word counted on from one to the next, from `at` to `end`, at least one block. */
  count(at: number, end: number): void;
}

/** What `hash` looks up, for a key. */
export function writeTable(key: FieldElement): Uint8Array {
  const table = new Uint8Array(tableBytes);
  let place = key;
  for (let half = 0; half < 2; half += 1) {
    // The first bit of a digit is its lowest power of x.
    const basis: FieldElement[] = [];
    for (let bit = 0; bit < 4; bit += 1) {
      basis.unshift(place);
      place = timesX(place);
    }
    const products: FieldElement[] = [[0, 0, 0, 0]];
    for (const element of basis) products.push(...products.map((product) => addElements(product, element)));
    for (const [digit, product] of products.entries()) {
      for (let row = 0; row < rows; row += 1) table[half * halfBytes + row * digitValues + digit] = (product[row >> 2] ?? 0) >>> (24 - 8 * (row & 3));
    }
  }
  return table;
}

/** Locals of `hash`. */
const [from, messageEnd, tagAt, sum, low, high, part, zero, highDigits, lowDigits] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const parameters = 3;

function splitBlock(): Code {
  const added = [...get(from), ...load(0), ...get(sum), ...xor, ...tee(part)];
  return [...added, ...shiftBytesRight(4), ...set(highDigits), ...get(part), ...bytes(0x0f), ...and, ...set(lowDigits)];
}

/** Adds the products of all digits, as far as they stand in one row, to the product of the block, so many bytes from its beginning. */
function addRow(row: number): Code {
  const at = tableAt + row * digitValues;
  const looked = [...i32(0), ...load(at), ...get(highDigits), ...pick, ...i32(0), ...load(at + halfBytes), ...get(lowDigits), ...pick, ...xor];
  if (row === 0) return [...looked, ...set(low), ...get(zero), ...set(high)];
  const toLow = [...get(zero), ...get(part), ...join(row), ...get(low), ...xor, ...set(low)];
  return [...looked, ...set(part), ...toLow, ...get(part), ...get(zero), ...join(row), ...get(high), ...xor, ...set(high)];
}

/** The upper half times x^128 = 1 + x + x^2 + x^7: its 120 bits have room for that. A shift takes what falls out of a byte into the next. */
function reduce(): Code {
  const powers = [1, 2, 7];
  const within = powers.flatMap((bits) => [...get(high), ...shiftBytesRight(bits), ...xor]);
  const across = powers.flatMap((bits) => [...get(part), ...shiftBytesLeft(8 - bits), ...xor]);
  return [...get(zero), ...get(high), ...join(1), ...set(part), ...get(low), ...get(high), ...xor, ...within, ...across, ...set(sum)];
}

function hashBody(): Code {
  const block = [...splitBlock(), ...Array.from({ length: rows }, (_, row) => addRow(row)).flat(), ...reduce()];
  const isMore = [...get(from), ...i32(blockBytes), ...add, ...tee(from), ...get(messageEnd), ...isBelow];
  return [...loop([...block, ...isMore]), ...get(tagAt), ...get(sum), ...i32(0), ...load(streamAt), ...xor, ...store(0)];
}

function encryptBody(): Code {
  const [at, end, stream] = [0, 1, 2];
  const block = [...get(at), ...get(at), ...load(0), ...get(stream), ...load(0), ...xor, ...store(0)];
  const next = (local: number): Code => [...get(local), ...i32(blockBytes), ...add];
  return loop([...block, ...next(stream), ...set(stream), ...next(at), ...tee(at), ...get(end), ...isBelow]);
}

/** The counter is kept as the machine counts, and turned round for each block. */
function countBody(): Code {
  const [at, end, counter] = [0, 1, 2];
  const turned = [...get(counter), ...get(counter), ...shuffle([...Array.from({ length: 12 }, (_, place) => place), 15, 14, 13, 12])];
  const start = [...i32(0), ...load(0), ...set(counter), ...turned, ...set(counter)];
  const written = [...get(at), ...turned, ...store(0)];
  const next = [...get(counter), ...lastWord(1), ...addWords, ...set(counter)];
  return [...start, ...loop([...written, ...next, ...get(at), ...i32(blockBytes), ...add, ...tee(at), ...get(end), ...isBelow])];
}

export function writePacketModule(): Uint8Array {
  return writeModule(memoryPages, [
    { name: 'hash', parameters, vectors: lowDigits + 1 - parameters, body: hashBody() },
    { name: 'encrypt', parameters: 3, vectors: 0, body: encryptBody() },
    { name: 'count', parameters: 2, vectors: 1, body: countBody() },
  ]);
}
