/** What libwebrtc's clients count, under short names. */
import type { WrtcPeerConnection } from '../../test/support/wrtc.js';
import type { OpenPath } from '../latency/paths.js';

type Stats = Readonly<Record<string, unknown>>;

async function rtpStats(connection: WrtcPeerConnection, type: string, kind: string): Promise<Stats> {
  for (const [, report] of await connection.getStats()) {
    if (report['type'] === type && (report['kind'] ?? report['mediaType']) === kind) return report;
  }
  return {};
}

function counter(stats: Stats, field: string): number {
  const value = stats[field];
  return typeof value === 'number' ? value : 0;
}

/** All of them only grow. */
export async function clientCounters({ sending, receiving }: OpenPath): Promise<Record<string, number>> {
  const heard = await rtpStats(receiving, 'inbound-rtp', 'audio');
  const seen = await rtpStats(receiving, 'inbound-rtp', 'video');
  const sent = await rtpStats(sending, 'outbound-rtp', 'video');
  return {
    soundSamples: counter(heard, 'totalSamplesReceived'),
    concealedSamples: counter(heard, 'concealedSamples'),
    soundLost: counter(heard, 'packetsLost'),
    soundRepairsReceived: counter(heard, 'fecPacketsReceived'),
    picturesDecoded: counter(seen, 'framesDecoded'),
    picturePacketsLost: counter(seen, 'packetsLost'),
    nacksOfListener: counter(seen, 'nackCount'),
    plisOfListener: counter(seen, 'pliCount'),
    receivedBytes: counter(seen, 'bytesReceived'),
    nacksToPublisher: counter(sent, 'nackCount'),
    plisToPublisher: counter(sent, 'pliCount'),
    sentBytes: counter(sent, 'bytesSent'),
    repairedPackets: counter(sent, 'retransmittedPacketsSent'),
    sentPackets: counter(sent, 'packetsSent'),
    /** All of them together, in the sender's pacer. */
    waitedMs: 1000 * counter(sent, 'totalPacketSendDelay'),
  };
}

export async function sentVideoBytes(connection: WrtcPeerConnection): Promise<number> {
  return counter(await rtpStats(connection, 'outbound-rtp', 'video'), 'bytesSent');
}

/** Pictures that came whole, and of them those that were thrown away before anyone saw them. libwebrtc answers the same for 50 ms. */
export async function arrivedPictures(connection: WrtcPeerConnection): Promise<{ readonly received: number; readonly dropped: number }> {
  const stats = await rtpStats(connection, 'inbound-rtp', 'video');
  return { received: counter(stats, 'framesReceived'), dropped: counter(stats, 'framesDropped') };
}

export function grown(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));
}
