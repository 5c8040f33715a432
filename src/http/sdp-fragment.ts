/**
 * The SDP fragment of a trickle PATCH: RFC 8840 section 9 (`application/trickle-ice-sdpfrag`), as RFC 9725 section 4.3 uses it.
 *
 *     a=ice-ufrag:EsAw                     session or media level, may be missing
 *     a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1
 *     m=audio 9 UDP/TLS/RTP/SAVPF 111      the bundle's one media section that candidates belong to
 *     a=mid:0
 *     a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host
 *     a=end-of-candidates
 */
import { AppError } from '../errors.js';
import type { IceDescription } from '../rooms/protocol.js';

export interface SdpFragment {
  /** Undefined when the fragment does not say to which ICE session it belongs. */
  readonly iceUfrag: string | undefined;
  readonly icePassword: string | undefined;
  /** Of the first media section that is named. */
  readonly mid: string | undefined;
  /** Each from `candidate:` on. */
  readonly candidates: readonly string[];
  readonly isEnd: boolean;
}

/** A client with many interfaces has 30; each costs the server a check. */
const maxCandidates = 100;
const maxCandidateCharacters = 1000;
/** RFC 8839 5.1: foundation, component, transport, priority, address, port, type. */
const candidatePattern = /^candidate:[A-Za-z0-9+/]{1,32} \d{1,5} \S+ \d{1,10} \S+ \d{1,5} typ \S+/;
/** RFC 8839 5.4, without minding which characters, as for descriptions. */
const ufragPattern = /^[\x21-\x39\x3b-\x7e]{4,256}$/;
const passwordPattern = /^[\x21-\x7e]{22,256}$/;
/** RFC 8843: a token; ours to repeat. */
const midPattern = /^[A-Za-z0-9._+~-]{1,32}$/;
const linePattern = /^[a-z]=/;

/** @throws {AppError} invalid_candidate */
export function parseSdpFragment(text: string): SdpFragment {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== '');
  if (lines.length === 0 || !lines.every((line) => linePattern.test(line))) throw new AppError('invalid_candidate');
  const candidates = valuesOf(lines, 'a=candidate:').map((value) => `candidate:${value}`);
  if (candidates.length > maxCandidates) throw new AppError('invalid_candidate', `A fragment may have ${maxCandidates} candidates.`);
  if (!candidates.every((candidate) => candidate.length <= maxCandidateCharacters && candidatePattern.test(candidate))) throw new AppError('invalid_candidate');
  const { iceUfrag, icePassword, mid } = readNames(lines);
  return { iceUfrag, icePassword, mid, candidates, isEnd: lines.includes('a=end-of-candidates') };
}

/** @throws {AppError} invalid_candidate */
function readNames(lines: readonly string[]): Pick<SdpFragment, 'iceUfrag' | 'icePassword' | 'mid'> {
  const [iceUfrag] = valuesOf(lines, 'a=ice-ufrag:');
  const [icePassword] = valuesOf(lines, 'a=ice-pwd:');
  const [mid] = valuesOf(lines, 'a=mid:');
  const isReadable = (iceUfrag === undefined || ufragPattern.test(iceUfrag)) && (icePassword === undefined || passwordPattern.test(icePassword)) && (mid === undefined || midPattern.test(mid));
  if (!isReadable) throw new AppError('invalid_candidate');
  return { iceUfrag, icePassword, mid };
}

/** Our side of an ICE restart (RFC 9725 4.3.3). */
export function writeSdpFragment({ iceUfrag, icePassword, candidates }: IceDescription, mid: string): string {
  const lines = ['a=ice-options:trickle ice2', 'm=audio 9 UDP/TLS/RTP/SAVPF 0', `a=mid:${mid}`, `a=ice-ufrag:${iceUfrag}`, `a=ice-pwd:${icePassword}`];
  return `${[...lines, ...candidates.map((candidate) => `a=${candidate}`), 'a=end-of-candidates'].join('\r\n')}\r\n`;
}

/** The user name fragment of a whole SDP; undefined when it has none. All sections of a bundle have the same. */
export function iceUfragOf(sdp: string): string | undefined {
  return valuesOf(sdp.split(/\r\n|\n|\r/), 'a=ice-ufrag:')[0];
}

function valuesOf(lines: readonly string[], prefix: string): readonly string[] {
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim());
}
