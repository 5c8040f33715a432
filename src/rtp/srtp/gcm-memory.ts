/** The one instance of `gcm-module.ts` in a process, and its memory, in which each packet is worked on from its beginning to its end. */
import { writeGcmModule, type GcmModule } from './gcm-module.js';

/** Node has it; its types come only with those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

export const gcm = new WebAssembly.Instance(new WebAssembly.Module(writeGcmModule())).exports as GcmModule;
export const memory = new Uint8Array(gcm.memory.buffer);
export const memoryWords = new DataView(gcm.memory.buffer);
