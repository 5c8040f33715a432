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
 * Blocks are taken by fours, times H^4, H^3, H^2 and H, so that one product is shifted and reduced for four of them; zeros before the first ones fill up. They are turned round first, so that the
 * processor's shifts of 64 bits go over bytes.
 */
import { addElements, multiplyElements, timesX, type FieldElement } from './gcm-field.js';
import { add, addWords, and, bytes, get, i32, isBelow, join, lastWord, load, loop, pick, pickWithin, set, shiftHalvesLeft, shiftHalvesRight, shuffle, store, tee, turnBytes, when, writeModule, xor, type Code } from './wasm-emitter.js';

export const blockBytes = 16;
const digitValues = 16;
const rows = 16;
const halfBytes = rows * digitValues;
const powerBytes = 2 * halfBytes;
/** Blocks of one product. */
const taken = 4;
const tableBytes = taken * powerBytes;

/** More than UDP's longest. */
export const longestPacket = 65_536;
/** Addresses: 0 is for anything of one block, such as the first counter of a packet; the block of zeros is written by nobody. */
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
   * GCM's, by four blocks: {@link hashMessage} calls it.
   *
   * @param first where the first three are, {@link zerosAt} for what is missing to a multiple of four
   * @param from where the fourth one is; the others follow it
   */
  hash(first: number, second: number, third: number, from: number, end: number, tagAt: number): void;
  /** XORs what is from `at` to `end`, at least one block, with the stream from there on. */
  encrypt(at: number, end: number, stream: number): void;
  /** Writes the block at 0, its last word counted on from one to the next, from `at` to `end`, at least one block. */
  count(at: number, end: number): void;
}

/** Writes GCM's hash of the message, of a block at least, that ends at `end`, XOR the first block of the stream, to `tagAt`, which may lie across blocks. */
export function hashMessage(packetModule: PacketModule, end: number, tagAt: number): void {
  const firstAt = end - taken * blockBytes * Math.ceil((end - messageAt) / (taken * blockBytes));
  const [secondAt, thirdAt] = [firstAt + blockBytes, firstAt + 2 * blockBytes];
  packetModule.hash(firstAt < messageAt ? zerosAt : firstAt, secondAt < messageAt ? zerosAt : secondAt, thirdAt < messageAt ? zerosAt : thirdAt, firstAt + 3 * blockBytes, end, tagAt);
}

/** What `hash` looks up, for a key: for its highest power first, for itself last. */
export function writeTable(key: FieldElement): Uint8Array {
  const table = new Uint8Array(tableBytes);
  let factor = key;
  for (let power = taken - 1; power >= 0; power -= 1) {
    let place = factor;
    factor = multiplyElements(factor, key);
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

/** Locals of `hash`. The first parameter is where a loop over rows stands, once the first block has been read. */
const [first, from, messageEnd, tagAt] = [0, 3, 4, 5];
const parameters = 6;
const rowAt = first;
const [zero, digitMask, sum, low, high] = [6, 7, 8, 9, 10];
/** Of each block. */
const digits = Array.from({ length: taken }, (_, block) => ({ high: 11 + 2 * block, low: 12 + 2 * block }));
const locals = 11 + 2 * taken;

const loadTurned = (at: number, offset: number): Code => [...get(at), ...load(offset), ...get(zero), ...turnBytes];

/** Splits each block, which `blocks` loads, into its digits, and begins their product. */
function startProduct(blocks: readonly Code[]): Code {
  const split = blocks.flatMap((block, at) => {
    const halves = digits[at] ?? { high: 0, low: 0 };
    return [...block, ...tee(sum), ...get(digitMask), ...and, ...set(halves.low), ...get(sum), ...shiftHalvesRight(4), ...get(digitMask), ...and, ...set(halves.high)];
  });
  return [...split, ...get(zero), ...set(low), ...get(zero), ...set(high)];
}

/** The product times x^8, plus what a row of each block's table has for its digits. */
function addRow(picked: Code): Code {
  const half = (offset: number, digit: number): Code => [...get(rowAt), ...load(offset), ...get(digit), ...picked];
  const looked = digits.flatMap((halves, block) => [...half(block * powerBytes, halves.high), ...half(block * powerBytes + halfBytes, halves.low), ...xor, ...(block === 0 ? [] : xor)]);
  return [...get(high), ...get(low), ...join(1), ...set(high), ...get(low), ...get(zero), ...join(1), ...looked, ...xor, ...set(low)];
}

/** From the last row to the first. One in a turn: of longer code V8 reads all rows first, and puts them down on the stack again. */
function multiply(picked: Code): Code {
  return [...i32(tableAt), ...set(rowAt), ...loop([...addRow(picked), ...get(rowAt), ...i32(digitValues), ...add, ...tee(rowAt), ...i32(tableAt + halfBytes), ...isBelow])];
}

/** A product as one block: its upper half times x^128 = 1 + x + x^2 + x^7, for which its 120 bits have room. A shift loses what goes from one half of a block into the other. */
function reduced(): Code {
  const [one, ...more] = [1, 2, 7].map((bits) => [...get(high), ...shiftHalvesLeft(64 - bits)]);
  const across = [...(one ?? []), ...more.flatMap((power) => [...power, ...xor]), ...get(zero), ...join(8)];
  const within = [1, 2, 7].flatMap((bits) => [...get(high), ...shiftHalvesRight(bits), ...xor]);
  return [...get(low), ...get(high), ...xor, ...within, ...across, ...xor];
}

function hashBody(picked: Code): Code {
  const start = startProduct([first, first + 1, first + 2, from].map((at) => loadTurned(at, 0)));
  const [next, ...others] = Array.from({ length: taken }, (_, block) => loadTurned(from, (block + 1) * blockBytes));
  const following = startProduct([[...reduced(), ...(next ?? []), ...xor], ...others]);
  const isMore = [...i32(blockBytes), ...add, ...get(messageEnd), ...isBelow];
  const more = when([...get(from), ...isMore], loop([...following, ...multiply(picked), ...get(from), ...i32(taken * blockBytes), ...add, ...tee(from), ...isMore]));
  return [...bytes(0x0f), ...set(digitMask), ...start, ...multiply(picked), ...more, ...get(tagAt), ...reduced(), ...get(zero), ...turnBytes, ...i32(0), ...load(streamAt), ...xor, ...store(0)];
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
    { name: 'hash', parameters, vectors: locals - parameters, body: hashBody(isRelaxed ? pickWithin : pick) },
    { name: 'encrypt', parameters: 3, vectors: 0, body: encryptBody() },
    { name: 'count', parameters: 2, vectors: 1, body: countBody() },
  ]);
}
