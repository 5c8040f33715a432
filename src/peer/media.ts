/** What crosses the border of this folder about media: plans go in, the outcome of offer and answer (RFC 3264, RFC 8829) comes out. */

export type MediaKind = 'audio' | 'video';
export type CodecName = 'opus' | 'vp8' | 'h264';
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One m-line as we want it. */
export interface MediaPlan {
  /** Ours to choose in an offer: a token of at most 16 characters; in an answer the offer's. */
  readonly mid: string;
  readonly kind: MediaKind;
  /** As seen from us. */
  readonly direction: MediaDirection;
  /** Best first. */
  readonly codecs: readonly CodecName[];
  /** Ours, 0 to 2^32 - 1; told only when we send. */
  readonly ssrc: number;
  /** Ours for retransmissions (RFC 4588); undefined where this m-line is to do without RTX, in both directions. */
  readonly rtxSsrc?: number;
  /** RFC 3550 6.5.1: what shares it is played in step. */
  readonly cname: string;
  /** `stream track` (RFC 8830). */
  readonly msid: string;
  /** Sound is stereo both ways, with so much at most; without it mono. */
  readonly stereoBps?: number | undefined;
}

export interface NegotiatedCodec {
  readonly name: CodecName;
  /** 0 to 127. */
  readonly payloadType: number;
  readonly clockHz: number;
  /** Payload type of its retransmissions (RFC 4588 8.1), where both sides know them. */
  readonly rtxPayloadType?: number;
  /** H.264 only (RFC 6184 6): 0 single NAL units, 1 with aggregation and fragments. */
  readonly packetizationMode?: 0 | 1;
  /** H.264 only: base64 parameter sets, comma-separated, that the sender may leave out of the stream. */
  readonly spropParameterSets?: string;
}

/** Payload types of pictures in RED (RFC 2198) with ULPFEC between them (RFC 5109), 0 to 127 each. */
export interface ProtectionTypes {
  readonly redPayloadType: number;
  /** Of retransmissions of RED (RFC 4588 8.1), where both sides know them. */
  readonly redRtxPayloadType?: number;
  /** Within RED only. */
  readonly ulpfecPayloadType: number;
}

/** Header extensions both sides know (RFC 8285), by what they are for. */
export interface ExtensionIds {
  readonly mid?: number;
  readonly audioLevel?: number;
  readonly transportCc?: number;
  readonly csrcAudioLevel?: number;
  readonly videoOrientation?: number;
  /** Only where simulcast was agreed on. */
  readonly rid?: number;
  readonly repairedRid?: number;
}

/** One m-line as both sides agreed on it. */
export interface NegotiatedMedia {
  readonly mid: string;
  readonly kind: MediaKind;
  /** We may send; false too when the m-line was refused. */
  readonly sends: boolean;
  readonly receives: boolean;
  /** What both sides can; the first is what to send, each may be received. Empty when the m-line was refused. */
  readonly codecs: readonly NegotiatedCodec[];
  /** What the other side says it will send with, without retransmission sources; may be empty, for many do not say. */
  readonly remoteSsrcs: readonly number[];
  /** The sources that the other side says it retransmits with (RFC 5576 4.2, FID); may be empty. */
  readonly remoteRtxSsrcs: readonly number[];
  /** Of packets that come. */
  readonly extensionIds: ExtensionIds;
  /** Of packets that we send: the same, but for those that were agreed on in one direction (RFC 8285 5). */
  readonly sentExtensionIds: ExtensionIds;
  /** Simulcast (RFC 8853): the layers that the other side sends, each under its RID (RFC 8852), in no order of quality. Absent where it sends one stream. */
  readonly remoteRids?: readonly string[];
  /** The other side may send its pictures protected. Absent where it may not. */
  readonly protection?: ProtectionTypes;
  /** The other side heeds REMB (draft-alvestrand-rmcat-remb-03). */
  readonly takesRemb?: boolean;
}

/** One m-line of a client's offer, before we decide what to do with it: usable sections only. */
export interface RemoteMedia {
  readonly mid: string;
  readonly kind: MediaKind;
  /** As seen from the client. */
  readonly direction: MediaDirection;
  /** Those known here, in the client's order. */
  readonly codecs: readonly NegotiatedCodec[];
  readonly ssrcs: readonly number[];
}

export function sendsIn(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

export function receivesIn(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

export function directionOf(sends: boolean, receives: boolean): MediaDirection {
  if (sends) return receives ? 'sendrecv' : 'sendonly';
  return receives ? 'recvonly' : 'inactive';
}
