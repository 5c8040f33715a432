import { createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import { cmCounter } from '../../../../src/rtp/srtp/cm-sha1-key.js';
import { createTransform } from '../../../../src/rtp/srtp/create-transform.js';
import { GcmTransform } from '../../../../src/rtp/srtp/gcm-transform.js';
import { KeyStream } from '../../../../src/rtp/srtp/key-stream.js';
import { deriveBytes, deriveSessionKeys, masterSaltBytes, srtpProfileIds } from '../../../../src/rtp/srtp/session-keys.js';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

describe('key derivation (RFC 3711 appendix B.3)', () => {
  const masterKey = bytes('e1f97a0d3e018be0d64fa32c06de4139');
  const masterSalt = bytes('0ec675ad498afeebb6960b3aabe6');

  it('gives the cipher key, the salt and the authentication key of the appendix', () => {
    const { rtp } = deriveSessionKeys({ profile: 'AES_CM_128_HMAC_SHA1_80', masterKey, masterSalt });
    expect(rtp.encryption.export().toString('hex')).to.equal('c61e7a93744f39ee10734afe3ff7a087');
    expect(rtp.salt.toString('hex')).to.equal('30cbbc08863d8c85d49db34a9ae1');
    expect(rtp.authentication.export().toString('hex')).to.equal('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
  });

  it('derives as many bytes as are asked for: all 94 of the appendix', () => {
    const expected = `cebe321f6ff7716b6fd4ab49af256a15 6d38baa48f0a0acf3c34e2359e6cdbce e049646c43d9327ad175578ef7227098
      6371c10c9a369ac2f94a8c5fbcdddc25 6d6e919a48b610ef17c2041e47403576 6b68642c59bbfc2f34db60dbdfb2`;
    expect(deriveBytes(createSecretKey(masterKey), masterSalt, 1, 94)).to.deep.equal(bytes(expected));
  });

  it('derives other keys for RTCP, all different', () => {
    const { rtp, rtcp } = deriveSessionKeys({ profile: 'AES_CM_128_HMAC_SHA1_80', masterKey, masterSalt });
    const all = [rtp, rtcp].flatMap((keys) => [keys.encryption.export(), keys.authentication.export(), keys.salt]).map((key) => key.toString('hex', 0, 8));
    expect(new Set(all).size).to.equal(6);
  });

  it('refuses keys and salts of the wrong length', () => {
    for (const profile of ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'] as const) {
      const saltBytes = masterSaltBytes[profile];
      expect(() => createTransform({ profile, masterKey: Buffer.alloc(16), masterSalt: Buffer.alloc(saltBytes) })).to.not.throw();
      expect(() => createTransform({ profile, masterKey: Buffer.alloc(15), masterSalt: Buffer.alloc(saltBytes) })).to.throw(RangeError);
      expect(() => createTransform({ profile, masterKey: Buffer.alloc(16), masterSalt: Buffer.alloc(saltBytes + 1) })).to.throw(RangeError);
    }
    expect(srtpProfileIds).to.deep.equal({ AEAD_AES_128_GCM: 7, AES_CM_128_HMAC_SHA1_80: 1 });
  });
});

describe('AES_CM_128_HMAC_SHA1_80', () => {
  it('makes the key stream of RFC 3711 appendix B.2', () => {
    const keyStream = new KeyStream(createSecretKey(bytes('2b7e151628aed2a6abf7158809cf4f3c')), cmCounter(bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfd')));
    // SSRC, rollover counter and sequence number are 0 there; all 0xff02 blocks of it.
    const stream = Buffer.from(keyStream.take(0, 0, 0xff02));
    expect(stream).to.have.lengthOf(0xff02 * 16);
    const blocks = Array.from([0, 1, 2, 0xfeff, 0xff00, 0xff01], (block) => stream.toString('hex', block * 16, block * 16 + 16));
    expect(blocks).to.deep.equal([
      'e03ead0935c95e80e166b16dd92b4eb4',
      'd23513162b02d0f72a43a2fe4a5f97ab',
      '41e95b3bb0a2e8dd477901e4fca894c0',
      'ec8cdf7398607cb0f2d21675ea9ea1e4',
      '362b7c3c6773516318a077d7fc5073ae',
      '6a2cc3787889374fbeb4c81b17ba6c44',
    ]);
  });

  // The vectors that libsrtp checks itself with at each start, so what all browsers agree on.
  const keying = { profile: 'AES_CM_128_HMAC_SHA1_80', masterKey: bytes('e1f97a0d3e018be0d64fa32c06de4139'), masterSalt: bytes('0ec675ad498afeebb6960b3aabe6') } as const;
  const rtp = bytes(`800f1234 decafbad cafebabe ${'ab'.repeat(16)}`);
  const srtp = bytes('800f1234 decafbad cafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb');
  const rtcp = bytes(`81c8000b cafebabe ${'ab'.repeat(16)}`);
  const srtcp = bytes('81c8000b cafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798');

  it('protects and opens the RTP packet of libsrtp', () => {
    const transform = createTransform(keying);
    const datagram = Buffer.alloc(srtp.length);
    transform.protectRtp(rtp, 12, rtp.readInt32BE(8), 0x1234, datagram);
    expect(datagram).to.deep.equal(srtp);
    expect(transform.unprotectRtp(Buffer.from(srtp), 12, rtp.readInt32BE(8), 0x1234)).to.deep.equal(rtp);
  });

  it('protects and opens the RTCP packet of libsrtp', () => {
    const transform = createTransform(keying);
    expect(transform.protectRtcp(rtcp, 1)).to.deep.equal(srtcp);
    expect(transform.readRtcpIndexWord(srtcp)).to.equal(0x80000001);
    expect(transform.unprotectRtcp(Buffer.from(srtcp))).to.deep.equal(rtcp);
  });
});

describe('AEAD_AES_128_GCM (RFC 7714)', () => {
  // The RFC gives session keys: its vectors begin below the derivation.
  const keys = { encryption: createSecretKey(bytes('000102030405060708090a0b0c0d0e0f')), authentication: createSecretKey(Buffer.alloc(20)), salt: bytes('517569642070726f2071756f') };
  const transform = new GcmTransform({ rtp: keys, rtcp: keys });
  const rtp = bytes('8040f17b 8041f8d3 5501a0b2 47616c6c696120657374206f6d6e6973 20646976697361 20696e20706172746573207472 6573');
  const srtp = bytes('8040f17b 8041f8d3 5501a0b2 f24de3a3fb34de6cacba861c9d7e4bca be633bd50d294e6f42a5f47a51c7d19b 36de3adf8833 899d7f27beb16a9152cf765ee4390cce');
  const rtcp = bytes('81c8000d 4d617273 4e5450314e545032 525450200000042a0000e9304c756e61 deadbeefdeadbeefdeadbeefdeadbeefdeadbeef');
  const srtcp = bytes('81c8000d 4d617273 63e94885dcdab67ca727d7662f6b7e99 7ff5c0f76c06f32dc676a5f1730d6fda 4ce09b4686303ded0bb9275b c84aa45896cf4d2fc5abf87245d9eade 800005d4');

  it('encrypts the packet of section 16.1.1', () => {
    const datagram = Buffer.alloc(srtp.length);
    transform.protectRtp(rtp, 12, rtp.readInt32BE(8), 0xf17b, datagram);
    expect(datagram).to.deep.equal(srtp);
  });

  it('decrypts the packet of section 16.1.2', () => expect(transform.unprotectRtp(Buffer.from(srtp), 12, rtp.readInt32BE(8), 0xf17b)).to.deep.equal(rtp));

  it('encrypts the RTCP packet of section 17.1', () => expect(transform.protectRtcp(rtcp, 0x5d4)).to.deep.equal(srtcp));

  it('decrypts and verifies the RTCP packet of section 17.2', () => {
    expect(transform.readRtcpIndexWord(srtcp)).to.equal(0x800005d4);
    expect(transform.unprotectRtcp(Buffer.from(srtcp))).to.deep.equal(rtcp);
  });
});
