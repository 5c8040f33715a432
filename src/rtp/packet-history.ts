/**
 * What was sent lately on one stream, for retransmission: a ring found by sequence number, bounded in media time and in bytes. Payloads are
 * kept as they were given, so listeners of one encode share their memory.
 */

export interface SentPacket {
  /** Sequence number, unwrapped. */
  index: number;
  timestamp: number;
  marker: boolean;
  payload: Uint8Array;
  ptsUs: number;
  /** When it was last sent again; undefined when it never was. */
  resentUs: number | undefined;
}

export interface PacketHistoryOptions {
  /** Media time kept, 1 s at least. */
  readonly historyUs: number;
  /** Payload bytes kept at most. */
  readonly maxBytes: number;
}

/** A retransmission that a listener asks for after three round trips of 300 ms must still be there. */
const minHistoryUs = 1_000_000;
const firstCapacity = 64;
/** 4 s of 10 Mbps. Far below 32,768, from where on a sequence number would no longer say which packet is meant. */
const maxCapacity = 4_096;
const noPayload = new Uint8Array(0);
const noIndex = Number.NaN;

function emptyRecord(): SentPacket {
  return { index: noIndex, timestamp: 0, marker: false, payload: noPayload, ptsUs: 0, resentUs: undefined };
}

export class PacketHistory {
  readonly #historyUs: number;
  readonly #maxBytes: number;
  #records: SentPacket[] = Array.from({ length: firstCapacity }, emptyRecord);
  #oldest = 0;
  #next = 0;
  #bytes = 0;

  constructor({ historyUs, maxBytes }: PacketHistoryOptions) {
    if (!(historyUs >= minHistoryUs)) throw new RangeError(`a history of ${historyUs} us`);
    this.#historyUs = historyUs;
    this.#maxBytes = maxBytes;
  }

  get packetCount(): number {
    return this.#next - this.#oldest;
  }

  /** Payload bytes kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a packet. Indices follow each other without holes; `ptsUs` does not fall. */
  add(index: number, timestamp: number, marker: boolean, payload: Uint8Array, ptsUs: number): void {
    if (this.packetCount === 0) this.#oldest = this.#next = index;
    this.#bytes += payload.length;
    this.#forget(ptsUs);
    if (this.packetCount === this.#records.length) this.#grow();
    const record = this.#record(index);
    this.#next = index + 1;
    record.index = index;
    record.timestamp = timestamp;
    record.marker = marker;
    record.payload = payload;
    record.ptsUs = ptsUs;
    record.resentUs = undefined;
  }

  /** @param sequenceNumber 0 to 65535; the packet sent last under it, undefined when it is forgotten or was not sent yet. */
  find(sequenceNumber: number): SentPacket | undefined {
    const newest = this.#next - 1;
    const index = newest - ((newest - sequenceNumber) & 0xffff);
    const record = this.#record(index);
    return record.index === index ? record : undefined;
  }

  /** Forgets all: none of it is worth sending again. */
  clear(): void {
    while (this.packetCount > 0) this.#forgetOldest();
  }

  #forget(nowPtsUs: number): void {
    while (this.packetCount > 0) {
      const record = this.#record(this.#oldest);
      const isFull = this.#bytes > this.#maxBytes || this.packetCount === maxCapacity;
      if (!isFull && nowPtsUs - record.ptsUs <= this.#historyUs) return;
      this.#forgetOldest();
    }
  }

  #forgetOldest(): void {
    const record = this.#record(this.#oldest);
    this.#bytes -= record.payload.length;
    record.index = noIndex;
    record.payload = noPayload;
    this.#oldest++;
  }

  #record(index: number): SentPacket {
    const record = this.#records[index & (this.#records.length - 1)];
    if (record === undefined) throw new Error('the ring has a record for every index');
    return record;
  }

  /** Called when every record is in use. */
  #grow(): void {
    const old = this.#records;
    this.#records = Array.from({ length: old.length * 2 }, emptyRecord);
    for (const record of old) this.#records[record.index & (this.#records.length - 1)] = record;
  }
}
