/** Bytes of a WebAssembly module (core specification 2.0: 5 is the binary format, 4.4 what instructions do): as much of it as `packet-module.ts` uses. */

/** Code of one or more instructions. */
export type Code = readonly number[];

export interface WasmFunction {
  readonly name: string;
  /** 32-bit integers; locals 0 and up. */
  readonly parameters: number;
  /** Locals that follow, of 128 bits. */
  readonly vectors: number;
  readonly body: Code;
}

const i32Type = 0x7f;
const v128Type = 0x7b;
const emptyBlock = 0x40;
const end = 0x0b;
const sectionIds = { type: 1, function: 3, memory: 5, export: 7, code: 10 } as const;
const vectorPrefix = 0xfd;
/** log2 of an alignment that is a hint only. */
const alignment = 4;

/** LEB128 without sign. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

/** LEB128 of a number that is not negative, where a sign is read: its last byte must not look like one. */
function positive(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x3f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

const vector = (code: number, ...operands: readonly number[]): Code => [vectorPrefix, ...unsigned(code), ...operands];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const tee = (local: number): Code => [0x22, ...unsigned(local)];
/** @param value not negative */
export const i32 = (value: number): Code => [0x41, ...positive(value)];
export const add: Code = [0x6a];
/** Runs `body` until it leaves 0. */
export const loop = (body: Code): Code => [0x03, emptyBlock, ...body, 0x0d, 0, end];
/** Runs `body`, unless `condition` leaves 0. */
export const when = (condition: Code, body: Code): Code => [...condition, 0x04, emptyBlock, ...body, end];
export const isBelow: Code = [0x49];

/** From the address on the stack, and so many bytes on. */
export const load = (offset: number): Code => vector(0x00, alignment, ...unsigned(offset));
export const store = (offset: number): Code => vector(0x0b, alignment, ...unsigned(offset));
export const and: Code = vector(0x4e);
export const xor: Code = vector(0x51);
/** 16 times that byte. */
export const bytes = (value: number): Code => vector(0x0c, ...new Array<number>(16).fill(value));
/** Each of the two halves by itself; a half's last byte is its highest. */
export const shiftHalvesLeft = (bits: number): Code => [...i32(bits), ...vector(0xcb)];
export const shiftHalvesRight = (bits: number): Code => [...i32(bits), ...vector(0xcd)];
/** Bytes of the upper operand, picked by those of the top one. */
export const pick: Code = vector(0x0e);
/** As {@link pick} for places below 16, and an instruction less on x86-64; of WebAssembly 3.0 (relaxed SIMD), which Node has from 21 on, and 20 when it is told so. */
export const pickWithin: Code = vector(0x100);
/** @param places 16 of them: below 16 for a byte of the lower operand, from there on for one of the top one */
export const shuffle = (places: readonly number[]): Code => vector(0x0d, ...places);
/** The lower operand from byte `from` on, then the first bytes of the top one. */
export const join = (from: number): Code => shuffle(Array.from({ length: 16 }, (_, place) => from + place));
/** The lower operand's bytes from the last to the first; the top one is of no use. */
export const turnBytes: Code = shuffle(Array.from({ length: 16 }, (_, place) => 15 - place));
/** 0, 0, 0 and this one, as words of 32 bits. */
export const lastWord = (value: number): Code => vector(0x0c, ...new Array<number>(12).fill(0), value, 0, 0, 0);
export const addWords: Code = vector(0xae);

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function name(text: string): Code {
  return sized([...Buffer.from(text)]);
}

/** A module with a memory of so many pages of 64 kB; memory and functions are exported. */
export function writeModule(memoryPages: number, functions: readonly WasmFunction[]): Uint8Array {
  const sections: readonly (readonly [id: number, content: Code])[] = [
    [sectionIds.type, list(functions.map(({ parameters }) => [0x60, ...list(new Array<Code>(parameters).fill([i32Type])), 0]))],
    [sectionIds.function, list(functions.map((_, index) => unsigned(index)))],
    [sectionIds.memory, list([[1, ...unsigned(memoryPages), ...unsigned(memoryPages)]])],
    [sectionIds.export, list([[...name('memory'), 2, 0], ...functions.map((each, index) => [...name(each.name), 0, ...unsigned(index)])])],
    [sectionIds.code, list(functions.map(({ vectors, body }) => sized([...list([[...unsigned(vectors), v128Type]]), ...body, end])))],
  ];
  return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flatMap(([id, content]) => [id, ...sized(content)])]);
}
