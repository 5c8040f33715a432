/**
 * Leaves out of one listener's stream what need not be sent in true silence, as an Opus encoder with DTX does (RFC 7587 3.1.3): one packet of silence, one without a frame, which tells the
 * decoder that the sender rests, and such a one each 400 ms from then on. Time goes on: the packets carry the timestamps of their ticks. The mix itself stays gapless, for recordings. Pure.
 */
import { opusPacketIsSilence } from '../../mixer/index.js';

/** As libopus does. Longer, and what stands between us and the listener (NAT, statistics, a player's clock) takes a pause for an end; half of it is twice the packets. */
const restUs = 400_000;
/** The longest Opus packet (RFC 7587 4.2): where nothing was to be sent for longer, the mix itself stood still. */
const longestPacketUs = 120_000;

export class SilenceRest {
  #silentPackets = 0;
  #restedUs = Number.NEGATIVE_INFINITY;
  #takenUs = Number.NEGATIVE_INFINITY;
  #isFirst = false;
  #leftOut = 0;

  /** @param payload one Opus packet of the mix @returns what is to be sent in its place; undefined: nothing */
  take(payload: Uint8Array, ptsUs: number): Uint8Array | undefined {
    const hasRested = this.#silentPackets > 1 || ptsUs - this.#takenUs > longestPacketUs;
    this.#takenUs = ptsUs;
    this.#isFirst = false;
    if (!opusPacketIsSilence(payload)) {
      this.#isFirst = hasRested;
      this.#silentPackets = 0;
      return payload;
    }
    this.#silentPackets += 1;
    if (this.#silentPackets === 1) return payload;
    if (this.#silentPackets > 2 && ptsUs - this.#restedUs < restUs) {
      this.#leftOut += 1;
      return undefined;
    }
    this.#restedUs = ptsUs;
    return payload.subarray(0, 1);
  }

  /** Whether what was taken last is the first of a talkspurt (RFC 3551 4.1): sound after a rest, or the first sound at all. */
  get isFirst(): boolean {
    return this.#isFirst;
  }

  /** Hardly anything is sent: one lost packet is 8 % of what a listener reports on. */
  get isResting(): boolean {
    return this.#silentPackets > 2;
  }

  /** Packets that were not sent. */
  get leftOut(): number {
    return this.#leftOut;
  }
}
