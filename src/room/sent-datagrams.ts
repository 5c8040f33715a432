/** What was sent lately to a listener without RTX, as it was sealed: a repair is the same datagram once more, for SRTP must never seal two packets under one index. */

export interface SentDatagramsOptions {
  /** Media time kept. */
  readonly keptUs: number;
}

/** 2 s of 20 Mbps; far below 32,768, from where on a sequence number would no longer say which packet is meant. */
const mostDatagrams = 4_096;

interface SentDatagram {
  readonly datagram: Buffer;
  readonly ptsUs: number;
}

export class SentDatagrams {
  readonly #keptUs: number;
  /** The oldest first. */
  readonly #bySequence = new Map<number, SentDatagram>();

  constructor({ keptUs }: SentDatagramsOptions) {
    this.#keptUs = keptUs;
  }

  /** @param sequenceNumber 0 to 65535 @param ptsUs does not fall from call to call */
  add(sequenceNumber: number, datagram: Buffer, ptsUs: number): void {
    for (const [oldest, sent] of this.#bySequence) {
      if (ptsUs - sent.ptsUs <= this.#keptUs && this.#bySequence.size < mostDatagrams) break;
      this.#bySequence.delete(oldest);
    }
    this.#bySequence.set(sequenceNumber, { datagram, ptsUs });
  }

  find(sequenceNumber: number): Buffer | undefined {
    return this.#bySequence.get(sequenceNumber)?.datagram;
  }
}
