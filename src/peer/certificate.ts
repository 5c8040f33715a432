/** The identity of this process towards its peers: one self-signed P-256 certificate, told by its fingerprint in each SDP (RFC 8827 6.5). */
import { createHash, X509Certificate } from 'node:crypto';
import { createSelfSignedCertificate, HashAlgorithm, NamedCurveAlgorithm, SignatureAlgorithm } from './werift.js';

type SignatureHash = Awaited<ReturnType<typeof createSelfSignedCertificate>>['signatureHash'];

export interface PeerCertificate {
  readonly certPem: string;
  readonly keyPem: string;
  readonly signatureHash: SignatureHash;
  /** SHA-256 of the certificate, as SDP writes it: `AB:CD:...`. */
  readonly fingerprintSha256: string;
}

/** Costs some milliseconds and is good for ten years and any number of connections. */
export async function createCertificate(): Promise<PeerCertificate> {
  const made = await createSelfSignedCertificate(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  );
  return { ...made, fingerprintSha256: certificateFingerprint(new X509Certificate(made.certPem).raw, 'sha256') };
}

/** @param certificate DER. */
export function certificateFingerprint(certificate: Buffer, hash: 'sha256' | 'sha384' | 'sha512'): string {
  const digest = createHash(hash).update(certificate).digest('hex').toUpperCase();
  return digest.replace(/..(?!$)/g, '$&:');
}
