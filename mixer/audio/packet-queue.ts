import type { AudioPacket } from '../protocol.js';
import { samplesToUs } from './audio-format.js';
import { opusPacketSamples } from './opus-packet.js';

export type PushOutcome = 'queued' | 'duplicate' | 'malformed';

/** The packets of one sender that wait to be played, in the order of their index, however they came. Pure: knows no clock and no decoder. */
export class PacketQueue {
  readonly #packets: AudioPacket[] = [];

  push(packet: AudioPacket): PushOutcome {
    if (opusPacketSamples(packet.data) === 0) return 'malformed';
    // From the back: nearly all come in order.
    let position = this.#packets.length;
    for (; position > 0; position -= 1) {
      const before = this.#packets[position - 1];
      if (before === undefined || before.index < packet.index) break;
      if (before.index === packet.index) return 'duplicate';
    }
    this.#packets.splice(position, 0, packet);
    return 'queued';
  }

  first(): AudioPacket | undefined {
    return this.#packets[0];
  }

  take(): AudioPacket | undefined {
    return this.#packets.shift();
  }

  clear(): void {
    this.#packets.length = 0;
  }

  get length(): number {
    return this.#packets.length;
  }

  /** Media time from the start of the first packet to the end of the last one, gaps included. */
  get spanUs(): number {
    const first = this.#packets[0];
    const last = this.#packets.at(-1);
    if (first === undefined || last === undefined) return 0;
    return endPtsUs(last) - first.ptsUs;
  }
}

/** Where a packet's sound ends on the room's clock. */
export function endPtsUs(packet: AudioPacket): number {
  return packet.ptsUs + samplesToUs(opusPacketSamples(packet.data));
}
