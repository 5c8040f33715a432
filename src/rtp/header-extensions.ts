/**
 * The header extensions Tessera negotiates (RFC 8285 `a=extmap`) and what their data says.
 * Decoders answer undefined for data that is too short or empty: a sender's mistake costs him the hint, never the packet.
 */
export const headerExtensionUris = {
  /** RFC 9143: which m-line a packet belongs to, before its SSRC is known. */
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  /** RFC 8852: which simulcast layer. */
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  /** RFC 8852: which simulcast layer a retransmission repairs. */
  repairedRid: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  /** draft-holmer-rmcat-transport-wide-cc-extensions-01. */
  transportSequence: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  absoluteSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  /** RFC 6464. */
  audioLevel: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  /** RFC 6465. */
  csrcAudioLevel: 'urn:ietf:params:rtp-hdrext:csrc-audio-level',
  /** 3GPP TS 26.114 7.4.5. */
  videoOrientation: 'urn:3gpp:video-orientation',
} as const;

export interface AudioLevel {
  /** -127 (silence) to 0 (full scale). */
  readonly levelDbov: number;
  /** The sender's own guess that this packet carries speech. */
  readonly voice: boolean;
}

export interface VideoOrientation {
  /** How far the picture must be turned clockwise to stand upright. */
  readonly rotationDegrees: 0 | 90 | 180 | 270;
  /** Mirrored left to right, to be undone after the rotation. */
  readonly flip: boolean;
}

/** RFC 6464 3: `V(1) level(7)`, the level being the magnitude of a negative number. */
export function decodeAudioLevel(data: Uint8Array): AudioLevel | undefined {
  const byte = data[0];
  if (byte === undefined) return undefined;
  return { levelDbov: 0 - (byte & 0x7f), voice: byte >= 0x80 };
}

/** RFC 6465 3: `0 level(7)` for each of the packet's CSRCs, in their order. Levels are -127 to 0; one at least, for the data must not be empty. */
export function encodeCsrcAudioLevels(levelsDbov: readonly number[]): Uint8Array {
  return Uint8Array.from(levelsDbov, (levelDbov) => Math.max(0, Math.min(127, Math.round(-levelDbov))));
}

/** 3GPP TS 26.114 7.4.5: `0 0 0 0 C F R1 R0`. C (front or back camera) changes nothing about the picture and is not shown. */
export function decodeVideoOrientation(data: Uint8Array): VideoOrientation | undefined {
  const byte = data[0];
  if (byte === undefined) return undefined;
  return { rotationDegrees: ((byte & 0x03) * 90) as VideoOrientation['rotationDegrees'], flip: (byte & 0x04) !== 0 };
}

/** The transport-wide sequence number, 0 to 65535. */
export function decodeTransportSequence(data: Uint8Array): number | undefined {
  const [high, low] = data;
  return high === undefined || low === undefined ? undefined : (high << 8) | low;
}

/** RFC 8843 and RFC 8852 identifiers are short ASCII tokens; anything else cannot be one that was negotiated. */
const sdesToken = /^[\x21-\x7e]+$/;

/** The MID (RFC 9143), or in the same encoding the RID and repaired RID (RFC 8852). */
export function decodeMid(data: Uint8Array): string | undefined {
  const text = String.fromCharCode(...data);
  return sdesToken.test(text) ? text : undefined;
}
