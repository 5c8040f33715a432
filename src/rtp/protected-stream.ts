/**
 * A stream whose packets come in RED with their protection among them, under one SSRC and one row of sequence numbers (RFC 5109 14.1): opened, and completed where that can be.
 * In the place of protection, and of what cannot be opened, there is a packet without payload.
 */
import { readRedBlock, type RedBlock } from './red-payload.js';
import type { RtpPacket } from './rtp-packet.js';
import { noneRebuilt, UlpfecDecoder, type RebuildAllowance, type RebuiltPacket } from './ulpfec-decoder.js';

/** 0 to 127 each. */
export interface ProtectionTypes {
  readonly redPayloadType: number;
  /** Within RED. */
  readonly ulpfecPayloadType: number;
}

export interface ReceivedPackets {
  readonly opened: RtpPacket;
  /** What is complete by it, to be taken after it. */
  readonly rebuilt: readonly RebuiltPacket[];
}

const noPayload = new Uint8Array(0);

/** A packet with what was in its RED block. */
class OpenedPacket implements RtpPacket {
  readonly flags: number;
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
  readonly #outer: RtpPacket;

  constructor(outer: RtpPacket, payloadType: number, payload: Uint8Array) {
    this.flags = outer.flags;
    this.payloadType = payloadType;
    this.marker = outer.marker;
    this.sequenceNumber = outer.sequenceNumber;
    this.timestamp = outer.timestamp;
    this.ssrc = outer.ssrc;
    this.payload = payload;
    this.#outer = outer;
  }

  extension(id: number): Uint8Array | undefined {
    return this.#outer.extension(id);
  }

  headerTail(): Uint8Array {
    return this.#outer.headerTail();
  }
}

export class ProtectedStream {
  /** Packets that were protection. */
  protectionCount = 0;
  /** Packets that came back by it. */
  rebuiltCount = 0;

  readonly #types: ProtectionTypes;
  readonly #decoder: UlpfecDecoder;

  constructor(ssrc: number, types: ProtectionTypes, allowance: RebuildAllowance) {
    this.#types = types;
    this.#decoder = new UlpfecDecoder(ssrc, allowance);
  }

  /** Packets that were left missing since to rebuild them would have cost too much. */
  get refusedCount(): number {
    return this.#decoder.refusedCount;
  }

  /** What a packet holds, and nothing more: for retransmissions, and for what is only overheard. */
  open(packet: RtpPacket): RtpPacket {
    if (packet.payloadType !== this.#types.redPayloadType) return packet;
    return this.#openBlock(packet, readRedBlock(packet.payload));
  }

  /**
   * A packet that came by itself.
   *
   * @param index its sequence number, unwrapped
   */
  receive(packet: RtpPacket, index: number, nowUs: number): ReceivedPackets {
    if (packet.payloadType !== this.#types.redPayloadType) return this.#complete(packet, this.#decoder.pushMedia(packet, index, nowUs));
    const block = readRedBlock(packet.payload);
    const opened = this.#openBlock(packet, block);
    // What its sender protected was not this.
    if (block === undefined) return { opened, rebuilt: noneRebuilt };
    if (block.payloadType !== this.#types.ulpfecPayloadType) return this.#complete(opened, this.#decoder.pushMedia(opened, index, nowUs));
    this.protectionCount += 1;
    return this.#complete(opened, this.#decoder.pushProtection(block.data, index, nowUs));
  }

  /** As the decoder has it. */
  goBackTo(index: number): void {
    this.#decoder.goBackTo(index);
  }

  #complete(opened: RtpPacket, rebuilt: readonly RebuiltPacket[]): ReceivedPackets {
    this.rebuiltCount += rebuilt.length;
    return { opened, rebuilt };
  }

  #openBlock(packet: RtpPacket, block: RedBlock | undefined): RtpPacket {
    if (block === undefined || block.payloadType === this.#types.ulpfecPayloadType) return new OpenedPacket(packet, packet.payloadType, noPayload);
    return new OpenedPacket(packet, block.payloadType, block.data);
  }
}
