/** The codecs of this server in SDP: how they are named, offered and recognised (RFC 7587, RFC 7741, RFC 6184). */
import { receivesIn, type CodecName, type MediaKind, type MediaPlan, type NegotiatedCodec } from './media.js';

/** One payload type as it stands in an SDP of ours. */
export interface LocalCodec extends NegotiatedCodec {
  /** Format parameters; undefined where there are none. */
  readonly fmtp: string | undefined;
  /** `a=rtcp-fb` values. */
  readonly feedback: readonly string[];
}

/** One payload type of the other side that is known here. */
export interface RemoteCodec extends NegotiatedCodec {
  /** H.264: six hex digits, as it stood there. */
  readonly profileLevelId?: string;
  readonly feedback: ReadonlySet<string>;
}

/** What an `a=rtpmap` line says. */
export interface RtpMap {
  readonly payloadType: number;
  /** In lower case. */
  readonly name: string;
  readonly clockHz: number;
  /** `2` for Opus, else undefined. */
  readonly encoding: string | undefined;
}

const opusParameters = 'minptime=10;useinbandfec=1';
/** RFC 7587 6.1: what we like to be sent, what we send, and how much of it we take. */
function stereoParameters(stereoBps: number): string {
  return `${opusParameters};stereo=1;sprop-stereo=1;maxaveragebitrate=${stereoBps}`;
}

/** Constrained baseline, level 3.1: what every browser has, and enough for 1280x720 at 30. */
const offeredProfileLevelId = '42e01f';
/** RFC 6184 8.1: what an absent parameter means, baseline at level 1. */
const defaultProfileLevelId = '420010';
/** Baseline, and constrained baseline, which is baseline with constraint flags. */
const baselineProfile = /^42[0-9a-f]{4}$/i;
/** constraint_set1_flag, in the first digit after the profile. */
const constrainedFlag = 0x4;

const codecKinds: Readonly<Record<CodecName, MediaKind>> = { opus: 'audio', vp8: 'video', h264: 'video' };
export const codecRtpMaps: Readonly<Record<CodecName, string>> = { opus: 'opus/48000/2', vp8: 'VP8/90000', h264: 'H264/90000' };
const clockRatesHz: Readonly<Record<CodecName, number>> = { opus: 48_000, vp8: 90_000, h264: 90_000 };
/** What we understand and act on (RFC 4585, RFC 5104, draft-holmer-rmcat-transport-wide-cc-extensions-01). */
const feedbackByKind: Readonly<Record<MediaKind, readonly string[]>> = {
  audio: ['transport-cc'],
  video: ['transport-cc', 'ccm fir', 'nack', 'nack pli'],
};

/** For what we receive from clients that have it: how much of it is worth sending, or is found to come through. What we send is decided by transport-cc, so our offers to send alone leave it out. */
const rembFeedback = 'goog-remb';
export const knownFeedback: ReadonlySet<string> = new Set([...feedbackByKind.audio, ...feedbackByKind.video, rembFeedback]);

/** The payload types of our offers: the numbers Chromium uses, so that traces read alike. One number means one format in all m-lines (RFC 8843 10.1.2). */
const offeredCodecs: Readonly<Record<CodecName, readonly LocalCodec[]>> = {
  opus: [{ name: 'opus', payloadType: 111, clockHz: clockRatesHz.opus, fmtp: opusParameters, feedback: feedbackByKind.audio }],
  vp8: [{ name: 'vp8', payloadType: 96, rtxPayloadType: 97, clockHz: clockRatesHz.vp8, fmtp: undefined, feedback: feedbackByKind.video }],
  h264: ([1, 0] as const).map((packetizationMode) => ({
    name: 'h264',
    payloadType: packetizationMode === 1 ? 102 : 104,
    rtxPayloadType: packetizationMode === 1 ? 103 : 105,
    clockHz: clockRatesHz.h264,
    packetizationMode,
    fmtp: h264Parameters(packetizationMode, offeredProfileLevelId),
    feedback: feedbackByKind.video,
  })),
};

export function offerCodecs({ codecs: names, kind, direction, rtxSsrc, stereoBps }: MediaPlan): LocalCodec[] {
  const codecs = names.flatMap((name) => offeredCodecs[name]).map((codec) => {
    if (kind === 'video') return receivesIn(direction) ? { ...codec, feedback: [...codec.feedback, rembFeedback] } : codec;
    return stereoBps === undefined ? codec : { ...codec, fmtp: stereoParameters(stereoBps) };
  });
  return rtxSsrc === undefined ? codecs.map(withoutRtx) : codecs;
}

export function withoutRtx<Codec extends NegotiatedCodec>(codec: Codec): Codec {
  const plain: Codec & { rtxPayloadType?: number } = { ...codec };
  delete plain.rtxPayloadType;
  return plain;
}

/**
 * Undefined for a format that is unknown or cannot be decoded here (H.264 beyond baseline, interleaved mode 2).
 *
 * @param rtxPayloadType of its retransmissions, where the other side has them
 */
export function recogniseCodec(map: RtpMap, fmtp: ReadonlyMap<string, string>, feedback: ReadonlySet<string>, rtxPayloadType: number | undefined): RemoteCodec | undefined {
  const { name } = map;
  if (name !== 'opus' && name !== 'vp8' && name !== 'h264') return undefined;
  if (map.clockHz !== clockRatesHz[name] || (name === 'opus' && map.encoding !== '2')) return undefined;
  const codec = { name, payloadType: map.payloadType, clockHz: map.clockHz, feedback, ...(rtxPayloadType === undefined || name === 'opus' ? {} : { rtxPayloadType }) } as const;
  if (name !== 'h264') return codec;
  const profileLevelId = fmtp.get('profile-level-id') ?? defaultProfileLevelId;
  const mode = fmtp.get('packetization-mode') ?? '0';
  if (!baselineProfile.test(profileLevelId) || (mode !== '0' && mode !== '1')) return undefined;
  const spropParameterSets = fmtp.get('sprop-parameter-sets');
  return { ...codec, profileLevelId, packetizationMode: mode === '1' ? 1 : 0, ...(spropParameterSets === undefined ? {} : { spropParameterSets }) };
}

/** Those of the plan, in its order; of H.264 the better packetisation first, then constrained baseline, which is what we encode. */
export function pickCodecs(offered: readonly RemoteCodec[], wanted: readonly CodecName[]): RemoteCodec[] {
  return wanted.flatMap((name) => offered.filter((codec) => codec.name === name).sort((a, b) => rank(b) - rank(a)));
}

function rank(codec: RemoteCodec): number {
  const isConstrained = (Number.parseInt(codec.profileLevelId?.charAt(2) ?? '0', 16) & constrainedFlag) !== 0;
  return (codec.packetizationMode ?? 0) * 2 + (isConstrained ? 1 : 0);
}

export function takesRemb({ name, feedback }: RemoteCodec): boolean {
  return codecKinds[name] === 'video' && feedback.has(rembFeedback);
}

/** A payload type of the offer, as our answer takes it. @param stereoBps of sound; undefined for mono, and for pictures */
export function answerCodec(codec: RemoteCodec, stereoBps: number | undefined): LocalCodec {
  const feedback = feedbackByKind[codecKinds[codec.name]].filter((value) => codec.feedback.has(value));
  // Both ways: we say what we want of a picture, and listen to what a listener's path carries.
  if (takesRemb(codec)) feedback.push(rembFeedback);
  return { ...toNegotiatedCodec(codec), fmtp: answerParameters(codec, stereoBps), feedback };
}

/** Without what is only for SDP. */
export function toNegotiatedCodec({ name, payloadType, clockHz, rtxPayloadType, packetizationMode, spropParameterSets }: RemoteCodec): NegotiatedCodec {
  return {
    name,
    payloadType,
    clockHz,
    ...(rtxPayloadType === undefined ? {} : { rtxPayloadType }),
    ...(packetizationMode === undefined ? {} : { packetizationMode }),
    ...(spropParameterSets === undefined ? {} : { spropParameterSets }),
  };
}

function answerParameters({ name, packetizationMode = 0, profileLevelId = defaultProfileLevelId }: RemoteCodec, stereoBps: number | undefined): string | undefined {
  if (name === 'opus') return stereoBps === undefined ? opusParameters : stereoParameters(stereoBps);
  return name === 'h264' ? h264Parameters(packetizationMode, profileLevelId) : undefined;
}

function h264Parameters(mode: 0 | 1, profileLevelId: string): string {
  return `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profileLevelId}`;
}
