/** What a burst of packets at a higher rate has shown: the rate at which they went out and that at which they came. */
import type { DeliveredPacket } from './sent-log.js';

/** Fewer packets are too few intervals. */
const leastPackets = 4;
/** From the first to the last of those that came: the beginning of a probe, handed on in one go, looks as fast as it went out on any path. */
const leastSentUs = 20_000;
/** What a timer sends, and a radio or a busy machine hands on, at once. The first such bunch took its time before what is measured, on its way out (each step sends what the time from the one before is worth) and in. */
const bunchUs = 1_000;
/** Came slower than it went out by more than this: the bottleneck was full, and a little less is what it carries. */
const fullShare = 0.9;
const usableShare = 0.95;
/** A path that delivers a burst faster than it was sent has held it up before. */
const mostSpeedUp = 2;
const remembered = 4;

type ProbePacket = Pick<DeliveredPacket, 'sentUs' | 'arrivalUs' | 'bytes'>;

export class ProbeResults {
  readonly #probes = new Map<number, ProbePacket[]>();

  /** Each packet once. */
  add({ probeId, sentUs, arrivalUs, bytes }: DeliveredPacket): void {
    let packets = this.#probes.get(probeId);
    if (packets === undefined) {
      if (this.#probes.size === remembered) this.#probes.delete(this.#probes.keys().next().value ?? 0);
      packets = [];
      this.#probes.set(probeId, packets);
    }
    packets.push({ sentUs, arrivalUs, bytes });
  }

  /** What this probe has shown to pass as far as is known, in bps; undefined as long as too little has come. */
  bitrateBps(probeId: number): number | undefined {
    const packets = this.#probes.get(probeId) ?? [];
    return packets.length < leastPackets ? undefined : rateOf(packets);
  }
}

function rateOf(packets: readonly ProbePacket[]): number | undefined {
  const firstSentUs = Math.min(...packets.map(({ sentUs }) => sentUs));
  const firstArrivalUs = Math.min(...packets.map(({ arrivalUs }) => arrivalUs));
  const sentForUs = Math.max(...packets.map(({ sentUs }) => sentUs)) - firstSentUs;
  const arrivedForUs = Math.max(...packets.map(({ arrivalUs }) => arrivalUs)) - firstArrivalUs;
  if (sentForUs < leastSentUs || arrivedForUs < bunchUs) return undefined;
  const sentBps = (bytesOf(packets.filter(({ sentUs }) => sentUs >= firstSentUs + bunchUs)) * 8e6) / sentForUs;
  const arrivedBps = (bytesOf(packets.filter(({ arrivalUs }) => arrivalUs >= firstArrivalUs + bunchUs)) * 8e6) / arrivedForUs;
  if (arrivedBps > mostSpeedUp * sentBps) return undefined;
  return arrivedBps < fullShare * sentBps ? usableShare * arrivedBps : Math.min(sentBps, arrivedBps);
}

function bytesOf(packets: readonly ProbePacket[]): number {
  return packets.reduce((sum, { bytes }) => sum + bytes, 0);
}
