import { CmSha1Transform } from './cm-sha1-transform.js';
import { GcmTransform } from './gcm-transform.js';
import { deriveSessionKeys, type SrtpKeying } from './session-keys.js';
import type { SrtpTransform } from './srtp-transform.js';

/** @throws {RangeError} when key or salt has not the length of its profile. */
export function createTransform(keying: SrtpKeying): SrtpTransform {
  const keys = deriveSessionKeys(keying);
  switch (keying.profile) {
    case 'AEAD_AES_128_GCM':
      return new GcmTransform(keys);
    case 'AES_CM_128_HMAC_SHA1_80':
      return new CmSha1Transform(keys);
  }
}
