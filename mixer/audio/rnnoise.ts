/**
 * RNNoise (Valin, "A hybrid DSP/deep learning approach to real-time full-band speech enhancement", 2018) as the package @sapphi-red/web-noise-suppressor carries it: the plain
 * WebAssembly file with SIMD, of which we need four functions; the package's own JavaScript is for audio worklets of browsers.
 *
 * It is RNNoise 0.1. Measured beside 0.2 (as @shiguredo/rnnoise-wasm 2025.1.5 has it, whose loader refuses Node) on synthesised speech: 0.1 takes 0.12 ms for 10 ms of sound and
 * delays it by 10 ms, 0.2 takes 1.1 ms and delays by 20 ms, reduces noise no better at 5 dB and takes whole words of quieter noise-free speech away.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What RNNoise takes at a time. */
export const rnnoiseFrameSamples = 480;
/** Its windows overlap by half: what goes in with one frame comes out with the next. */
export const rnnoiseDelaySamples = 480;

/** 19 kB each, in the 11 MB that the module has left from its start. One more and `rnnoise_create` would write to address 0. */
const mostVoices = 500;
/** It counts samples as 16-bit numbers. */
const fullScale = 32_768;

/** Node has it; its types come only with those of browsers. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Promise<{ readonly exports: unknown }>;
};

interface RnnoiseExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  __wasm_call_ctors(): void;
  malloc(bytes: number): number;
  rnnoise_get_frame_size(): number;
  /** @param model 0: the one it was built with */
  rnnoise_create(model: number): number;
  rnnoise_destroy(state: number): void;
  /** @returns how likely the frame has speech in it, 0 to 1 */
  rnnoise_process_frame(state: number, out: number, input: number): number;
}

let loading: Promise<Rnnoise> | undefined;

/** Once in a thread, from the package's file on this machine. After a failure the next call tries again. @throws when the file is missing or is not what is expected */
export async function loadRnnoise(): Promise<Rnnoise> {
  loading ??= Rnnoise.load();
  try {
    return await loading;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}

/** The module, shared by all voices of a thread. */
export class Rnnoise {
  readonly #exports: RnnoiseExports;
  readonly #frameAt: number;
  readonly #frame: Float32Array;
  #voices = 0;

  private constructor(exports: RnnoiseExports) {
    this.#exports = exports;
    this.#frameAt = exports.malloc(4 * rnnoiseFrameSamples);
    this.#frame = new Float32Array(exports.memory.buffer, this.#frameAt, rnnoiseFrameSamples);
  }

  static async load(): Promise<Rnnoise> {
    const module = await WebAssembly.compile(await readFile(fileURLToPath(import.meta.resolve('@sapphi-red/web-noise-suppressor/rnnoise_simd.wasm'))));
    const inside: { memory?: RnnoiseExports['memory'] } = {};
    const env = {
      emscripten_memcpy_big: (to: number, from: number, bytes: number) => {
        if (inside.memory !== undefined) new Uint8Array(inside.memory.buffer).copyWithin(to, from, from + bytes);
      },
      // Never asked for within `mostVoices`; a memory that grows would take `#frame` away.
      emscripten_resize_heap: () => 0,
      __assert_fail: () => {
        throw new Error('RNNoise found itself broken.');
      },
    };
    const exports = (await WebAssembly.instantiate(module, { env })).exports as RnnoiseExports;
    inside.memory = exports.memory;
    exports.__wasm_call_ctors();
    if (exports.rnnoise_get_frame_size() !== rnnoiseFrameSamples) throw new Error('This RNNoise takes frames of another length.');
    return new Rnnoise(exports);
  }

  /** @throws {RangeError} when there are too many */
  open(): RnnoiseVoice {
    if (this.#voices >= mostVoices) throw new RangeError(`Noise is suppressed for ${mostVoices} voices at most.`);
    this.#voices += 1;
    const state = this.#exports.rnnoise_create(0);
    return new RnnoiseVoice((samples, from) => this.#process(state, samples, from), () => this.#close(state));
  }

  #process(state: number, samples: Float32Array, from: number): void {
    const frame = this.#frame;
    for (let i = 0; i < rnnoiseFrameSamples; i += 1) frame[i] = (samples[from + i] ?? 0) * fullScale;
    try {
      this.#exports.rnnoise_process_frame(state, this.#frameAt, this.#frameAt);
    } catch (error) {
      // Nobody knows what it left behind in its memory: who comes next gets another one.
      loading = undefined;
      throw error;
    }
    for (let i = 0; i < rnnoiseFrameSamples; i += 1) samples[from + i] = (frame[i] ?? 0) / fullScale;
  }

  #close(state: number): void {
    this.#voices -= 1;
    this.#exports.rnnoise_destroy(state);
  }
}

/** One talker's state. */
export class RnnoiseVoice {
  readonly #process: (samples: Float32Array, from: number) => void;
  readonly #close: () => void;
  #closed = false;

  constructor(process: (samples: Float32Array, from: number) => void, close: () => void) {
    this.#process = process;
    this.#close = close;
  }

  /** In place; comes out `rnnoiseDelaySamples` later. @param samples finite, a multiple of 480 */
  process(samples: Float32Array): void {
    if (this.#closed) throw new Error('A voice of RNNoise was used after it was closed.');
    for (let from = 0; from < samples.length; from += rnnoiseFrameSamples) this.#process(samples, from);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#close();
  }
}
