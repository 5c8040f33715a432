/** The one instance of `packet-module.ts` in a process, and its memory, in which each packet is worked on from its beginning to its end. */
import { setFlagsFromString } from 'node:v8';
import { blockBytes, longestPacket, messageAt, writePacketModule, type PacketModule } from './packet-module.js';

const relaxedBytes = writePacketModule(true);
// Node 20 knows these instructions, and wants to be told to use them; whatever knows them not at all takes the plain form.
if (!WebAssembly.validate(relaxedBytes)) setFlagsFromString('--experimental-wasm-relaxed-simd');
const moduleBytes = WebAssembly.validate(relaxedBytes) ? relaxedBytes : writePacketModule(false);
export const packetModule = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes)).exports as PacketModule;
export const memory = new Uint8Array(packetModule.memory.buffer);
export const memoryWords = new DataView(packetModule.memory.buffer);

/** The packet that was lent last, and whether nothing has been written over it since. */
let lent = Buffer.alloc(0);
let isLent = false;

export function wholeBlocks(bytes: number): number {
  return (bytes + blockBytes - 1) & -blockBytes;
}

/** Where a packet begins whose text is to begin with a block, as GCM's hash wants it. */
export function startOf(headerBytes: number): number {
  return messageAt + wholeBlocks(headerBytes) - headerBytes;
}

/**
 * A packet to be written where it is worked on, which spares its sealing a copy. It is used up when it is sealed, or anything else is lent, sealed or opened.
 * @throws {RangeError} for more than a datagram has.
 */
export function lendPacket(headerBytes: number, payloadBytes: number): Buffer {
  const [start, bytes] = [startOf(headerBytes), headerBytes + payloadBytes];
  if (bytes > longestPacket) throw new RangeError(`a packet of ${bytes} bytes`);
  // Most packets of a picture have the same length.
  if (lent.length !== bytes || lent.byteOffset !== start) lent = Buffer.from(packetModule.memory.buffer, start, bytes);
  isLent = true;
  return lent;
}

/**
 * Puts a packet to be sent there, if it does not stand there already.
 * @throws {RangeError} for more than a datagram has, and for a lent packet that is used up, or whose header is of another length than was said.
 */
export function placePacket(packet: Uint8Array, at: number): void {
  if (packet !== lent) {
    if (packet.buffer === memory.buffer) throw new RangeError('a lent packet that is used up');
    placeDatagram(packet, at);
    return;
  }
  if (!isLent) throw new RangeError('a lent packet that is used up');
  if (at !== lent.byteOffset) throw new RangeError('a lent packet with another header');
  isLent = false;
}

/**
 * Puts there what stands elsewhere, as all that comes from a socket does.
 * @throws {RangeError} for more than a datagram has
 */
export function placeDatagram(datagram: Uint8Array, at: number): void {
  if (datagram.length > longestPacket) throw new RangeError(`a packet of ${datagram.length} bytes`);
  memory.set(datagram, at);
  isLent = false;
}

/** Writes zeros over the next two blocks. */
export function clearTwoBlocks(at: number): void {
  for (let next = at; next < at + 2 * blockBytes; next += Float64Array.BYTES_PER_ELEMENT) memoryWords.setFloat64(next, 0);
}

/** Gives views of the memory, and the last one again where it is the same: most packets of a picture have the same length. */
export class MemoryView {
  #last = memory.subarray(0, 0);

  of(start: number, end: number): Uint8Array {
    if (this.#last.byteOffset !== start || this.#last.length !== end - start) this.#last = memory.subarray(start, end);
    return this.#last;
  }
}

/** Whether these bytes of the memory are those of a datagram; how long that takes does not tell which are not. */
export function isSame(at: number, datagram: Uint8Array, start: number, bytes: number): boolean {
  let difference = 0;
  for (let i = 0; i < bytes; i += 1) difference |= (memory[at + i] ?? 0) ^ (datagram[start + i] ?? 0);
  return difference === 0;
}
