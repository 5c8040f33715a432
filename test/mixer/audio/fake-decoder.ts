import type { SoundDecoder } from '../../../mixer/audio/opus-decoder.js';
import type { Sound } from '../../../mixer/audio/sound-block.js';
import type { AudioPacket } from '../../../mixer/protocol.js';

/** Sample n of a counting sender has the value n / 2^20 within a cycle of 2^20 samples: whatever comes out says when it went in. */
export const cycle = 2 ** 20;

/** When the sample was captured whose value was heard at `nowUs`: the cycle of 21 s is far longer than any delay. */
export function capturedUs(value: number, nowUs: number): number {
  const near = (nowUs * 48) / 1000;
  const number = value * cycle;
  return ((number + Math.round((near - number) / cycle) * cycle) * 1000) / 48;
}

/**
 * Stands in for Opus where thousands of packets must cost nothing: a packet of this sender is a true table-of-contents byte and a sample count, and decodes
 * to the counting samples. Concealment and FEC answer constants that are told apart.
 */
export class CountingDecoder implements SoundDecoder {
  readonly calls: string[] = [];
  readonly #keepCalls: boolean;

  constructor({ keepCalls = true }: { readonly keepCalls?: boolean } = {}) {
    this.#keepCalls = keepCalls;
  }

  #note(call: string, packet?: Uint8Array): void {
    if (this.#keepCalls) this.calls.push(packet === undefined || rests(packet) ? call : `${call} ${firstSample(packet) / 960}`);
  }

  decode(packet: Uint8Array): Sound | undefined {
    this.#note('decode', packet);
    if (rests(packet)) return { left: new Float32Array(samplesOf(packet)).fill(0.01), right: undefined };
    const first = firstSample(packet);
    const samples = new Float32Array(samplesOf(packet));
    // Beyond 1 inside the packet where the cycle ends: a modulo for each sample would be most of the test's time.
    const start = (first % cycle) / cycle;
    for (let i = 0; i < samples.length; i += 1) samples[i] = start + i / cycle;
    return { left: samples, right: undefined };
  }

  decodeFec(packet: Uint8Array, samples: number): Sound | undefined {
    this.#note('fec', packet);
    const first = firstSample(packet) - samples;
    return { left: Float32Array.from({ length: samples }, (_, i) => ((first + i) % cycle) / cycle), right: undefined };
  }

  conceal(samples: number): Sound | undefined {
    this.#note(`conceal ${samples}`);
    return { left: new Float32Array(samples).fill(0.01), right: undefined };
  }
}

/** SILK configurations, so that the packet can say that it carries FEC: 20 ms, 40 ms, 60 ms. */
const tocs = new Map([[960, 0x48], [1920, 0x50], [2880, 0x58]]);
const lengths = new Map([...tocs].map(([samples, toc]) => [toc, samples]));

function samplesOf(packet: Uint8Array): number {
  return lengths.get(packet[0] ?? 0) ?? 0;
}

/** A table of contents and no more, as DTX sends it. */
function rests(packet: Uint8Array): boolean {
  return packet.length < 10;
}

function firstSample(packet: Uint8Array): number {
  return new DataView(packet.buffer).getFloat64(2);
}

export interface CountingPacketOptions {
  readonly index: number;
  /** Number of its first sample. */
  readonly first: number;
  readonly samples?: number;
  readonly ptsUs: number;
  readonly arrivalUs: number;
  readonly levelDbov?: number;
  readonly fec?: boolean;
}

export function countingPacket({ index, first, samples = 960, ptsUs, arrivalUs, levelDbov, fec = false }: CountingPacketOptions): AudioPacket {
  const data = new Uint8Array(10);
  data[0] = tocs.get(samples) ?? 0;
  data[1] = fec ? 0xff : 0;
  new DataView(data.buffer).setFloat64(2, first);
  return { participantId: 'a', index, ptsUs, arrivalUs, levelDbov, data };
}
