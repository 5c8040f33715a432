/** Changes bytes in the ways in which parsers are caught: flipped bits, lengths that lie, cut ends, pieces of other inputs. Seeded: the same changes in each run. */
import type { SeededRandom } from '../../bench/network/seeded-random.js';

/** A datagram has no more, and every text limit of ours below 100,000 is met by repetition of its parts. */
const maxBytes = 2_000;
/** Ends of ranges, signs and powers of two, which counts and lengths are compared with. */
const interesting = [0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 200, 206, 252, 253, 254, 255] as const;
const interestingWords = [0, 1, 0xff, 0x100, 0x7fff, 0x8000, 0xbede, 0xfffe, 0xffff] as const;

type Mutation = (input: Buffer, other: Buffer, below: (limit: number) => number) => Buffer;

const mutations: readonly Mutation[] = [
  function flipBit(input, _other, below) {
    const at = below(input.length);
    input[at] = (input[at] ?? 0) ^ (1 << below(8));
    return input;
  },
  function setByte(input, _other, below) {
    input[below(input.length)] = interesting[below(interesting.length)] ?? 0;
    return input;
  },
  function randomByte(input, _other, below) {
    input[below(input.length)] = below(256);
    return input;
  },
  function addToByte(input, _other, below) {
    const at = below(input.length);
    input[at] = (input[at] ?? 0) + below(9) - 4;
    return input;
  },
  function setWord(input, _other, below) {
    if (input.length >= 2) input.writeUInt16BE(interestingWords[below(interestingWords.length)] ?? 0, below(input.length - 1));
    return input;
  },
  function cutEnd(input, _other, below) {
    return input.subarray(0, below(input.length) + 1);
  },
  function removePiece(input, _other, below) {
    const from = below(input.length);
    return Buffer.concat([input.subarray(0, from), input.subarray(from + 1 + below(16))]);
  },
  function repeatPiece(input, _other, below) {
    const from = below(input.length);
    const piece = input.subarray(from, from + 1 + below(64));
    return Buffer.concat([input.subarray(0, from), ...Array.from({ length: 1 + below(8) }, () => piece), input.subarray(from)]);
  },
  function insertBytes(input, _other, below) {
    const at = below(input.length + 1);
    return Buffer.concat([input.subarray(0, at), Buffer.from(Array.from({ length: 1 + below(8) }, () => below(256))), input.subarray(at)]);
  },
  function spliceOther(input, other, below) {
    const from = below(other.length + 1);
    const at = below(input.length + 1);
    return Buffer.concat([input.subarray(0, at), other.subarray(from, from + 1 + below(128)), input.subarray(at + below(16))]);
  },
  function crossOver(input, other, below) {
    return Buffer.concat([input.subarray(0, below(input.length + 1)), other.subarray(below(other.length + 1))]);
  },
];

/** A changed copy: 1 to 8 changes, few more often than many. */
export function mutate(input: Buffer, other: Buffer, random: SeededRandom): Buffer {
  const below = (limit: number): number => Math.floor(random.next() * limit);
  let changed = Buffer.from(input);
  for (let left = 1 + Math.floor(8 * random.next() ** 3); left > 0; left--) {
    if (changed.length === 0) changed = Buffer.from([below(256)]);
    changed = Buffer.from(mutations[below(mutations.length)]?.(changed, other, below) ?? changed);
  }
  return changed.subarray(0, maxBytes);
}
