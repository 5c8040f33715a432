/** What was sent lately to a listener without RTX, as it was sealed: a repair is the same datagram once more, for SRTP must never seal two packets under one index. */
import { PacketHistory } from '../rtp/packet-history.js';

export interface SentDatagramsOptions {
  /** Media time kept, 1 s at least. */
  readonly keptUs: number;
}

/** 2 s of 20 Mbps. */
const mostBytes = 5 * 1024 * 1024;

export class SentDatagrams {
  readonly #history: PacketHistory;
  #nextIndex: number | undefined;

  constructor({ keptUs }: SentDatagramsOptions) {
    this.#history = new PacketHistory({ historyUs: keptUs, maxBytes: mostBytes });
  }

  /** @param sequenceNumber 0 to 65535, the one after the last @param ptsUs does not fall from call to call @throws for any other: repairs would be other packets than were asked for */
  add(sequenceNumber: number, datagram: Buffer, ptsUs: number): void {
    const index = this.#nextIndex ?? sequenceNumber;
    if ((index & 0xffff) !== sequenceNumber) throw new RangeError(`datagram ${sequenceNumber} after ${(index - 1) & 0xffff}`);
    this.#history.add(index, 0, false, datagram, ptsUs);
    this.#nextIndex = index + 1;
  }

  find(sequenceNumber: number): Buffer | undefined {
    const datagram = this.#history.find(sequenceNumber)?.payload;
    return Buffer.isBuffer(datagram) ? datagram : undefined;
  }
}
