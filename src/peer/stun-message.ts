/**
 * As much of STUN (RFC 8489 5 and 14, used by ICE as RFC 8445 7 says) as the gate in front of werift needs: whose check this is, and whether its
 * sender knows the password. Reads in place, never throws, and costs a stranger's datagram no hash.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     |0 0|  message type, 14 bits    |  message length, without these 20 bytes |
 *     |                   magic cookie 0x2112A442                     |
 *     |                   transaction id, 12 bytes                    |
 *     |  attribute type               |  length, without padding      |   value, padded to 4 bytes
 */
import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';

const headerBytes = 20;
const attributeHeaderBytes = 4;
const magicCookie = 0x2112a442;
const usernameAttribute = 0x0006;
const integrityAttribute = 0x0008;
const fingerprintAttribute = 0x8028;
const integrityBytes = 20;
const fingerprintBytes = 4;
/** RFC 8489 14.3 allows 513 bytes; ICE needs two fragments of at most 256 and a colon. */
const maxUsernameBytes = 513;

/** Method Binding (0x001) with each of the four classes; ICE uses no other method. */
const classesByMessageType = new Map<number, StunClass>([
  [0x0001, 'request'],
  [0x0011, 'indication'],
  [0x0101, 'success'],
  [0x0111, 'error'],
]);

export type StunClass = 'request' | 'indication' | 'success' | 'error';

export interface StunMessage {
  readonly class: StunClass;
  /** Twelve bytes, one character each. */
  readonly transactionId: string;
  /** The part of USERNAME before the colon: in a request, the fragment of the one who is asked. */
  readonly receiverUfrag: string | undefined;
  /** Where the MESSAGE-INTEGRITY attribute begins; undefined without one. */
  readonly integrityAt: number | undefined;
}

/** The transaction id of anything at least as long as a STUN header, as {@link StunMessage.transactionId} has it. */
export function stunTransactionId(message: Buffer): string {
  return message.toString('latin1', 8, headerBytes);
}

export function isStunRequest(message: Buffer): boolean {
  return message.length >= headerBytes && message.readUInt16BE(0) === 0x0001;
}

/**
 * Reads one datagram; undefined for whatever is no well-formed Binding message. What follows MESSAGE-INTEGRITY is not covered by it, so a message with
 * more than a FINGERPRINT there counts as malformed (RFC 8489 14.5 lets the receiver ignore it; werift would not).
 */
export function readStunMessage(datagram: Buffer): StunMessage | undefined {
  if (datagram.length < headerBytes || datagram.readUInt32BE(4) !== magicCookie) return undefined;
  const messageClass = classesByMessageType.get(datagram.readUInt16BE(0));
  if (messageClass === undefined || datagram.readUInt16BE(2) !== datagram.length - headerBytes) return undefined;
  let receiverUfrag: string | undefined;
  let integrityAt: number | undefined;
  let at = headerBytes;
  while (at < datagram.length) {
    if (at + attributeHeaderBytes > datagram.length) return undefined;
    const type = datagram.readUInt16BE(at);
    const length = datagram.readUInt16BE(at + 2);
    const valueAt = at + attributeHeaderBytes;
    const next = valueAt + ((length + 3) & ~3);
    if (next > datagram.length) return undefined;
    if (integrityAt !== undefined && (type !== fingerprintAttribute || length !== fingerprintBytes || next !== datagram.length)) return undefined;
    if (type === usernameAttribute) {
      if (receiverUfrag !== undefined || length > maxUsernameBytes) return undefined;
      const username = datagram.toString('latin1', valueAt, valueAt + length);
      const colonAt = username.indexOf(':');
      receiverUfrag = colonAt === -1 ? username : username.slice(0, colonAt);
    } else if (type === integrityAttribute) {
      if (length !== integrityBytes) return undefined;
      integrityAt = at;
    }
    at = next;
  }
  return { class: messageClass, transactionId: stunTransactionId(datagram), receiverUfrag, integrityAt };
}

/**
 * Whether the sender knows the password (RFC 8489 14.5): HMAC-SHA1 over everything before the attribute, with a length field that ends right after it.
 *
 * @param key the ICE password of the one who answers checks: ours for requests, the remote one's for their answers to us.
 */
export function hasStunIntegrity(datagram: Buffer, integrityAt: number, key: KeyObject): boolean {
  const valueAt = integrityAt + attributeHeaderBytes;
  const coveredLength = Buffer.allocUnsafe(2);
  coveredLength.writeUInt16BE(valueAt + integrityBytes - headerBytes);
  const expected = createHmac('sha1', key)
    .update(datagram.subarray(0, 2))
    .update(coveredLength)
    .update(datagram.subarray(4, integrityAt))
    .digest();
  return timingSafeEqual(expected, datagram.subarray(valueAt, valueAt + integrityBytes));
}
