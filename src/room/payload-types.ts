/** Which payload types the packets of an m-line come under. */
import type { NegotiatedMedia } from '../peer/index.js';

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
