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

  /** Keeps a copy. @param sequenceNumber 0 to 65535; where it does not follow the last one, what was kept is forgotten @param ptsUs does not fall from call to call */
  add(sequenceNumber: number, datagram: Buffer, ptsUs: number): void {
    const next = this.#nextIndex ?? sequenceNumber;
    const follows = (next & 0xffff) === sequenceNumber;
    if (!follows) this.#history.clear();
    const index = follows ? next : sequenceNumber;
    this.#history.add(index, 0, false, Buffer.from(datagram), ptsUs);
    this.#nextIndex = index + 1;
  }

  find(sequenceNumber: number): Buffer | undefined {
    const datagram = this.#history.find(sequenceNumber)?.payload;
    return Buffer.isBuffer(datagram) ? datagram : undefined;
  }
}
