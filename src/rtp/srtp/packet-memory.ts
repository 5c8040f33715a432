/** The one instance of `packet-module.ts` in a process, and its memory, in which each packet is worked on from its beginning to its end. */
import { longestPacket, writePacketModule, type PacketModule } from './packet-module.js';

/** Node has it; its types come only with those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

export const packetModule = new WebAssembly.Instance(new WebAssembly.Module(writePacketModule())).exports as PacketModule;
export const memory = new Uint8Array(packetModule.memory.buffer);
export const memoryWords = new DataView(packetModule.memory.buffer);

/** @throws {RangeError} for more than a datagram has. */
export function placePacket(packet: Uint8Array, at: number): void {
  if (packet.length > longestPacket) throw new RangeError(`a packet of ${packet.length} bytes`);
  memory.set(packet, at);
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
