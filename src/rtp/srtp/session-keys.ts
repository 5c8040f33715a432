/**
 * SRTP keying: from the master key and salt that DTLS exports (RFC 5764 4.2) to the session keys, by the AES-CM function of RFC 3711 4.3.
 * The key derivation rate is 0, as DTLS-SRTP fixes it: keys are derived once.
 */
import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';

/** The two profiles browsers share; the names are those of RFC 5764 and RFC 7714 without their prefix. */
export type SrtpProfile = 'AEAD_AES_128_GCM' | 'AES_CM_128_HMAC_SHA1_80';

/** Numbers in DTLS's use_srtp extension (RFC 5764 4.1.2, RFC 7714 14.2). */
export const srtpProfileIds: Readonly<Record<SrtpProfile, number>> = { AEAD_AES_128_GCM: 0x0007, AES_CM_128_HMAC_SHA1_80: 0x0001 };

/** Bytes of the master salt; the master key has 16 in both. */
export const masterSaltBytes: Readonly<Record<SrtpProfile, number>> = { AEAD_AES_128_GCM: 12, AES_CM_128_HMAC_SHA1_80: 14 };

/** One direction of one DTLS association. */
export interface SrtpKeying {
  readonly profile: SrtpProfile;
  /** 16 bytes. */
  readonly masterKey: Buffer;
  /** {@link masterSaltBytes}. */
  readonly masterSalt: Buffer;
}

/** For one of RTP and RTCP. Keys are KeyObjects: Node 24 takes 30 us to import a raw one, for each packet. */
export interface SessionKeys {
  readonly encryption: KeyObject;
  /** HMAC-SHA1 key, 20 bytes; unused by GCM, which authenticates by itself. */
  readonly authentication: KeyObject;
  /** As long as the master salt. */
  readonly salt: Buffer;
}

const masterKeyBytes = 16;
const authenticationKeyBytes = 20;
/** RFC 3711 4.3.1: the labels are 0, 1, 2 for SRTP and 3, 4, 5 for SRTCP. */
const encryptionLabel = 0;
const authenticationLabel = 1;
const saltLabel = 2;
const rtcpLabelOffset = 3;
/** Where the label stands in the IV: above the 48 bits of the (unused) index divided by the derivation rate. */
const labelByte = 7;

/** @throws {RangeError} when key or salt has not the length of its profile. */
export function deriveSessionKeys(keying: SrtpKeying): { rtp: SessionKeys; rtcp: SessionKeys } {
  const saltBytes = masterSaltBytes[keying.profile];
  if (keying.masterKey.length !== masterKeyBytes || keying.masterSalt.length !== saltBytes) throw new RangeError(`master key or salt of wrong length for ${keying.profile}`);
  const masterKey = createSecretKey(keying.masterKey);
  const deriveFor = (offset: number): SessionKeys => ({
    encryption: createSecretKey(deriveBytes(masterKey, keying.masterSalt, encryptionLabel + offset, masterKeyBytes)),
    authentication: createSecretKey(deriveBytes(masterKey, keying.masterSalt, authenticationLabel + offset, authenticationKeyBytes)),
    salt: deriveBytes(masterKey, keying.masterSalt, saltLabel + offset, saltBytes),
  });
  return { rtp: deriveFor(0), rtcp: deriveFor(rtcpLabelOffset) };
}

/** RFC 3711 4.3.3: key stream of AES in counter mode from (label XOR salt) * 2^16. A 12-byte salt is filled with zeros (RFC 7714 11). */
export function deriveBytes(masterKey: KeyObject, masterSalt: Buffer, label: number, byteLength: number): Buffer {
  const counter = Buffer.alloc(16);
  masterSalt.copy(counter);
  counter.writeUInt8(counter.readUInt8(labelByte) ^ label, labelByte);
  return createCipheriv('aes-128-ctr', masterKey, counter).update(Buffer.alloc(byteLength));
}
