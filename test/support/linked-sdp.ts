/**
 * Puts a relay into the way between a client and a server whose descriptions carry all candidates: the client is told the relay's address instead of the
 * server's, and the server none of the client's, so that it can only answer where the client's checks come from (peer-reflexive, RFC 8445 7.3.1.3).
 */

export interface UdpAddress {
  readonly address: string;
  readonly port: number;
}

/** Makes a way to the server's address and resolves with the address at which it begins. */
export type ThroughLink = (server: UdpAddress) => Promise<UdpAddress>;

/** RFC 8839 5.1: foundation, component, transport, priority, address, port. */
const candidatePattern = /^a=candidate:(\S+) 1 udp (\d+) (\d+\.\d+\.\d+\.\d+) (\d+) typ host/i;

/** For the client's own description. */
export function withoutCandidates(sdp: string): string {
  return sdp.split('\r\n').filter((line) => !line.startsWith('a=candidate:')).join('\r\n');
}

/**
 * The server's description with the link's address as its only candidate.
 *
 * @throws {Error} where the server has no UDP candidate over IPv4
 */
export async function linkedSdp(sdp: string, throughLink: ThroughLink): Promise<string> {
  const lines = sdp.split('\r\n');
  const index = lines.findIndex((line) => candidatePattern.test(line));
  const [, foundation = '', priority = '', address = '', port = ''] = candidatePattern.exec(lines[index] ?? '') ?? [];
  if (index === -1) throw new Error('the description has no UDP candidate to be put through a link');
  const link = await throughLink({ address, port: Number(port) });
  const linked = `a=candidate:${foundation} 1 udp ${priority} ${link.address} ${link.port} typ host`;
  return lines.flatMap((line, place) => (place === index ? [linked] : line.startsWith('a=candidate:') ? [] : [line])).join('\r\n');
}
