/** Candidates as they come from the other side: a stranger's text that makes us send packets to an address of his choice. */
import { isIP, SocketAddress } from 'node:net';
import { parse } from 'sdp-transform';
import { AppError } from '../errors.js';

export interface IceCandidate {
  readonly foundation: string;
  readonly priority: number;
  /** An IP literal. */
  readonly address: string;
  readonly port: number;
  readonly type: 'host' | 'srflx' | 'relay';
}

/** As `sdp-transform` reads a candidate line: numbers where the text is one. */
export interface CandidateFields {
  readonly foundation: string | number;
  readonly component: string | number;
  readonly transport: string | number;
  readonly priority: string | number;
  readonly ip: string | number;
  readonly port: string | number;
  readonly type: string | number;
}

/** Chromium's longest, with IPv6, related address and all extensions, has about 250. */
const maxCandidateLength = 500;
const candidateTypes = new Set<string>(['host', 'srflx', 'relay']);

/**
 * Reads a trickled candidate, with or without `a=` and with or without `candidate:` before it.
 *
 * @returns undefined for one that cannot be used here (TCP, RTCP's own component, a `.local` name) and for the empty one that says there are no more.
 * @throws {AppError} `invalid_candidate`.
 */
export function parseCandidate(text: string): IceCandidate | undefined {
  const line = text.trim().replace(/^a=/, '');
  if (line === '' || line === 'end-of-candidates') return undefined;
  const fields = line.length > maxCandidateLength || /[\r\n]/.test(line) ? undefined : parse(`a=${line.startsWith('candidate:') ? '' : 'candidate:'}${line}`).candidates?.[0];
  if (fields === undefined) throw new AppError('invalid_candidate');
  return usableCandidate(fields);
}

/** To which ICE session a trickled candidate belongs, where it says so (RFC 8839 5.1 allows extensions; libwebrtc has this one). */
export function candidateUfrag(text: string): string | undefined {
  return / ufrag (\S+)/.exec(text)?.[1];
}

/** Undefined for a candidate that we cannot reach or must not try; `.local` names (RFC 8828 with mDNS) would cost a multicast search each. */
export function usableCandidate(fields: CandidateFields): IceCandidate | undefined {
  const { foundation, component, transport, priority, ip, port, type } = fields;
  if (Number(component) !== 1 || String(transport).toLowerCase() !== 'udp') return undefined;
  const portNumber = Number(port);
  const address = canonicalAddress(String(ip));
  if (address === undefined || !Number.isInteger(portNumber) || portNumber < 1 || portNumber > 65535 || !candidateTypes.has(String(type))) return undefined;
  return { foundation: String(foundation).slice(0, 32), priority: Number(priority) >>> 0, address, port: portNumber, type: String(type) as IceCandidate['type'] };
}

/** As the system writes it: an address is compared as text. Undefined for what is none, and for a link-local one, which needs an interface's name besides. */
function canonicalAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family !== 6) return family === 4 ? text : undefined;
  if (text.includes('%') || /^fe[89ab]/i.test(text)) return undefined;
  return new SocketAddress({ address: text, family: 'ipv6' }).address;
}
