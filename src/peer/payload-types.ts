/** Which payload types the packets of an m-line come under. */
import { AppError } from '../errors.js';
import type { NegotiatedMedia } from './media.js';

/** On their first journey. What is only found within RED is none of them. */
export function sentTypes({ codecs, protection }: NegotiatedMedia): number[] {
  const types = codecs.map(({ payloadType }) => payloadType);
  return protection === undefined ? types : [...types, protection.redPayloadType];
}

/** Of retransmissions (RFC 4588), each with the type of what it repairs. */
export function repairTypes({ codecs, protection }: NegotiatedMedia): (readonly [repairType: number, type: number])[] {
  const types = codecs.flatMap(({ payloadType, rtxPayloadType }) => (rtxPayloadType === undefined ? [] : [[rtxPayloadType, payloadType] as const]));
  return protection?.redRtxPayloadType === undefined ? types : [...types, [protection.redRtxPayloadType, protection.redPayloadType]];
}

/**
 * What comes under the type of retransmissions is taken for one, whatever m-line it is of: in a bundle a type is one thing (RFC 8843 9.1.1).
 *
 * @throws {AppError} `sdp_invalid`
 */
export function mustTellRepairs(media: readonly NegotiatedMedia[]): void {
  const sent = new Set(media.flatMap(sentTypes));
  const repaired = new Map<number, number>();
  for (const [repairType, type] of media.flatMap(repairTypes)) {
    if (sent.has(repairType) || (repaired.get(repairType) ?? type) !== type) throw new AppError('sdp_invalid', `The SDP has payload type ${repairType} for retransmissions and for something else.`);
    repaired.set(repairType, type);
  }
}
