/**
 * Who is worth decoding and mixing: whoever was loud within the last second of his own time. Pure; counts on the sender's capture times, so a packet
 * that is still waiting to be played opens the gate already, and the sound is decoded from before its start on.
 */

/**
 * Speech lies at -45 to -15 dBov, a microphone's noise after a client's noise suppression below -65. Ten people just under -60 dBov add up to
 * -50, which the one who speaks covers. Higher cuts whispers, lower keeps every fan in the mix.
 */
export const quietBelowDbov = -60;

/** Longer than the pauses inside a sentence, so that the gate does not chop the room's sound behind it; twice as long costs decodes and encodes. */
const holdUs = 1_000_000;

/** Above the noise of his own room. The noise itself moves by 3 dB from packet to packet, vowels stand 20 to 40 dB above it. */
const standsOutDb = 6;

/** Whether somebody says something there, or only his fan does. */
export function standsOut(levelDbov: number, floorDbov: number): boolean {
  return levelDbov >= Math.max(quietBelowDbov, floorDbov + standsOutDb);
}

export function isLoud(levelDbov: number): boolean {
  return levelDbov >= quietBelowDbov;
}

export class TalkGate {
  #loudUntilUs = Number.NEGATIVE_INFINITY;

  /** @param untilUs capture time at which the loud sound ends */
  heardLoud(untilUs: number): void {
    if (untilUs > this.#loudUntilUs) this.#loudUntilUs = untilUs;
  }

  /** @param playingUs capture time of the sound that is played now */
  isOpen(playingUs: number): boolean {
    return this.#loudUntilUs + holdUs > playingUs;
  }

  /** The sender's time began anew. */
  reset(): void {
    this.#loudUntilUs = Number.NEGATIVE_INFINITY;
  }
}
