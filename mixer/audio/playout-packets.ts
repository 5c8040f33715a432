import type { AudioPacket } from '../protocol.js';
import { tickUs } from './audio-format.js';
import type { SoundDecoder } from './opus-decoder.js';
import { opusPacketHasFec } from './opus-packet.js';
import { endPtsUs, PacketQueue, type PushOutcome } from './packet-queue.js';
import { PlayedIndices } from './played-indices.js';

/** Queue bound in media time: the largest delay and a burst on top of it. Over it the oldest packets are to be dropped. */
const mostQueuedUs = 500_000;
/** The same for senders whose time stands still. */
const mostQueuedPackets = 256;

/** Decoded unheard before sound starts after a pause: RFC 7845 section 4.6 wants 80 ms until a decoder's state is right. */
const warmUpPackets = 4;

/**
 * One sender's packets on their way to the decoder: those that wait, which of them were taken, and the last that were taken without being heard, by which a
 * decoder warms up. Knows no clock.
 */
export class PlayoutPackets {
  readonly #queue = new PacketQueue();
  readonly #taken = new PlayedIndices();
  readonly #unheard: AudioPacket[] = [];
  #carriesFec = false;
  /** Length of the last one that was played. */
  #packetUs = tickUs;

  /** Whether this very packet was taken; beyond the memory the answer is no. */
  wasTaken(packet: AudioPacket): boolean {
    return this.#taken.wasPlayed(packet.index);
  }

  /** Others that come after it were taken. */
  isBehind(packet: AudioPacket): boolean {
    return this.#taken.last !== undefined && packet.index <= this.#taken.last;
  }

  /** Packets are missing between the last one taken and this. */
  hasHoleBefore(packet: AudioPacket): boolean {
    return this.#taken.hasHoleBefore(packet.index);
  }

  push(packet: AudioPacket): PushOutcome {
    const outcome = this.#queue.push(packet);
    if (outcome === 'queued' && !this.#carriesFec) this.#carriesFec = opusPacketHasFec(packet.data);
    return outcome;
  }

  first(): AudioPacket | undefined {
    return this.#queue.first();
  }

  /** The first one, to be played. */
  play(): void {
    const packet = this.#take();
    if (packet !== undefined) this.#packetUs = endPtsUs(packet) - packet.ptsUs;
  }

  /** The first one, not to be heard. */
  leave(): AudioPacket | undefined {
    const packet = this.#take();
    if (packet === undefined) return undefined;
    this.#unheard.push(packet);
    if (this.#unheard.length > warmUpPackets) this.#unheard.shift();
    return packet;
  }

  #take(): AudioPacket | undefined {
    const packet = this.#queue.take();
    if (packet !== undefined) this.#taken.mark(packet.index);
    return packet;
  }

  /** Gives the decoder what came just before what it is to play next, if that was left out. */
  warmUp(decoder: SoundDecoder): void {
    for (const packet of this.#unheard) decoder.decode(packet.data);
    this.#unheard.length = 0;
  }

  /** What comes next is another stream. */
  clear(): void {
    this.#queue.clear();
    this.#taken.clear();
    this.#unheard.length = 0;
  }

  get length(): number {
    return this.#queue.length;
  }

  /** Media time from the start of the first one that waits to the end of the last one, gaps included. */
  get spanUs(): number {
    return this.#queue.spanUs;
  }

  get isOverfull(): boolean {
    return this.#queue.spanUs > mostQueuedUs || this.#queue.length > mostQueuedPackets;
  }

  /** How much longer waiting is worth it: a packet, while so much is lost that the next one's FEC is needed. */
  get repairUs(): number {
    return this.#taken.lossy && this.#carriesFec ? this.#packetUs : 0;
  }
}
