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
 * Blocks are taken in pairs, each of a pair times H^2, so that what is loaded of a table serves two, and neither has to wait for the other; only the last of all is times H. They are turned
 * round first, so that the processor's shifts of 64 bits go over bytes.
 */
import { addElements, multiplyElements, timesX, type FieldElement } from './gcm-field.js';
import { add, addWords, and, bytes, get, i32, isBelow, join, lastWord, load, loop, pick, pickWithin, set, shiftHalvesLeft, shiftHalvesRight, shuffle, store, tee, turnBytes, when, writeModule, xor, type Code } from './wasm-emitter.js';

export const blockBytes = 16;
const digitValues = 16;
const rows = 16;
const halfBytes = rows * digitValues;
const powerBytes = 2 * halfBytes;
const tableBytes = 2 * powerBytes;

/** More than UDP's longest. */
export const longestPacket = 65_536;
/** Addresses: 0 is for anything of one block, such as the first counter of a packet. */
const zerosAt = 32;
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
  /**
   * GCM's, in pairs of blocks: {@link hashMessage} calls it.
   *
   * @param first where the first block is, {@link zerosAt} when their number is odd
   * @param from where the next one is
   */
  hash(first: number, from: number, end: number, tagAt: number): void;
  /** XORs what is from `at` to `end`, at least one block, with the stream from there on. */
  encrypt(at: number, end: number, stream: number): void;
  /** Writes the block at 0, its last word counted on from one to the next, from `at` to `end`, at least one block. */
  count(at: number, end: number): void;
}

/** Writes GCM's hash of the message, of two blocks at least, that ends at `end`, XOR the first block of the stream, to `tagAt`, which may lie across blocks. */
export function hashMessage(packetModule: PacketModule, end: number, tagAt: number): void {
  const isOdd = ((end - messageAt) & blockBytes) !== 0;
  packetModule.hash(isOdd ? zerosAt : messageAt, isOdd ? messageAt : messageAt + blockBytes, end, tagAt);
}

/** What `hash` looks up, for a key: for its square, then for itself. */
export function writeTable(key: FieldElement): Uint8Array {
  const table = new Uint8Array(tableBytes);
  for (const [power, factor] of [multiplyElements(key, key), key].entries()) {
    let place = factor;
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
        for (let row = 0; row < rows; row += 1) table[power * powerBytes + half * halfBytes + (rows - 1 - row) * digitValues + digit] = (product[row >> 2] ?? 0) >>> (24 - 8 * (row & 3));
      }
    }
  }
  return table;
}

/** Of a hash under way: its sum, the digits of that, and both halves of its product. */
interface Sum {
  readonly sum: number;
  readonly highDigits: number;
  readonly lowDigits: number;
  readonly low: number;
  readonly high: number;
}

/** Locals of `hash`. The first parameter is where a loop over rows stands, once the first block has been read. */
const [first, from, messageEnd, tagAt, zero, digitMask, highRow, lowRow] = [0, 1, 2, 3, 4, 5, 6, 7];
const parameters = 4;
const rowAt = first;
const even: Sum = { sum: 8, highDigits: 9, lowDigits: 10, low: 11, high: 12 };
const odd: Sum = { sum: 13, highDigits: 14, lowDigits: 15, low: 16, high: 17 };
const lastLocal = odd.high;
/** As many as registers hold: of longer code V8 reads all rows first, and puts them down on the stack again. */
const rowsPerTurn = 2;

const loadTurned = (at: number, offset: number): Code => [...get(at), ...load(offset), ...get(zero), ...turnBytes];

function startProduct({ sum, highDigits, lowDigits, low, high }: Sum): Code {
  const digits = [...get(sum), ...get(digitMask), ...and, ...set(lowDigits), ...get(sum), ...shiftHalvesRight(4), ...get(digitMask), ...and, ...set(highDigits)];
  return [...digits, ...get(zero), ...set(low), ...get(zero), ...set(high)];
}

/** Products of all digits, as far as they stand in one row that has been read. */
function lookUp({ highDigits, lowDigits }: Sum, picked: Code): Code {
  return [...get(highRow), ...get(highDigits), ...picked, ...get(lowRow), ...get(lowDigits), ...picked, ...xor];
}

/** A product times x^8, plus what `looked` leaves. */
function addRow({ low, high }: Sum, looked: Code): Code {
  return [...get(high), ...get(low), ...join(1), ...set(high), ...get(low), ...get(zero), ...join(1), ...looked, ...xor, ...set(low)];
}

/** From the last row to the first. */
function eachRow(code: (offset: number) => Code): Code {
  const turn = Array.from({ length: rowsPerTurn }, (_, row) => code(row * digitValues)).flat();
  const isMore = [...get(rowAt), ...i32(rowsPerTurn * digitValues), ...add, ...tee(rowAt), ...i32(tableAt + halfBytes), ...isBelow];
  return [...i32(tableAt), ...set(rowAt), ...loop([...turn, ...isMore])];
}

const readRow = (offset: number): Code => [...get(rowAt), ...load(offset), ...set(highRow), ...get(rowAt), ...load(halfBytes + offset), ...set(lowRow)];

/** A product as one block: its upper half times x^128 = 1 + x + x^2 + x^7, for which its 120 bits have room. A shift loses what goes from one half of a block into the other. */
function reduced({ low, high }: Sum): Code {
  const [one, ...more] = [1, 2, 7].map((bits) => [...get(high), ...shiftHalvesLeft(64 - bits)]);
  const across = [...(one ?? []), ...more.flatMap((power) => [...power, ...xor]), ...get(zero), ...join(8)];
  const within = [1, 2, 7].flatMap((bits) => [...get(high), ...shiftHalvesRight(bits), ...xor]);
  return [...get(low), ...get(high), ...xor, ...within, ...across, ...xor];
}

function hashBody(picked: Code): Code {
  const start = [...bytes(0x0f), ...set(digitMask), ...loadTurned(first, 0), ...set(even.sum), ...loadTurned(from, 0), ...set(odd.sum)];
  const split = [...startProduct(even), ...startProduct(odd)];
  const products = eachRow((offset) => [...readRow(offset), ...addRow(even, lookUp(even, picked)), ...addRow(odd, lookUp(odd, picked))]);
  const next = [...reduced(even), ...loadTurned(from, blockBytes), ...xor, ...set(even.sum), ...reduced(odd), ...loadTurned(from, 2 * blockBytes), ...xor, ...set(odd.sum)];
  const advance = [...get(from), ...i32(2 * blockBytes), ...add, ...tee(from)];
  const isMore = [...i32(blockBytes), ...add, ...get(messageEnd), ...isBelow];
  const pairs = when([...get(from), ...isMore], loop([...split, ...products, ...next, ...advance, ...isMore]));
  const last = eachRow((offset) => [...readRow(offset), ...addRow(even, [...lookUp(even, picked), ...readRow(powerBytes + offset), ...lookUp(odd, picked), ...xor])]);
  return [...start, ...pairs, ...split, ...last, ...get(tagAt), ...reduced(even), ...get(zero), ...turnBytes, ...i32(0), ...load(streamAt), ...xor, ...store(0)];
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

/** @param isRelaxed with instructions of WebAssembly 3.0 */
export function writePacketModule(isRelaxed: boolean): Uint8Array {
  return writeModule(memoryPages, [
    { name: 'hash', parameters, vectors: lastLocal + 1 - parameters, body: hashBody(isRelaxed ? pickWithin : pick) },
    { name: 'encrypt', parameters: 3, vectors: 0, body: encryptBody() },
    { name: 'count', parameters: 2, vectors: 1, body: countBody() },
  ]);
}
