import { createCipheriv, createHmac, createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { SeededRandom } from '../../../../bench/network/seeded-random.js';
import { CmSha1Key } from '../../../../src/rtp/srtp/cm-sha1-key.js';
import { sha1TagBytes } from '../../../../src/rtp/srtp/sha1-authenticator.js';

interface Message {
  readonly encryption: Buffer;
  readonly authentication: Buffer;
  readonly salt: Buffer;
  readonly ssrc: number;
  readonly index: number;
  /** Behind the packet: authenticated, and sent where `isWordSent`. */
  readonly word: number;
  readonly isWordSent: boolean;
  readonly clear: Buffer;
  readonly text: Buffer;
}

/** As RFC 3711 4.1.1 and 4.2.1 have it, written another way. */
function sealedByNode({ encryption, authentication, salt, ssrc, index, word, isWordSent, clear, text }: Message): Buffer {
  const iv = (BigInt(`0x${salt.toString('hex')}`) << 16n) ^ (BigInt(ssrc) << 64n) ^ (BigInt(index) << 16n);
  const cipher = createCipheriv('aes-128-ctr', encryption, Buffer.from(iv.toString(16).padStart(32, '0'), 'hex'));
  const packet = Buffer.concat([clear, cipher.update(text)]);
  const behind = Buffer.alloc(4);
  behind.writeUInt32BE(word);
  const tag = createHmac('sha1', authentication).update(packet).update(behind).digest().subarray(0, sha1TagBytes);
  return Buffer.concat(isWordSent ? [packet, behind, tag] : [packet, tag]);
}

function keyOf({ encryption, authentication, salt }: Pick<Message, 'encryption' | 'authentication' | 'salt'>): CmSha1Key {
  return new CmSha1Key({ encryption: createSecretKey(encryption), authentication: createSecretKey(authentication), salt });
}

function sealWith(key: CmSha1Key, { clear, text, word, isWordSent, ssrc, index }: Message): Buffer {
  const target = Buffer.alloc(clear.length + text.length + (isWordSent ? 4 : 0) + sha1TagBytes);
  key.seal(Buffer.concat([clear, text]), clear.length, word, ssrc, index, target);
  return target;
}

function openWith(key: CmSha1Key, datagram: Buffer, { clear, text, word, ssrc, index }: Message): boolean {
  return key.open(datagram, clear.length, clear.length + text.length, word, ssrc, index);
}

const bytes = (least: number, most: number): fc.Arbitrary<Buffer> => fc.uint8Array({ minLength: least, maxLength: most, size: 'max' }).map((array) => Buffer.from(array));
const messages: fc.Arbitrary<Message> = fc.record({
  encryption: bytes(16, 16),
  authentication: bytes(20, 20),
  salt: bytes(14, 14),
  ssrc: fc.nat({ max: 0xffff_ffff }),
  index: fc.nat({ max: 2 ** 48 - 1 }),
  word: fc.nat({ max: 0xffff_ffff }),
  isWordSent: fc.boolean(),
  clear: bytes(8, 80),
  text: fc.oneof(bytes(0, 40), bytes(0, 1_500), fc.constantFrom(15, 16, 17, 1_200, 16_384, 65_400).map((length) => Buffer.alloc(length, 0xa5))),
});

describe('CmSha1Key', () => {
  it('seals what node:crypto seals, byte for byte, and opens it', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const sealed = sealedByNode(message);
        expect(sealWith(keyOf(message), message).equals(sealed)).to.equal(true);
        expect(openWith(keyOf(message), sealed, message)).to.equal(true);
        expect(sealed.subarray(0, message.clear.length + message.text.length)).to.deep.equal(Buffer.concat([message.clear, message.text]));
      }),
      { numRuns: 300 },
    );
  });

  it('seals a run of packets of changing length, in any order and after jumps, of two sources and under keys in turn, as node:crypto does', () => {
    const random = new SeededRandom(7);
    const randomBytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => random.next() * 256));
    const runs = Array.from({ length: 3 }, () => {
      const keys = { encryption: randomBytes(16), authentication: randomBytes(20), salt: randomBytes(14) };
      return { ...keys, sealing: keyOf(keys), opening: keyOf(keys) };
    });
    for (let turn = 0; turn < 2_000; turn += 1) {
      const run = runs[turn % runs.length]!;
      // Two swapped in eight, forty left out now and then, over a wrap.
      const index = 0xff00 + turn + (turn % 8 === 3 ? 3 : turn % 8 === 6 ? -3 : 0) + 40 * Math.floor(turn / 500);
      const textBytes = turn % 400 === 399 ? 9_000 : turn % 5 === 0 ? 31 : turn < 1_000 ? 600 : 1_180;
      const message = { ...run, ssrc: turn % 7 === 0 ? 1 : 0xfeedbeef, index, word: index >> 16, isWordSent: false, clear: randomBytes(28), text: randomBytes(textBytes) };
      const sealed = sealWith(run.sealing, message);
      expect(sealed.equals(sealedByNode(message)), `${turn}`).to.equal(true);
      expect(openWith(run.opening, sealed, message), `${turn}`).to.equal(true);
    }
  });

  it('opens nothing of which one bit is another, nor with another word, and leaves it as it was', () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, place) => {
        const key = keyOf(message);
        const forged = sealedByNode(message);
        const bytesBefore = message.isWordSent ? forged.length - sha1TagBytes - 4 : forged.length;
        const bit = place % (bytesBefore * 8);
        forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const before = Buffer.from(forged);
        expect(openWith(key, forged, message)).to.equal(false);
        expect(forged.equals(before)).to.equal(true);
        expect(openWith(key, sealedByNode(message), { ...message, word: (message.word ^ 1) >>> 0 }), 'of another round').to.equal(false);
        expect(openWith(key, sealedByNode(message), message), 'the true one after it').to.equal(true);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses what is longer than a datagram', () => {
    const key = keyOf({ encryption: Buffer.alloc(16), authentication: Buffer.alloc(20), salt: Buffer.alloc(14) });
    expect(() => key.seal(Buffer.alloc(65_537), 12, 0, 1, 1, Buffer.alloc(65_547))).to.throw(RangeError);
  });
});
