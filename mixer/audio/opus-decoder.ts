import { createDecoder, type DecodeOptions, type OpusDecoderHandle } from 'libopus-wasm';
import { countFreed, countOpened } from '../ffmpeg/native-ledger.js';
import { sampleRateHz } from './audio-format.js';
import { opusPacketIsStereo } from './opus-packet.js';
import type { Sound } from './sound-block.js';
import { crossfadeSound } from './splice.js';

/** What the playout buffer needs of a decoder; an answer of undefined means that the bytes were no good, and that the next call may be. */
export interface SoundDecoder {
  /** The receiver owns the answer, here and below. */
  decode(packet: Uint8Array): Sound | undefined;
  /** The packet before this one, from the copy that this one carries. @param samples length of the lost packet, a multiple of 120 */
  decodeFec(packet: Uint8Array, samples: number): Sound | undefined;
  /** What might have been said, from what was said. @param samples a multiple of 480: shorter steps click where SILK was used (libopus 1.6) */
  conceal(samples: number): Sound | undefined;
}

export interface OpusDecoderOptions {
  /** False: stereo packets are mixed down. */
  readonly stereo: boolean;
}

/** A decoder that takes another's place is fed these first: RFC 7845 section 4.6 wants 80 ms until a decoder's state is right. */
const warmUpPackets = 4;
/** So many packets of one channel in a row bring the decoder of one channel back, 5 s of usual ones: a change costs five decodes. */
const packetsUntilMono = 250;
/** Channels that differ by no more than this, -80 dB of full scale, are one: half of it would keep what a codec rounds apart for a second channel. */
const leastDifference = 1e-4;

/**
 * Opus to Float32 at 48 kHz. Through libopus-wasm and not through FFmpeg, whose wrapper offers neither FEC nor concealment. Synchronous, about 100 us a
 * packet of 20 ms.
 *
 * libopus fixes the channels of a decoder when it is made. With `stereo` there are two: that of one channel serves until a stereo packet comes, that of two takes
 * over within the packet, in which both are decoded and faded into each other, and the first comes back when 5 s of mono packets have come. What both channels
 * have in common is mono whatever the packets say.
 */
export class OpusDecoder implements SoundDecoder {
  readonly #mono: OpusDecoderHandle;
  /** Undefined: stereo is not wanted. */
  readonly #stereo: OpusDecoderHandle | undefined;
  #inUse: OpusDecoderHandle;
  /** The last packets decoded, for the other decoder. */
  readonly #recent: Uint8Array[] = [];
  #monoPackets = 0;
  #closed = false;
  #lastError = '';

  private constructor(mono: OpusDecoderHandle, stereo: OpusDecoderHandle | undefined) {
    this.#mono = mono;
    this.#stereo = stereo;
    this.#inUse = mono;
    countOpened('decoder');
  }

  static async create({ stereo }: OpusDecoderOptions = { stereo: false }): Promise<OpusDecoder> {
    const mono = await createDecoder({ channels: 1, sampleRate: sampleRateHz });
    try {
      return new OpusDecoder(mono, stereo ? await createDecoder({ channels: 2, sampleRate: sampleRateHz }) : undefined);
    } catch (error) {
      mono.free();
      throw error;
    }
  }

  decode(packet: Uint8Array): Sound | undefined {
    const fitting = this.#stereo === undefined ? this.#mono : this.#fitting(packet, this.#stereo);
    return fitting === this.#inUse ? this.#run(packet) : this.#change(fitting, packet);
  }

  decodeFec(packet: Uint8Array, samples: number): Sound | undefined {
    return this.#run(packet, { decodeFec: true, frameSize: samples });
  }

  conceal(samples: number): Sound | undefined {
    return this.#run(null, { frameSize: samples });
  }

  #fitting(packet: Uint8Array, stereo: OpusDecoderHandle): OpusDecoderHandle {
    this.#monoPackets = opusPacketIsStereo(packet) ? 0 : this.#monoPackets + 1;
    if (this.#monoPackets === 0) return stereo;
    return this.#monoPackets >= packetsUntilMono ? this.#mono : this.#inUse;
  }

  /** The one in use decodes this packet as its last, the other one as its first that is heard. */
  #change(to: OpusDecoderHandle, packet: Uint8Array): Sound | undefined {
    const recent = [...this.#recent];
    const last = this.#run(packet);
    this.#inUse = to;
    for (const before of recent) this.#run(before);
    const first = this.#run(packet);
    return first === undefined || last === undefined ? first : crossfadeSound(first, last);
  }

  #run(packet: Uint8Array | null, options?: DecodeOptions): Sound | undefined {
    try {
      const samples = this.#inUse.decodeFloat(packet, options);
      if (this.#stereo !== undefined && packet !== null && options === undefined) this.#remember(packet);
      return this.#inUse === this.#stereo ? split(samples) : { left: samples, right: undefined };
    } catch (error) {
      this.#lastError = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  #remember(packet: Uint8Array): void {
    this.#recent.push(packet);
    if (this.#recent.length > warmUpPackets) this.#recent.shift();
  }

  /** Why the last call that failed did. */
  get lastError(): string {
    return this.#lastError;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#mono.free();
    this.#stereo?.free();
    countFreed('decoder');
  }
}

/** Left and right out of samples that take turns; mono where they are the same. */
function split(samples: Float32Array): Sound {
  const length = samples.length / 2;
  const left = new Float32Array(length);
  const right = new Float32Array(length);
  let difference = 0;
  for (let i = 0; i < length; i += 1) {
    const here = samples[2 * i] ?? 0;
    const there = samples[2 * i + 1] ?? 0;
    left[i] = here;
    right[i] = there;
    difference = Math.max(difference, Math.abs(here - there));
  }
  return { left, right: difference > leastDifference ? right : undefined };
}
