/** What a burst of packets at a higher rate has shown: the rate at which they went out and that at which they came. */
import type { DeliveredPacket } from './sent-log.js';

interface Probe {
  packets: number;
  bytes: number;
  firstSentUs: number;
  lastSentUs: number;
  lastSentBytes: number;
  firstArrivalUs: number;
  lastArrivalUs: number;
  firstArrivalBytes: number;
}

/** Fewer packets are too few intervals. */
const leastPackets = 4;
/** Came slower than it went out by more than this: the bottleneck was full, and a little less is what it carries. */
const fullShare = 0.9;
const usableShare = 0.95;
/** A path that delivers a burst faster than it was sent has held it up before. */
const mostSpeedUp = 2;
const remembered = 4;

export class ProbeResults {
  readonly #probes = new Map<number, Probe>();

  /** @returns the rate that it has shown to pass as far as is known, in bps; undefined as long as too little has come. */
  take({ probeId, sentUs, arrivalUs, bytes }: DeliveredPacket): number | undefined {
    const probe = this.#probes.get(probeId);
    if (probe === undefined) {
      if (this.#probes.size === remembered) this.#probes.delete(this.#probes.keys().next().value ?? 0);
      this.#probes.set(probeId, { packets: 1, bytes, firstSentUs: sentUs, lastSentUs: sentUs, lastSentBytes: bytes, firstArrivalUs: arrivalUs, lastArrivalUs: arrivalUs, firstArrivalBytes: bytes });
      return undefined;
    }
    probe.packets += 1;
    probe.bytes += bytes;
    probe.firstSentUs = Math.min(probe.firstSentUs, sentUs);
    if (sentUs >= probe.lastSentUs) {
      probe.lastSentUs = sentUs;
      probe.lastSentBytes = bytes;
    }
    if (arrivalUs <= probe.firstArrivalUs) {
      probe.firstArrivalUs = arrivalUs;
      probe.firstArrivalBytes = bytes;
    }
    probe.lastArrivalUs = Math.max(probe.lastArrivalUs, arrivalUs);
    return probe.packets < leastPackets ? undefined : rateOf(probe);
  }
}

function rateOf({ bytes, firstSentUs, lastSentUs, lastSentBytes, firstArrivalUs, lastArrivalUs, firstArrivalBytes }: Probe): number | undefined {
  const sentForUs = lastSentUs - firstSentUs;
  const arrivedForUs = lastArrivalUs - firstArrivalUs;
  if (sentForUs <= 0 || arrivedForUs <= 0) return undefined;
  // The last packet's bytes leave after the time that is measured, the first one's arrive before it.
  const sentBps = ((bytes - lastSentBytes) * 8e6) / sentForUs;
  const arrivedBps = ((bytes - firstArrivalBytes) * 8e6) / arrivedForUs;
  if (arrivedBps > mostSpeedUp * sentBps) return undefined;
  return arrivedBps < fullShare * sentBps ? usableShare * arrivedBps : Math.min(sentBps, arrivedBps);
}
