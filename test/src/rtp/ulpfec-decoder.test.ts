import { expect } from 'chai';
import fc from 'fast-check';
import type { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { UlpfecDecoder, type RebuildAllowance, type RebuiltPacket } from '../../../src/rtp/ulpfec-decoder.js';
import { mustParseRtp, rtpDatagram } from '../room/room-rig.js';
import { protect } from '../../support/ulpfec-encoder.js';
import { fill } from '../../support/video-frames.js';

const ssrc = 0xdead_beef;
const boundless: RebuildAllowance = { take: () => true };

/** Each of another length, each third with a header extension, each fourth with a marker. */
function datagram(index: number): Buffer {
  const extensions = index % 3 === 0 ? [{ id: 3, data: Uint8Array.of(index & 0xff, 7) }] : [];
  return rtpDatagram({ ssrc, payloadType: 96, sequenceNumber: index & 0xffff, timestamp: (index * 3_000) >>> 0, marker: index % 4 === 3, extensions }, fill(40 + ((index * 37) % 900), index));
}

function factsOf(packet: RtpPacket): unknown {
  const { payloadType, marker, sequenceNumber, timestamp, payload, ssrc: source } = packet;
  return { payloadType, marker, sequenceNumber, timestamp, source, payload: Buffer.from(payload).toString('hex'), headerTail: Buffer.from(packet.headerTail()).toString('hex') };
}

describe('UlpfecDecoder', () => {
  let decoder: UlpfecDecoder;
  beforeEach(() => {
    decoder = new UlpfecDecoder(ssrc, boundless);
  });

  const receive = (index: number): readonly RebuiltPacket[] => decoder.pushMedia(mustParseRtp(datagram(index)), index, 0);

  function expectRebuilt(rebuilt: readonly RebuiltPacket[], indices: readonly number[]): void {
    expect(rebuilt.map(({ index }) => index)).to.deep.equal(indices);
    for (const { packet, index } of rebuilt) expect(factsOf(packet)).to.deep.equal(factsOf(mustParseRtp(datagram(index))));
  }

  for (const start of [0, 1, 0x7fff, 0xfffd, 0xffff, 0x1_0000]) {
    it(`rebuilds any one of four from ${start} on, in every byte`, () => {
      for (let lost = start; lost < start + 4; lost += 1) {
        decoder = new UlpfecDecoder(ssrc, boundless);
        const indices = [start, start + 1, start + 2, start + 3];
        for (const index of indices) if (index !== lost) expectRebuilt(receive(index), []);
        expectRebuilt(decoder.pushProtection(protect(indices.map(datagram)), start + 4, 0), [lost]);
      }
    });
  }

  it('has nothing to rebuild of what is all there, nor of two with one protection', () => {
    const indices = [10, 11, 12];
    for (const index of indices) receive(index);
    expectRebuilt(decoder.pushProtection(protect(indices.map(datagram)), 13, 0), []);
    receive(20);
    expectRebuilt(decoder.pushProtection(protect([20, 21, 22].map(datagram)), 23, 0), []);
    expectRebuilt(receive(22), [21]);
  });

  it('counts a packet once that comes again, and one that comes after it was rebuilt', () => {
    receive(20);
    expectRebuilt(decoder.pushProtection(protect([20, 21, 22].map(datagram)), 23, 0), []);
    expectRebuilt(receive(20), []);
    expectRebuilt(decoder.pushProtection(protect([20, 21].map(datagram)), 24, 0), [21, 22]);
    expectRebuilt(decoder.pushProtection(protect([21, 25, 26].map(datagram)), 27, 0), []);
    expectRebuilt(receive(21), []);
    expectRebuilt(receive(26), [25]);
  });

  it('takes what is rebuilt for the next, as protection in rows and columns makes possible', () => {
    for (const index of [1, 2, 4]) receive(index);
    expectRebuilt(decoder.pushProtection(protect([0, 1, 3].map(datagram)), 6, 0), []);
    expectRebuilt(decoder.pushProtection(protect([2, 4, 5].map(datagram)), 7, 0), [5]);
    expectRebuilt(decoder.pushProtection(protect([3, 4, 5].map(datagram)), 8, 0), [3, 0]);
  });

  it('rebuilds of 48 what is lost among them', () => {
    const indices = Array.from({ length: 48 }, (_unused, at) => 65_520 + at);
    for (const index of indices) if (index !== 65_550) receive(index);
    expectRebuilt(decoder.pushProtection(protect(indices.map(datagram)), 65_568, 0), [65_550]);
  });

  it('rebuilds nothing of which not all was protected', () => {
    const indices = [0, 1, 2];
    const longest = Math.max(...indices.map((index) => datagram(index).length));
    const lost = indices.find((index) => datagram(index).length === longest)!;
    for (const index of indices) if (index !== lost) receive(index);
    const protection = protect(indices.map(datagram));
    const short = Buffer.from(protection.subarray(0, protection.length - 1));
    short.writeUInt16BE(short.readUInt16BE(10) - 1, 10);
    expectRebuilt(decoder.pushProtection(short, 3, 0), []);
  });

  it('lets padded packets be: how long the padding was is gone', () => {
    receive(0);
    const padded = Buffer.concat([datagram(1), Uint8Array.of(0, 0, 3)]);
    padded[0] = padded.readUInt8(0) | 0x20;
    expectRebuilt(decoder.pushMedia(mustParseRtp(padded), 1, 0), []);
    expectRebuilt(decoder.pushProtection(protect([datagram(0), padded, datagram(2)]), 3, 0), []);
    receive(2);
    expectRebuilt(decoder.pushProtection(protect([datagram(0), padded, datagram(2)]), 3, 0), []);
  });

  it('keeps 24 protections, and of those the newest', () => {
    for (let index = 0; index < 75; index += 3) decoder.pushProtection(protect([datagram(index), datagram(index + 1)]), index + 2, 0);
    expectRebuilt(receive(0), []);
    expectRebuilt(receive(3), [4]);
  });

  it('takes no packet from far behind for a newer one', () => {
    for (let index = 200; index < 300; index += 1) if (index !== 229) receive(index);
    receive(100);
    expectRebuilt(decoder.pushProtection(protect([228, 229].map(datagram)), 300, 0), [229]);
  });

  it('lets protection be that names what comes after it, or what is long gone', () => {
    for (let index = 0; index < 300; index += 1) if (index !== 100) receive(index);
    expectRebuilt(decoder.pushProtection(protect([100, 101].map(datagram)), 300, 0), []);
    expectRebuilt(decoder.pushProtection(protect([299, 300].map(datagram)), 300, 0), []);
  });

  it('begins anew where its sender goes back, with nothing of what had the same numbers', () => {
    for (let index = 195; index < 330; index += 1) if (index !== 300 && index !== 301) receive(index);
    expectRebuilt(decoder.pushProtection(protect([300, 301].map(datagram)), 330, 0), []);
    expectRebuilt(decoder.pushProtection(protect([152, 153].map(datagram)), 154, 0), []);
    decoder.goBackTo(150);
    receive(152);
    expectRebuilt(decoder.pushProtection(protect([152, 153].map(datagram)), 154, 0), [153]);
    for (let index = 155; index < 300; index += 1) if (index !== 249) receive(index);
    expectRebuilt(decoder.pushProtection(protect([248, 249].map(datagram)), 300, 0), [249]);
    expectRebuilt(receive(300), []);
  });

  it('keeps all where its sender only seems to go back', () => {
    receive(200);
    decoder.goBackTo(73);
    expectRebuilt(decoder.pushProtection(protect([200, 201].map(datagram)), 202, 0), [201]);
  });

  describe('within an allowance', () => {
    const asked: (readonly [nowUs: number, bytes: number])[] = [];
    let isAllowed: boolean;

    beforeEach(() => {
      asked.length = 0;
      isAllowed = true;
      decoder = new UlpfecDecoder(ssrc, { take: (nowUs, bytes) => (asked.push([nowUs, bytes]), isAllowed) });
    });

    it('asks for it when it rebuilds, and then alone: for what it reads of each protected packet, at the time of the packet', () => {
      const indices = [0, 1, 2];
      const longest = Math.max(...indices.map((index) => datagram(index).length - 12));
      const protection = protect(indices.map(datagram));
      decoder.pushMedia(mustParseRtp(datagram(0)), 0, 1);
      expectRebuilt(decoder.pushProtection(protection, 3, 2), []);
      expect(asked).to.deep.equal([]);
      expectRebuilt(decoder.pushMedia(mustParseRtp(datagram(2)), 2, 3), [1]);
      decoder.pushProtection(protection, 4, 4);
      expect(asked).to.deep.equal([[3, 3 * (100 + longest)]]);
    });

    it('leaves missing what is beyond it, counts that, and tries it no more', () => {
      isAllowed = false;
      const protection = protect([0, 1].map(datagram));
      receive(0);
      expectRebuilt(decoder.pushProtection(protection, 2, 0), []);
      isAllowed = true;
      expectRebuilt(receive(0), []);
      expect([decoder.refusedCount, asked.length]).to.deep.equal([1, 1]);
      expectRebuilt(decoder.pushProtection(protection, 3, 0), [1]);
      expect(decoder.refusedCount).to.equal(1);
    });
  });

  it('never says a wrong byte, whatever comes in which order and is lost', () => {
    const plan = fc.record({
      start: fc.nat(0x1_0000),
      /** For each group of four: which are lost, and whether its protection is. */
      groups: fc.array(fc.record({ lost: fc.nat(15), isBare: fc.boolean(), isSwapped: fc.boolean() }), { minLength: 1, maxLength: 60 }),
    });
    fc.assert(
      fc.property(plan, ({ start, groups }) => {
        const fresh = new UlpfecDecoder(ssrc, boundless);
        for (const [at, { lost, isBare, isSwapped }] of groups.entries()) {
          const first = start + at * 5;
          const indices = [first, first + 1, first + 2, first + 3];
          const came = indices.filter((_unused, bit) => (lost & (1 << bit)) === 0);
          const pushes = came.map((index) => () => fresh.pushMedia(mustParseRtp(datagram(index)), index, 0));
          if (!isBare) pushes.push(() => fresh.pushProtection(protect(indices.map(datagram)), first + 4, 0));
          if (isSwapped) pushes.reverse();
          const rebuilt = pushes.flatMap((push) => push());
          for (const { packet, index } of rebuilt) expect(factsOf(packet)).to.deep.equal(factsOf(mustParseRtp(datagram(index))));
          // Backwards the first packet comes last: it is there before it comes.
          const isPossible = !isBare && (came.length === 3 || (came.length === 4 && isSwapped));
          expect(rebuilt.length, `${came.length} of 4 came`).to.equal(isPossible ? 1 : 0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
