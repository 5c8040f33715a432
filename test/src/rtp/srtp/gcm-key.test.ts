import { createCipheriv, createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { SeededRandom } from '../../../../bench/network/seeded-random.js';
import { GcmKey, gcmTagBytes } from '../../../../src/rtp/srtp/gcm-key.js';

const ssrc = 0xfeedbeef;
const mostAssociated = 80;

interface Message {
  readonly encryption: Buffer;
  readonly salt: Buffer;
  readonly index: number;
  readonly associated: Buffer;
  readonly text: Buffer;
}

/** As RFC 7714 8.1 has it, written another way. */
function ivOf({ salt, index }: Message): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(ssrc, 2);
  iv.writeUIntBE(index, 6, 6);
  return Buffer.from(iv.map((byte, at) => byte ^ (salt[at] ?? 0)));
}

function sealedByNode(message: Message): Buffer {
  const cipher = createCipheriv('aes-128-gcm', message.encryption, ivOf(message)).setAAD(message.associated);
  return Buffer.concat([message.associated, cipher.update(message.text), cipher.final(), cipher.getAuthTag()]);
}

function keyOf({ encryption, salt }: Pick<Message, 'encryption' | 'salt'>): GcmKey {
  return new GcmKey({ encryption: createSecretKey(encryption), salt });
}

function sealWith(key: GcmKey, { associated, text, index }: Message): Buffer {
  const packet = Buffer.concat([associated, text]);
  const target = Buffer.alloc(packet.length + gcmTagBytes);
  associated.copy(target);
  key.seal(packet, associated.length, packet, associated.length, ssrc, index, target);
  return target;
}

function openWith(key: GcmKey, datagram: Buffer, { associated, index }: Message): boolean {
  return key.open(datagram, associated.length, datagram.length - gcmTagBytes, datagram, associated.length, ssrc, index);
}

const bytes = (least: number, most: number): fc.Arbitrary<Buffer> => fc.uint8Array({ minLength: least, maxLength: most, size: 'max' }).map((array) => Buffer.from(array));
const messages: fc.Arbitrary<Message> = fc.record({
  encryption: bytes(16, 16),
  salt: bytes(12, 12),
  index: fc.nat({ max: 2 ** 48 - 1 }),
  associated: bytes(12, mostAssociated),
  text: fc.oneof(bytes(0, 40), bytes(0, 1_500), fc.constantFrom(15, 16, 17, 1_200, 16_384, 65_400).map((length) => Buffer.alloc(length, 0xa5))),
});

describe('GcmKey', () => {
  it('seals what node:crypto seals, byte for byte, and opens it', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const sealed = sealedByNode(message);
        expect(sealWith(keyOf(message), message).equals(sealed)).to.equal(true);
        expect(openWith(keyOf(message), sealed, message)).to.equal(true);
        expect(sealed.subarray(0, -gcmTagBytes)).to.deep.equal(Buffer.concat([message.associated, message.text]));
      }),
      { numRuns: 300 },
    );
  });

  it('seals a run of packets of changing length, in any order and after jumps, under keys in turn, as node:crypto does', () => {
    const random = new SeededRandom(7);
    const randomBytes = (count: number): Buffer => Buffer.from(Array.from({ length: count }, () => random.next() * 256));
    const runs = Array.from({ length: 3 }, () => {
      const keys = { encryption: randomBytes(16), salt: randomBytes(12) };
      return { ...keys, sealing: keyOf(keys), opening: keyOf(keys) };
    });
    for (let turn = 0; turn < 2_000; turn += 1) {
      const run = runs[turn % runs.length]!;
      // Two swapped in eight, forty left out now and then, over a wrap.
      const step = Math.floor(turn / runs.length);
      const index = 0xff00 + step + (step % 8 === 3 ? 3 : step % 8 === 6 ? -3 : 0) + 40 * Math.floor(step / 166);
      const message = { ...run, index, associated: randomBytes(28), text: randomBytes(step % 5 === 0 ? 31 : turn < 1_000 ? 600 : 1_180) };
      const sealed = sealWith(run.sealing, message);
      expect(sealed.equals(sealedByNode(message)), `${turn}`).to.equal(true);
      expect(openWith(run.opening, sealed, message), `${turn}`).to.equal(true);
    }
  });

  it('opens nothing of which one bit is another, and leaves it as it was', () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, place) => {
        const key = keyOf(message);
        const forged = sealedByNode(message);
        const bit = place % (forged.length * 8);
        forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const before = Buffer.from(forged);
        expect(openWith(key, forged, message)).to.equal(false);
        expect(forged.equals(before)).to.equal(true);
        expect(openWith(key, sealedByNode(message), message), 'the true one after it').to.equal(true);
      }),
      { numRuns: 100 },
    );
  });

  it('takes all that a datagram has room for, and refuses more', () => {
    const keys = { encryption: Buffer.alloc(16, 3), salt: Buffer.alloc(12, 5) };
    const key = keyOf(keys);
    const longest = { ...keys, index: 1, associated: Buffer.alloc(12, 1), text: Buffer.alloc(65_536 - 12, 2) };
    expect(sealWith(key, longest).equals(sealedByNode(longest))).to.equal(true);
    expect(() => key.seal(Buffer.alloc(65_537), 12, Buffer.alloc(12), 12, ssrc, 1, Buffer.alloc(65_553))).to.throw(RangeError);
  });
});
