/** The other side's SDP, read into what this server needs of it: m-lines in their order, and the one transport of their bundle (RFC 8843). */
import type { ParsedMedia, ParsedSdp } from 'sdp-transform';
import { AppError } from '../errors.js';
import { recogniseCodec, type RemoteCodec } from './codecs.js';
import type { Fingerprint } from './dtls-proof.js';
import type { ExtensionLine } from './extension-map.js';
import type { RemoteIce } from './ice-agent.js';
import { usableCandidate, type IceCandidate } from './ice-candidate.js';
import type { MediaDirection, MediaKind, ProtectionTypes } from './media.js';
import { PayloadFormats } from './payload-formats.js';
import { readProtection } from './protection-lines.js';
import { guardSdp } from './sdp-guard.js';
import { readRids, type RemoteRid } from './simulcast-lines.js';

export interface RemoteSection {
  readonly mid: string;
  /** False for the mid-less SDP of very simple clients: then `mid` is the position, and our answer must not name one. */
  readonly hasMid: boolean;
  /** First word of the m-line: `audio`, `video`, `application`... */
  readonly type: string;
  readonly protocol: string;
  /** The m-line's formats, to be echoed when the section is refused. */
  readonly formats: string;
  /** Undefined when the section cannot be used: not audio or video, refused, outside the bundle, or no RTP over DTLS. */
  readonly media: RemoteSectionMedia | undefined;
}

export interface RemoteSectionMedia {
  readonly kind: MediaKind;
  /** As seen from the other side. */
  readonly direction: MediaDirection;
  /** Those known here, in its order. */
  readonly codecs: readonly RemoteCodec[];
  readonly extensions: readonly ExtensionLine[];
  /** Without retransmission sources. */
  readonly ssrcs: readonly number[];
  /** Retransmission sources. */
  readonly rtxSsrcs: readonly number[];
  /** RED with ULPFEC, where it has both. */
  readonly protection: ProtectionTypes | undefined;
  /** Simulcast layers that it offers to send. */
  readonly rids: readonly RemoteRid[];
  /** RFC 5506. */
  readonly reducedSizeRtcp: boolean;
}

export interface RemoteTransport {
  readonly ice: RemoteIce;
  readonly fingerprints: readonly Fingerprint[];
  /** RFC 8842; `actpass` where nothing is said. */
  readonly setup: 'active' | 'passive' | 'actpass';
  readonly candidates: readonly IceCandidate[];
}

/** RFC 8843: `a=mid` is a token. Those of our extension have at most 16 bytes, but some clients name theirs at length. */
const midToken = /^[A-Za-z0-9._+~-]{1,32}$/;
/** RFC 8839 5.4, without minding which characters: libwebrtc does not either. */
const ufragToken = /^[\x21-\x39\x3b-\x7e]{4,256}$/;
const passwordToken = /^[\x21-\x7e]{22,256}$/;
const hexPairs = /^[0-9A-F]{2}(:[0-9A-F]{2})*$/;
const fingerprintHashes = new Map<string, Fingerprint['hash']>([
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
]);
/** RFC 8829 5.1.2: those that mean RTP over DTLS. */
const protocolPattern = /^(UDP\/TLS\/|TCP\/DTLS\/)?RTP\/SAVPF?$/;
/** A camera with three layers and a screen make 8. */
const maxSsrcs = 16;

export class RemoteDescription {
  readonly sections: readonly RemoteSection[];
  /** Mids that may share the transport; undefined without `a=group:BUNDLE`. */
  readonly bundle: readonly string[] | undefined;
  readonly #sdp: ParsedSdp;

  /** @throws {AppError} `sdp_empty`, `sdp_too_large` or `sdp_invalid`. */
  constructor(text: string) {
    this.#sdp = guardSdp(text);
    const group = this.#sdp.groups?.find(({ type }) => type === 'BUNDLE');
    this.bundle = group === undefined ? undefined : String(group.mids).trim().split(/\s+/);
    // Without a bundle each m-line would want a transport of its own; this server has one, and gives it to the first that can be used.
    let freeTransports = 1;
    this.sections = this.#sdp.media.map((media, index) => {
      const mid = media.mid === undefined ? String(index) : String(media.mid);
      const isBundled = this.bundle?.includes(mid) ?? (isUsable(media) && freeTransports-- > 0);
      return readSection(this.#sdp, media, mid, isBundled);
    });
    const mids = this.sections.map(({ mid }) => mid);
    if (mids.some((mid) => !midToken.test(mid)) || new Set(mids).size < mids.length) throw new AppError('sdp_invalid', 'The SDP has malformed or repeated mids.');
  }

  /**
   * The transport of the bundle, as told by the section of this mid (the first that both sides take) or by the session.
   *
   * @throws {AppError} `sdp_invalid` when it lacks ICE credentials, a fingerprint or rtcp-mux.
   */
  readTransport(mid: string): RemoteTransport {
    const media = this.#sdp.media[this.sections.findIndex((section) => section.mid === mid)];
    if (media?.rtcpMux === undefined) throw new AppError('sdp_invalid', 'The SDP lacks a=rtcp-mux.');
    const ufrag = String(media.iceUfrag ?? this.#sdp.iceUfrag ?? '');
    const password = String(media.icePwd ?? this.#sdp.icePwd ?? '');
    if (!ufragToken.test(ufrag) || !passwordToken.test(password)) throw new AppError('sdp_invalid', 'The SDP lacks a=ice-ufrag and a=ice-pwd that can be used.');
    const candidates = [...(media.candidates ?? []), ...(this.#sdp.candidates ?? [])].flatMap((fields) => usableCandidate(fields) ?? []);
    return {
      ice: { ufrag, password, isLite: this.#sdp.icelite !== undefined || media.icelite !== undefined },
      fingerprints: [readFingerprint(media.fingerprint ?? this.#sdp.fingerprint)],
      setup: readSetup(media.setup ?? this.#sdp.setup ?? 'actpass'),
      candidates,
    };
  }
}

function readSection(sdp: ParsedSdp, media: ParsedMedia, mid: string, isBundled: boolean): RemoteSection {
  // The grammar leaves a broken m-line without a type.
  if (typeof media.type !== 'string' || !/^\w+$/.test(media.type)) throw new AppError('sdp_invalid', 'The SDP has an m-line that cannot be read.');
  const section = { mid, hasMid: media.mid !== undefined, type: media.type, protocol: media.protocol, formats: String(media.payloads ?? '0') };
  if (!isBundled || !isUsable(media)) return { ...section, media: undefined };
  const formats = new PayloadFormats(media);
  return {
    ...section,
    media: {
      kind: media.type === 'audio' ? 'audio' : 'video',
      direction: media.direction ?? sdp.direction ?? 'sendrecv',
      codecs: readCodecs(formats),
      extensions: readExtensions([...(media.ext ?? []), ...(sdp.ext ?? [])]),
      ...readSsrcs(media),
      protection: readProtection(formats),
      rids: readRids(media),
      reducedSizeRtcp: media.rtcpRsize !== undefined,
    },
  };
}

/** RFC 8285 5, without those that are to be encrypted (RFC 6904): we have no keys for them. */
function readExtensions(lines: NonNullable<ParsedMedia['ext']>): ExtensionLine[] {
  return lines.flatMap(({ value, uri, direction = 'sendrecv', 'encrypt-uri': encrypt }) => {
    const isKnown = isDirection(direction) && encrypt === undefined;
    return isKnown ? [{ id: Number(value), uri: String(uri), direction }] : [];
  });
}

function isDirection(word: string | number): word is MediaDirection {
  return word === 'sendrecv' || word === 'sendonly' || word === 'recvonly' || word === 'inactive';
}

function isUsable(media: ParsedMedia): boolean {
  // RFC 8843 6: port 0 is a refusal, except with bundle-only.
  const isRefused = Number(media.port) === 0 && media.bundleOnly === undefined;
  return (media.type === 'audio' || media.type === 'video') && !isRefused && protocolPattern.test(media.protocol);
}

function readCodecs(formats: PayloadFormats): RemoteCodec[] {
  return formats.maps.flatMap((map) => {
    const { payloadType } = map;
    return recogniseCodec(map, formats.parameters(payloadType), formats.feedback(payloadType), formats.rtxType(payloadType)) ?? [];
  });
}

function readSsrcs(media: ParsedMedia): { readonly ssrcs: number[]; readonly rtxSsrcs: number[] } {
  const retransmissions = new Set((media.ssrcGroups ?? []).filter(({ semantics }) => semantics === 'FID').flatMap(({ ssrcs }) => String(ssrcs).split(' ').slice(1).map(Number)));
  const ssrcs = new Set((media.ssrcs ?? []).map(({ id }) => Number(id)).filter((ssrc) => ssrc <= 0xffff_ffff && !retransmissions.has(ssrc)));
  return { ssrcs: [...ssrcs].slice(0, maxSsrcs), rtxSsrcs: [...retransmissions].slice(0, maxSsrcs) };
}

function readFingerprint(line: ParsedMedia['fingerprint']): Fingerprint {
  const hash = fingerprintHashes.get(String(line?.type ?? '').toLowerCase());
  const value = String(line?.hash ?? '').toUpperCase();
  if (hash === undefined || !hexPairs.test(value)) throw new AppError('sdp_invalid', 'The SDP lacks a=fingerprint with SHA-256 or better.');
  return { hash, value };
}

function readSetup(setup: string): RemoteTransport['setup'] {
  if (setup !== 'active' && setup !== 'passive' && setup !== 'actpass') throw new AppError('sdp_invalid', `The SDP has a=setup:${setup.slice(0, 20)}.`);
  return setup;
}
