/** Forward error correction of pictures in SDP: RED (RFC 2198 5), ULPFEC within it (RFC 5109 14.1). */
import { receivesIn, type MediaPlan, type NegotiatedCodec, type ProtectionTypes } from './media.js';
import type { PayloadFormats } from './payload-formats.js';

const clockHz = 90_000;

/** Of our offers: the numbers that Chromium uses. */
const offered: Required<ProtectionTypes> = { redPayloadType: 114, redRtxPayloadType: 115, ulpfecPayloadType: 116 };

/**
 * VP8 counts its pictures, so that the place of protection that was lost is known to be empty (`rtp/frame-boundaries`). Of H.264 nobody could tell, and each would be waited for as a part
 * of a picture; libwebrtc does not protect it beside NACK for that reason.
 */
export function isProtectable(codecs: readonly Pick<NegotiatedCodec, 'name'>[]): boolean {
  return codecs.some(({ name }) => name === 'vp8');
}

export function offerProtection({ kind, direction, codecs, rtxSsrc }: MediaPlan): ProtectionTypes | undefined {
  if (kind !== 'video' || !receivesIn(direction) || !codecs.includes('vp8')) return undefined;
  return rtxSsrc === undefined ? withoutRtx(offered) : offered;
}

export function withoutRtx({ redPayloadType, ulpfecPayloadType }: ProtectionTypes): ProtectionTypes {
  return { redPayloadType, ulpfecPayloadType };
}

export function readProtection(formats: PayloadFormats): ProtectionTypes | undefined {
  const redPayloadType = formats.find('red', clockHz);
  const ulpfecPayloadType = formats.find('ulpfec', clockHz);
  if (redPayloadType === undefined || ulpfecPayloadType === undefined) return undefined;
  const redRtxPayloadType = formats.rtxType(redPayloadType);
  return { redPayloadType, ulpfecPayloadType, ...(redRtxPayloadType === undefined ? {} : { redRtxPayloadType }) };
}

/** In the order of the m-line. */
export function protectionFormats(protection: ProtectionTypes | undefined): number[] {
  if (protection === undefined) return [];
  const { redPayloadType, redRtxPayloadType, ulpfecPayloadType } = protection;
  return [redPayloadType, ...(redRtxPayloadType === undefined ? [] : [redRtxPayloadType]), ulpfecPayloadType];
}

export function protectionLines(protection: ProtectionTypes | undefined): string[] {
  if (protection === undefined) return [];
  const { redPayloadType, redRtxPayloadType, ulpfecPayloadType } = protection;
  return [
    `a=rtpmap:${redPayloadType} red/${clockHz}`,
    ...(redRtxPayloadType === undefined ? [] : [`a=rtpmap:${redRtxPayloadType} rtx/${clockHz}`, `a=fmtp:${redRtxPayloadType} apt=${redPayloadType}`]),
    `a=rtpmap:${ulpfecPayloadType} ulpfec/${clockHz}`,
  ];
}
