/** The candidates of our port, as the SDP names them: host candidates alone, over UDP and passive TCP. Pure. */
import type { Transport } from './port-binding.js';
import type { UdpPort } from './udp-port.js';

export interface LocalCandidate {
  readonly foundation: string;
  /** TCP is passive: the client connects (RFC 6544). */
  readonly transport: Transport;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
}

/** Of all addresses at which clients reach the port, the best first; TCP behind UDP. */
export function listLocalCandidates({ announcedAddresses, port, hasTcp }: Pick<UdpPort, 'announcedAddresses' | 'port' | 'hasTcp'>): LocalCandidate[] {
  const udp = announcedAddresses.map((address, rank) => ({ foundation: String(rank + 1), transport: 'udp' as const, priority: udpPriority(rank), address, port }));
  if (!hasTcp) return udp;
  return [...udp, ...announcedAddresses.map((address, rank) => ({ foundation: String(udp.length + rank + 1), transport: 'tcp' as const, priority: tcpPriority(rank), address, port }))];
}

/** RFC 8445 5.1.2.1 with type preference 126 (host); werift gives all of ours the same. */
function udpPriority(rank: number): number {
  return 126 * 2 ** 24 + (65_535 - rank) * 2 ** 8 + 255;
}

/** RFC 6544 4.2: a passive host candidate has direction preference 4; a type preference of 90, as libwebrtc has it, puts TCP behind each UDP candidate. */
function tcpPriority(rank: number): number {
  return 90 * 2 ** 24 + (4 * 2 ** 13 + 8_191 - rank) * 2 ** 8 + 255;
}
