/** Which packets went out when, by transport-wide sequence number, until the receiver has told what became of them. Times are microseconds of one clock. */
import type { ArrivalReport } from './feedback-reader.js';

/** A packet whose arrival was reported. */
export interface DeliveredPacket {
  readonly sentUs: number;
  /** By the receiver's clock: only differences mean something. */
  readonly arrivalUs: number;
  readonly bytes: number;
  /** Of the probe that it was part of; 0 for none. */
  readonly probeId: number;
}

export interface Delivery {
  /** In the order in which they were sent. */
  readonly delivered: readonly DeliveredPacket[];
  /** Packets that are given up with this report. */
  readonly lost: number;
}

/** Over a second at 15 Mbps; a power of two. */
const capacity = 2_048;
/** What was sent so much before one that has come is lost; sooner it may have been overtaken. */
const overtakenUs = 100_000;
const halfUs = 500_000;

export class SentLog {
  readonly #sentUs = new Float64Array(capacity);
  readonly #isDelivered = new Uint8Array(capacity);
  readonly #bytes = new Uint16Array(capacity);
  readonly #probeIds = new Uint16Array(capacity);
  /** Bytes of the half second under way and of the one before. */
  #bytesNow = 0;
  #bytesBefore = 0;
  #halfStartUs = Number.NEGATIVE_INFINITY;
  /** Unwrapped, of the packet that is next. */
  #next = 0;
  /** Every packet before it was counted, as delivered or as lost. */
  #countedUpTo = 0;
  #newestDeliveredUs = Number.NEGATIVE_INFINITY;
  /** Unwrapped. */
  #newestDelivered = -1;

  /** What the next packet carries, 0 to 65535. */
  get nextSequence(): number {
    return this.#next & 0xffff;
  }

  /** Packets since the beginning. */
  get count(): number {
    return this.#next;
  }

  /** What went out in the last second, roughly. */
  bitrateBps(nowUs: number): number {
    this.#turn(nowUs);
    return ((this.#bytesNow + this.#bytesBefore) * 8e6) / (halfUs + Math.max(0, nowUs - this.#halfStartUs));
  }

  /** What went out after the newest packet of which the receiver has told. */
  get unreportedBytes(): number {
    let bytes = 0;
    for (let index = Math.max(this.#newestDelivered + 1, this.#next - capacity); index < this.#next; index += 1) bytes += this.#bytes[index & (capacity - 1)] ?? 0;
    return bytes;
  }

  /** Notes that the packet with {@link nextSequence} went out. */
  add(sentUs: number, bytes: number, probeId: number): void {
    const place = this.#next & (capacity - 1);
    this.#sentUs[place] = sentUs;
    this.#isDelivered[place] = 0;
    this.#bytes[place] = bytes;
    this.#probeIds[place] = probeId;
    this.#next += 1;
    this.#turn(sentUs);
    this.#bytesNow += bytes;
  }

  /** Each packet is delivered once, and lost once, however often it is reported; one that comes after all was both. */
  take({ baseSequence, arrivalsUs }: ArrivalReport): Delivery {
    const base = this.#unwrap(baseSequence);
    const delivered: DeliveredPacket[] = [];
    for (let i = 0; i < arrivalsUs.length; i += 1) {
      const index = base + i;
      const arrivalUs = arrivalsUs[i] ?? Number.NaN;
      // Never sent, or so long ago that its place has another.
      if (index < 0 || index >= this.#next || index < this.#next - capacity) continue;
      const place = index & (capacity - 1);
      if (Number.isNaN(arrivalUs) || this.#isDelivered[place] === 1) continue;
      const sentUs = this.#sentUs[place] ?? 0;
      this.#isDelivered[place] = 1;
      this.#newestDeliveredUs = Math.max(this.#newestDeliveredUs, sentUs);
      this.#newestDelivered = Math.max(this.#newestDelivered, index);
      delivered.push({ sentUs, arrivalUs, bytes: this.#bytes[place] ?? 0, probeId: this.#probeIds[place] ?? 0 });
    }
    return { delivered, lost: this.#countLost() };
  }

  #turn(nowUs: number): void {
    if (nowUs - this.#halfStartUs < halfUs) return;
    this.#bytesBefore = nowUs - this.#halfStartUs < 2 * halfUs ? this.#bytesNow : 0;
    this.#bytesNow = 0;
    this.#halfStartUs = nowUs;
  }

  #countLost(): number {
    let lost = 0;
    for (let index = Math.max(this.#countedUpTo, this.#next - capacity); index < this.#next; index += 1) {
      const place = index & (capacity - 1);
      if ((this.#sentUs[place] ?? 0) > this.#newestDeliveredUs - overtakenUs) break;
      if (this.#isDelivered[place] === 0) lost += 1;
      this.#countedUpTo = index + 1;
    }
    return lost;
  }

  /** The index closest before what is next: nobody reports what was not sent. */
  #unwrap(sequence: number): number {
    const newest = this.#next - 1;
    return newest - ((newest - sequence) & 0xffff);
  }
}
