import { createCipheriv, createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import { cmCounter } from '../../../../src/rtp/srtp/cm-sha1-key.js';
import { gcmCounter } from '../../../../src/rtp/srtp/gcm-key.js';
import { KeyStream } from '../../../../src/rtp/srtp/key-stream.js';

const encryption = createSecretKey(Buffer.alloc(16, 3));
const ssrc = 0xfeedbeef;
const otherSsrc = 0x0000_0001;

/** Of each profile: how its stream is made, and the first counter as its RFC has it, written another way. */
const owners = [
  {
    name: 'GCM',
    create: () => new KeyStream(encryption, gcmCounter(Buffer.alloc(12, 0xc7))),
    firstCounter: (source: number, index: number) => {
      const iv = Buffer.alloc(16, 0xc7);
      iv.writeUInt32BE((iv.readUInt32BE(2) ^ source) >>> 0, 2);
      iv.writeUIntBE(Number(BigInt(iv.readUIntBE(6, 6)) ^ BigInt(index)), 6, 6);
      iv.writeUInt32BE(1, 12);
      return iv;
    },
  },
  {
    name: 'AES_CM_128_HMAC_SHA1_80',
    create: () => new KeyStream(encryption, cmCounter(Buffer.alloc(14, 0xc7))),
    firstCounter: (source: number, index: number) => {
      const iv = (BigInt(`0x${'c7'.repeat(14)}`) << 16n) ^ (BigInt(source) << 64n) ^ (BigInt(index) << 16n);
      return Buffer.from(iv.toString(16).padStart(32, '0'), 'hex');
    },
  },
] as const;

for (const { name, create, firstCounter } of owners) {
  describe(`KeyStream, ${name}`, () => {
    let stream: KeyStream;
    beforeEach(() => {
      stream = create();
    });

    function take(source: number, index: number, blocks: number): Buffer {
      return Buffer.from(stream.take(source, index, blocks)).subarray(0, blocks * 16);
    }

    function expectTrue(source: number, index: number, blocks: number): void {
      const right = createCipheriv('aes-128-ctr', encryption, firstCounter(source, index)).update(Buffer.alloc(blocks * 16));
      expect(take(source, index, blocks).equals(right), `${source}, ${index}`).to.equal(true);
    }

    /** As owners do with an authentic packet. */
    function use(source: number, index: number, blocks: number): void {
      expectTrue(source, index, blocks);
      stream.expectAfter(source, index, blocks);
    }

    for (const wrap of [0x1_0000, 0x1_0000_0000, 2 ** 47]) {
      it(`is AES in counter mode for two sources in turn, over index ${wrap}, with two swapped in eight and a jump now and then`, () => {
        for (let turn = 0; turn < 200; turn += 1) {
          const index = wrap - 100 + turn + (turn % 8 === 3 ? 3 : turn % 8 === 6 ? -3 : 0) + 40 * Math.floor(turn / 50);
          use(ssrc, index, turn % 5 === 0 ? 3 : 76);
          if (turn % 3 === 0) use(otherSsrc, index, 10);
        }
      });
    }

    it('goes back a long way, and on again', () => {
      for (let index = 70_000; index < 70_020; index += 1) use(ssrc, index, 8);
      for (let index = 69_500; index < 69_510; index += 1) use(ssrc, index, 8);
      for (let index = 70_020; index < 70_040; index += 1) use(ssrc, index, 8);
    });

    it('gives no block to two packets of a run', () => {
      const blocks = new Set<string>();
      for (let index = 0xffe0; index < 0x1_0020; index += 1) {
        const taken = take(ssrc, index, 20);
        for (let at = 0; at < taken.length; at += 16) blocks.add(taken.toString('hex', at, at + 16));
        stream.expectAfter(ssrc, index, 20);
      }
      expect(blocks.size).to.equal(64 * 20);
    });

    it('is the same whether a packet was expected or not, for more sources than it works ahead for', () => {
      for (let source = 0; source < 20; source += 1) {
        for (let index = 0; index < 40; index += 1) use(source, index, 3 + (index % 4));
      }
      for (let index = 40; index < 60; index += 1) {
        for (let source = 0; source < 20; source += 1) use(source, index, 3);
      }
    });

    it('gives a packet as much as 16 bits count, and refuses more', () => {
      expectTrue(ssrc, 5, 0x1_0000);
      expect(() => stream.take(ssrc, 5, 0x1_0001)).to.throw(RangeError);
    });

    it('works ahead for packets as long as those that were authentic, and for none of the longest', () => {
      const takenBlocks = (index: number, blocks: number): number => stream.take(ssrc, index, blocks).length / 16;
      stream.expectAfter(ssrc, 0, 50);
      expect(takenBlocks(1, 4_000), 'forged').to.equal(4_000);
      expect(takenBlocks(1, 5)).to.equal(50);
      stream.expectAfter(ssrc, 1, 5);
      stream.expectAfter(ssrc, 2, 4_000);
      expect(takenBlocks(3, 5)).to.equal(95);
    });

    it('is moved by no packet that nobody vouches for', () => {
      const takenBlocks = (index: number): number => stream.take(ssrc, index, 5).length / 16;
      stream.expectAfter(ssrc, 0, 50);
      expect(takenBlocks(1), 'expected').to.equal(50);
      for (let forged = 2; forged < 100; forged += 1) expect(takenBlocks(forged), `${forged}`).to.equal(5);
      expect(takenBlocks(1), 'still there').to.equal(50);
    });

    it('keeps what it has made ahead, whatever else was taken for packets that were not authentic', () => {
      for (let index = 0; index <= 8; index += 1) use(ssrc, index, 20);
      const ahead = stream.take(ssrc, 9, 20);
      for (let forged = 0; forged < 1_000; forged += 1) {
        expectTrue(ssrc, 20 + 65 * forged, 20);
        expectTrue(forged, 9, 20);
      }
      expectTrue(ssrc, 9, 4_000);
      expect(stream.take(ssrc, 9, 20), 'the very same').to.equal(ahead);
      use(ssrc, 9, 20);
    });
  });
}
