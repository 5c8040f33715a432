/**
 * The sound of a recording without a hole: from the file's zero on a packet for each 20 ms, silence where the room had none (a room that stood still
 * leaves ticks out). Players keep time over holes, but who takes the sound out of the file gets less of it than the recording lasts.
 * Times are the room's microseconds. Pure: packets in, packets out.
 */
import { tickUs } from '../audio/audio-format.js';
import { opusSilencePacket } from '../audio/opus-packet.js';

export interface RecordingSoundOptions {
  readonly channels: 1 | 2;
  /** In order, without a gap, none before the zero. */
  readonly onPacket: (ptsUs: number, data: Uint8Array) => void;
}

interface KeptPacket {
  readonly ptsUs: number;
  readonly data: Uint8Array;
}

/**
 * A picture takes longer to be encoded than the sound of its tick, the first one on a busy machine up to a second (its encoder is opened first): so much sound waits
 * for the zero that it will be. 10 s are 60 kB of speech; the watchdog of the room allows no longer stop.
 */
const longestKeptUs = 10_000_000;

export class RecordingSound {
  readonly #options: RecordingSoundOptions;
  readonly #kept: KeptPacket[] = [];
  #zeroUs: number | undefined;
  #nextUs: number | undefined;

  constructor(options: RecordingSoundOptions) {
    this.#options = options;
  }

  /** Once: the file begins at `zeroUs`, with what came before this and belongs after it. */
  begin(zeroUs: number): void {
    this.#zeroUs = zeroUs;
    for (const { ptsUs, data } of this.#kept.splice(0)) this.#pass(zeroUs, ptsUs, data);
  }

  push(ptsUs: number, data: Uint8Array): void {
    if (this.#zeroUs !== undefined) {
      this.#pass(this.#zeroUs, ptsUs, data);
      return;
    }
    this.#kept.push({ ptsUs, data });
    while ((this.#kept[0]?.ptsUs ?? ptsUs) < ptsUs - longestKeptUs) this.#kept.shift();
  }

  #pass(zeroUs: number, ptsUs: number, data: Uint8Array): void {
    if (ptsUs < zeroUs) return;
    const { channels, onPacket } = this.#options;
    // The ticks of sound do not lie on those of pictures: up to 20 ms after the zero there is none.
    let nextUs = this.#nextUs ?? ptsUs - Math.floor((ptsUs - zeroUs) / tickUs) * tickUs;
    for (; nextUs + tickUs <= ptsUs; nextUs += tickUs) onPacket(nextUs, opusSilencePacket(channels));
    onPacket(ptsUs, data);
    this.#nextUs = ptsUs + tickUs;
  }
}
