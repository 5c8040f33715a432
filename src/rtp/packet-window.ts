/**
 * The packets of one stream that are held back, found by their unwrapped sequence index: a ring of records that are written over, so that a
 * packet allocates nothing. It begins small and doubles up to its limit, because most streams never hold more than a frame.
 */
import type { InboundVideoPacket, RotationDegrees } from './assembled-frame.js';

/** One record; its fields hold until the window moves past it. */
export interface HeldPacket {
  index: number;
  timestamp: number;
  marker: boolean;
  payloadType: number;
  payload: Uint8Array;
  arrivalUs: number;
  rotationDegrees: RotationDegrees | undefined;
  /** The bits of `video-depacketiser.ts`, or `isFiller`. */
  traits: number;
}

export interface PacketWindowOptions {
  /** A power of two, 64 at least. */
  readonly maxPackets: number;
}

const firstCapacity = 64;
const noPayload = new Uint8Array(0);
/** Equal to no index, so that an empty record is found under none. */
const noIndex = Number.NaN;

function emptyRecord(): HeldPacket {
  return { index: noIndex, timestamp: 0, marker: false, payloadType: 0, payload: noPayload, arrivalUs: 0, rotationDegrees: undefined, traits: 0 };
}

export class PacketWindow {
  readonly #maxPackets: number;
  #records: HeldPacket[] = Array.from({ length: firstCapacity }, emptyRecord);
  #start = 0;
  #end = 0;
  #bytes = 0;

  constructor({ maxPackets }: PacketWindowOptions) {
    // The ring masks indices with its size.
    if (maxPackets < firstCapacity || !Number.isInteger(Math.log2(maxPackets))) throw new RangeError(`a window of ${maxPackets} packets`);
    this.#maxPackets = maxPackets;
  }

  /** The first index that the window can hold. */
  get start(): number {
    return this.#start;
  }

  /** One past the highest index held since the window was here; `start` when there was none. */
  get end(): number {
    return this.#end;
  }

  /** Payload bytes held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The packet of that index, undefined when it is not there. */
  at(index: number): HeldPacket | undefined {
    const record = this.#records[index & (this.#records.length - 1)];
    return record?.index === index ? record : undefined;
  }

  /** Whether that index is not before the window and near enough to be held. */
  canHold(index: number): boolean {
    return index >= this.#start && index - this.#start < this.#maxPackets;
  }

  /** Keeps a packet that {@link canHold} affirms and {@link at} does not find. */
  put(packet: InboundVideoPacket, traits: number): void {
    const { index } = packet;
    while (index - this.#start >= this.#records.length) this.#grow();
    const record = this.#records[index & (this.#records.length - 1)];
    if (record === undefined) return;
    record.index = index;
    record.timestamp = packet.timestamp;
    record.marker = packet.marker;
    record.payloadType = packet.payloadType;
    record.payload = packet.payload;
    record.arrivalUs = packet.arrivalUs;
    record.rotationDegrees = packet.rotationDegrees;
    record.traits = traits;
    this.#bytes += packet.payload.length;
    if (index >= this.#end) this.#end = index + 1;
  }

  /** Lets go of everything before that index. */
  advanceTo(index: number): void {
    const last = Math.min(index, this.#end);
    for (let at = this.#start; at < last; at++) this.#empty(at);
    this.#start = index;
    this.#end = Math.max(this.#end, index);
  }

  /** Makes room before the start; false, and nothing changes, when the window would become wider than its limit. */
  lowerTo(index: number): boolean {
    if (this.#end - index > this.#maxPackets) return false;
    while (this.#end - index > this.#records.length) this.#grow();
    this.#start = index;
    return true;
  }

  /** Empties the window and puts it elsewhere. */
  restartAt(index: number): void {
    this.advanceTo(this.#end);
    this.#start = index;
    this.#end = index;
  }

  #empty(index: number): void {
    const record = this.at(index);
    if (record === undefined) return;
    this.#bytes -= record.payload.length;
    record.index = noIndex;
    record.payload = noPayload;
  }

  #grow(): void {
    const old = this.#records;
    this.#records = Array.from({ length: old.length * 2 }, emptyRecord);
    for (const record of old) {
      if (!Number.isNaN(record.index)) this.#records[record.index & (this.#records.length - 1)] = record;
    }
  }
}
