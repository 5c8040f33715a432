import { createDecoder, type DecodeOptions, type OpusDecoderHandle } from 'libopus-wasm';
import { countFreed, countOpened } from '../ffmpeg/native-ledger.js';
import { sampleRateHz } from './audio-format.js';

/** What the playout buffer needs of a decoder; an answer of undefined means that the bytes were no good, and that the next call may be. */
export interface SoundDecoder {
  decode(packet: Uint8Array): Float32Array | undefined;
  /** The packet before this one, from the copy that this one carries. @param samples length of the lost packet, a multiple of 120 */
  decodeFec(packet: Uint8Array, samples: number): Float32Array | undefined;
  /** What might have been said, from what was said. @param samples a multiple of 480: shorter steps click where SILK was used (libopus 1.6) */
  conceal(samples: number): Float32Array | undefined;
}

/**
 * Opus to mono Float32 at 48 kHz; libopus mixes stereo packets down itself. Through libopus-wasm and not through FFmpeg, whose wrapper offers
 * neither FEC nor concealment. Synchronous, about 100 us a packet of 20 ms.
 */
export class OpusDecoder implements SoundDecoder {
  readonly #decoder: OpusDecoderHandle;
  #closed = false;
  #lastError = '';

  private constructor(decoder: OpusDecoderHandle) {
    this.#decoder = decoder;
    countOpened('decoder');
  }

  static async create(): Promise<OpusDecoder> {
    return new OpusDecoder(await createDecoder({ channels: 1, sampleRate: sampleRateHz }));
  }

  decode(packet: Uint8Array): Float32Array | undefined {
    return this.#run(packet);
  }

  decodeFec(packet: Uint8Array, samples: number): Float32Array | undefined {
    return this.#run(packet, { decodeFec: true, frameSize: samples });
  }

  conceal(samples: number): Float32Array | undefined {
    return this.#run(null, { frameSize: samples });
  }

  #run(packet: Uint8Array | null, options?: DecodeOptions): Float32Array | undefined {
    try {
      return this.#decoder.decodeFloat(packet, options);
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  /** Why the last call that failed did. */
  get lastError(): string {
    return this.#lastError;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#decoder.free();
    countFreed('decoder');
  }
}
