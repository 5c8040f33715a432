/**
 * How fast a bottleneck lets through what comes in a row: a frame's packets leave a sender at a multiple of his mean rate (libwebrtc's pacer: 2.5 times), so the time
 * between them on our side is what the bottleneck takes for each (packet pairs: Keshav, "A Control-Theoretic Approach to Flow Control", SIGCOMM 1991). It tells that
 * more passes than before without anybody sending more. Times are microseconds of the room's clock.
 */

/** Of a picture. */
export interface FramePacket {
  readonly ssrc: number;
  readonly timestamp: number;
  readonly bytes: number;
  readonly arrivalUs: number;
}

interface Train {
  readonly endUs: number;
  readonly bitrateBps: number;
}

/** Newer ones only: at five pictures a second, seven. */
const windowUs = 1_500_000;
/** A machine that stood still for a moment, ours or his, makes one train look fast, or two. */
const leastTrains = 6;
const agreeingShare = 0.8;
const mostTrains = 64;
/** Read in one turn of our loop, or brought by a radio in one go, they tell nothing of the path. */
const leastUs = 2_000;

export class FrameTrains {
  readonly #trains: Train[] = [];
  #first: FramePacket | undefined;
  #lastUs = 0;
  /** Without the first packet's, which took their time before it. */
  #bytes = 0;

  /** Of each packet of a picture, in the order of coming. */
  take(packet: FramePacket): void {
    if (this.#first?.timestamp === packet.timestamp && this.#first.ssrc === packet.ssrc) {
      this.#bytes += packet.bytes;
      this.#lastUs = packet.arrivalUs;
      return;
    }
    this.#end();
    this.#first = packet;
    this.#bytes = 0;
  }

  /** Whether nearly all frames of lately went through faster than this. */
  areFasterThan(bitrateBps: number, nowUs: number): boolean {
    while ((this.#trains[0]?.endUs ?? nowUs) < nowUs - windowUs) this.#trains.shift();
    const faster = this.#trains.filter((train) => train.bitrateBps > bitrateBps).length;
    return this.#trains.length >= leastTrains && faster >= agreeingShare * this.#trains.length;
  }

  #end(): void {
    if (this.#first === undefined || this.#bytes === 0) return;
    const elapsedUs = this.#lastUs - this.#first.arrivalUs;
    if (elapsedUs < leastUs) return;
    this.#trains.push({ endUs: this.#lastUs, bitrateBps: (this.#bytes * 8e6) / elapsedUs });
    if (this.#trains.length > mostTrains) this.#trains.shift();
  }
}
