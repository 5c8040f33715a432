/** Our SDP, offers and answers (RFC 8829 5.2 and 5.3): one bundle, all candidates inside, nothing that we would not act on. */
import { codecRtpMaps, type LocalCodec } from './codecs.js';
import type { ExtensionLine } from './extension-map.js';
import type { LocalIce } from './ice-agent.js';
import type { LocalCandidate } from './local-candidates.js';
import { sendsIn, type MediaDirection, type MediaPlan, type ProtectionTypes } from './media.js';
import { protectionFormats, protectionLines } from './protection-lines.js';
import { writeRids } from './simulcast-lines.js';

export interface LocalSection {
  /** First word of the m-line. */
  readonly type: string;
  readonly protocol: string;
  /** Undefined only in answers to an offer without mids. */
  readonly mid: string | undefined;
  /** What the m-line says when `media` is undefined. */
  readonly formats: string;
  /** Undefined for a section that is refused. */
  readonly media: LocalSectionMedia | undefined;
}

export interface LocalSectionMedia {
  readonly direction: MediaDirection;
  readonly codecs: readonly LocalCodec[];
  readonly extensions: readonly ExtensionLine[];
  /** What we take beside the codecs; undefined for none. */
  readonly protection: ProtectionTypes | undefined;
  /** Simulcast layers that we receive; empty without simulcast. */
  readonly rids: readonly string[];
  readonly reducedSizeRtcp: boolean;
  /** Who sends; told when `direction` says that we do. */
  readonly source: Pick<MediaPlan, 'ssrc' | 'rtxSsrc' | 'cname' | 'msid'>;
}

export interface LocalDescription {
  /** Decimal, the same for the life of the connection (RFC 8829 5.2.1). */
  readonly sessionId: string;
  /** Grows with each description. */
  readonly version: number;
  readonly ice: LocalIce;
  readonly fingerprintSha256: string;
  readonly setup: 'actpass' | 'active' | 'passive';
  /** False in answers to an offer without BUNDLE. */
  readonly bundles: boolean;
  readonly sections: readonly LocalSection[];
}

/** RFC 8839 4.3: "discard", for the candidates say it all. */
const placeholderPort = 9;

export function writeDescription(description: LocalDescription): string {
  const bundled = description.sections.filter(({ media }) => media !== undefined);
  const lines = [
    'v=0',
    `o=- ${description.sessionId} ${description.version} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(description.bundles ? [`a=group:BUNDLE ${bundled.map(({ mid }) => mid).join(' ')}`] : []),
    'a=ice-options:trickle ice2',
    'a=msid-semantic: WMS *',
    ...description.sections.flatMap((section) => (section.media === undefined ? refusedLines(section) : mediaLines(description, section, section.media, section === bundled[0]))),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function refusedLines(section: LocalSection): string[] {
  return [`m=${section.type} 0 ${section.protocol} ${section.formats}`, 'c=IN IP4 0.0.0.0', ...(section.mid === undefined ? [] : [`a=mid:${section.mid}`]), 'a=inactive'];
}

function mediaLines(description: LocalDescription, section: LocalSection, media: LocalSectionMedia, carriesTransport: boolean): string[] {
  const payloadTypes = media.codecs.flatMap(({ payloadType, rtxPayloadType }) => (rtxPayloadType === undefined ? [payloadType] : [payloadType, rtxPayloadType]));
  return [
    `m=${section.type} ${placeholderPort} ${section.protocol} ${[...payloadTypes, ...protectionFormats(media.protection)].join(' ')}`,
    'c=IN IP4 0.0.0.0',
    ...(section.mid === undefined ? [] : [`a=mid:${section.mid}`]),
    `a=${media.direction}`,
    // In each section, as libwebrtc has it: simple clients read the first they find, or only their own.
    `a=ice-ufrag:${description.ice.ufrag}`,
    `a=ice-pwd:${description.ice.password}`,
    `a=fingerprint:sha-256 ${description.fingerprintSha256}`,
    `a=setup:${description.setup}`,
    'a=rtcp-mux',
    ...(media.reducedSizeRtcp ? ['a=rtcp-rsize'] : []),
    ...media.codecs.flatMap(codecLines),
    ...protectionLines(media.protection),
    ...media.extensions.map(({ id, uri, direction }) => `a=extmap:${id}${direction === 'sendrecv' ? '' : `/${direction}`} ${uri}`),
    ...(sendsIn(media.direction) ? sourceLines(media.source, media.codecs.some(({ rtxPayloadType }) => rtxPayloadType !== undefined)) : []),
    ...writeRids(media.rids),
    ...(carriesTransport ? candidateLines(description.ice.candidates) : []),
  ];
}

function codecLines({ name, payloadType, rtxPayloadType, clockHz, fmtp, feedback }: LocalCodec): string[] {
  return [
    `a=rtpmap:${payloadType} ${codecRtpMaps[name]}`,
    ...feedback.map((value) => `a=rtcp-fb:${payloadType} ${value}`),
    ...(fmtp === undefined ? [] : [`a=fmtp:${payloadType} ${fmtp}`]),
    ...(rtxPayloadType === undefined ? [] : [`a=rtpmap:${rtxPayloadType} rtx/${clockHz}`, `a=fmtp:${rtxPayloadType} apt=${payloadType}`]),
  ];
}

function sourceLines({ ssrc, rtxSsrc, cname, msid }: LocalSectionMedia['source'], hasRtx: boolean): string[] {
  const ssrcs = hasRtx && rtxSsrc !== undefined ? [ssrc, rtxSsrc] : [ssrc];
  return [
    `a=msid:${msid}`,
    ...(ssrcs.length > 1 ? [`a=ssrc-group:FID ${ssrcs.join(' ')}`] : []),
    ...ssrcs.flatMap((source) => [`a=ssrc:${source} cname:${cname}`, `a=ssrc:${source} msid:${msid}`]),
  ];
}

function candidateLines(candidates: readonly LocalCandidate[]): string[] {
  return [...candidates.map((candidate) => `a=${writeCandidate(candidate)}`), 'a=end-of-candidates'];
}

/** RFC 8839 5.1, from `candidate:` on. */
export function writeCandidate({ foundation, transport, priority, address, port }: LocalCandidate): string {
  return `candidate:${foundation} 1 ${transport} ${priority} ${address} ${port} typ host${transport === 'tcp' ? ' tcptype passive' : ''}`;
}
