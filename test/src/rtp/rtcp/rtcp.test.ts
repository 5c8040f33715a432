import { expect } from 'chai';
import fc from 'fast-check';
import {
  buildFullIntraRequest,
  buildGoodbye,
  buildNack,
  buildPictureLossIndication,
  buildReceiverReport,
  buildRemb,
  buildSenderReport,
  buildSourceDescription,
  compound,
} from '../../../../src/rtp/rtcp/build-rtcp.js';
import { parseRtcp } from '../../../../src/rtp/rtcp/parse-rtcp.js';
import type { RtcpPacket } from '../../../../src/rtp/rtcp/rtcp-packets.js';
import { TransportFeedback } from '../../../../src/rtp/transport-feedback.js';

const uint = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
const ssrc = uint(32);
const reportBlock = fc.record({
  ssrc,
  fractionLost: uint(8),
  cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
  extendedHighest: uint(32),
  jitterTicks: uint(32),
  lastSenderReport: uint(32),
  delaySinceLastSenderReport: uint(32),
});
const reports = fc.array(reportBlock, { maxLength: 31 });
const asciiText = fc.string({ maxLength: 60 });

/** Packets as data, and as this code writes them. */
const packets: fc.Arbitrary<{ packet: RtcpPacket; bytes: Buffer }> = fc.oneof(
  fc
    .record({ senderSsrc: ssrc, ntp: fc.record({ seconds: uint(32), fraction: uint(32) }), rtpTimestamp: uint(32), packetCount: uint(32), octetCount: uint(32), reports })
    .map((fields) => ({ packet: { type: 'sender-report' as const, ...fields }, bytes: buildSenderReport(fields) })),
  fc.record({ senderSsrc: ssrc, reports }).map((fields) => ({ packet: { type: 'receiver-report' as const, ...fields }, bytes: buildReceiverReport(fields) })),
  fc.record({ ssrc, cname: asciiText }).map((chunk) => ({ packet: { type: 'source-description' as const, chunks: [chunk] }, bytes: buildSourceDescription(chunk.ssrc, chunk.cname) })),
  fc.record({ ssrcs: fc.array(ssrc, { maxLength: 31 }), reason: fc.option(asciiText, { nil: undefined }) }).map((fields) => ({ packet: { type: 'goodbye' as const, ...fields }, bytes: buildGoodbye(fields) })),
  fc.record({ senderSsrc: ssrc, mediaSsrc: ssrc }).map((fields) => ({ packet: { type: 'pli' as const, ...fields }, bytes: buildPictureLossIndication(fields) })),
  fc
    .record({ senderSsrc: ssrc, requests: fc.array(fc.record({ ssrc, requestNumber: uint(8) }), { minLength: 1, maxLength: 5 }) })
    .map((fields) => ({ packet: { type: 'fir' as const, ...fields }, bytes: buildFullIntraRequest(fields) })),
  fc
    .record({ senderSsrc: ssrc, bitrateBps: uint(18), shift: fc.nat({ max: 30 }), ssrcs: fc.array(ssrc, { maxLength: 5 }) })
    .map(({ shift, bitrateBps, ...fields }) => ({ ...fields, bitrateBps: bitrateBps * 2 ** shift }))
    .map((fields) => ({ packet: { type: 'remb' as const, ...fields }, bytes: buildRemb(fields) })),
  fc
    .record({ senderSsrc: ssrc, mediaSsrc: ssrc, first: uint(16), steps: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }) })
    .map(({ first, steps, ...fields }) => {
      let last = first;
      return { ...fields, sequenceNumbers: [first, ...steps.map((step) => (last = (last + step) & 0xffff))] };
    })
    .map((fields) => ({ packet: { type: 'nack' as const, ...fields }, bytes: buildNack(fields) })),
);

describe('RTCP', () => {
  it('reads back what it wrote, alone and in any compound', () => {
    fc.assert(
      fc.property(fc.array(packets, { minLength: 1, maxLength: 6 }), (list) => {
        for (const { bytes } of list) expect(bytes.length % 4).to.equal(0);
        expect(parseRtcp(compound(list.map(({ bytes }) => bytes)))).to.deep.equal({ packets: list.map(({ packet }) => packet), malformed: false });
      }),
      { numRuns: 300 },
    );
  });

  it('carries the bytes that the RFCs draw', () => {
    const block = { ssrc: 2, fractionLost: 0x80, cumulativeLost: -1, extendedHighest: 0x0001ffff, jitterTicks: 3, lastSenderReport: 0xaabbccdd, delaySinceLastSenderReport: 4 };
    const report = buildSenderReport({ senderSsrc: 1, ntp: { seconds: 5, fraction: 6 }, rtpTimestamp: 7, packetCount: 8, octetCount: 9, reports: [block] });
    expect(report.toString('hex')).to.equal('81c8000c' + '00000001' + '00000005' + '00000006' + '00000007' + '00000008' + '00000009' + '00000002' + '80ffffff' + '0001ffff' + '00000003' + 'aabbccdd' + '00000004');
    expect(buildReceiverReport({ senderSsrc: 1, reports: [] }).toString('hex')).to.equal('80c9000100000001');
    expect(buildSourceDescription(1, 'ab').toString('hex')).to.equal('81ca0003' + '00000001' + '01026162' + '00000000');
    expect(buildSourceDescription(1, 'abc').toString('hex')).to.equal('81ca0003' + '00000001' + '01036162' + '63000000');
    expect(buildGoodbye({ ssrcs: [1, 2], reason: 'bye' }).toString('hex')).to.equal('82cb0003' + '00000001' + '00000002' + '03627965');
    expect(buildNack({ senderSsrc: 1, mediaSsrc: 2, sequenceNumbers: [0xfffe, 0xffff, 0, 14, 15] }).toString('hex')).to.equal('81cd0004' + '00000001' + '00000002' + 'fffe8003' + '000f0000');
    expect(buildPictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 }).toString('hex')).to.equal('81ce0002' + '00000001' + '00000002');
    expect(buildFullIntraRequest({ senderSsrc: 1, requests: [{ ssrc: 2, requestNumber: 255 }] }).toString('hex')).to.equal('84ce0004' + '00000001' + '00000000' + '00000002' + 'ff000000');
    expect(buildRemb({ senderSsrc: 1, bitrateBps: 262_144 * 5 + 3, ssrcs: [2] }).toString('hex')).to.equal('8fce0005' + '00000001' + '00000000' + '52454d42' + '010e8000' + '00000002');
  });

  it('takes unwrapped indices for a NACK', () => {
    const sequenceNumbers = [65_535, 65_536, 65_537, 131_100];
    expect(parseRtcp(buildNack({ senderSsrc: 1, mediaSsrc: 2, sequenceNumbers })).packets[0]).to.deep.include({ sequenceNumbers: [65_535, 0, 1, 28] });
  });

  it('keeps a NACK within its own length when a PLI follows it', () => {
    const datagram = compound([buildNack({ senderSsrc: 1, mediaSsrc: 2, sequenceNumbers: [10] }), buildPictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 })]);
    expect(parseRtcp(datagram)).to.deep.equal({
      packets: [
        { type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequenceNumbers: [10] },
        { type: 'pli', senderSsrc: 1, mediaSsrc: 2 },
      ],
      malformed: false,
    });
  });

  it('shows transport feedback as the view of its own body', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(0, 0);
    const [bytes] = feedback.build({ senderSsrc: 1, mediaSsrc: 2 });
    const { packets: parsed } = parseRtcp(compound([bytes!, buildPictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 })]));
    expect(parsed.map(({ type }) => type)).to.deep.equal(['transport-feedback', 'pli']);
    expect(parsed[0]).to.deep.equal({ type: 'transport-feedback', senderSsrc: 1, mediaSsrc: 2, body: bytes!.subarray(12) });
  });

  it('passes over what it does not need: APP, XR, unknown feedback, foreign application-layer feedback', () => {
    const foreign = ['80cc000200000001' + '6e616d65', '80cf000100000001', '82cd000200000001' + '00000002', '8fce000300000001' + '00000000' + '41424344', '8fce000200000001' + '00000000'];
    for (const hex of foreign) {
      expect(parseRtcp(compound([Buffer.from(hex, 'hex'), buildReceiverReport({ senderSsrc: 9, reports: [] })])), hex).to.deep.equal({
        packets: [{ type: 'receiver-report', senderSsrc: 9, reports: [] }],
        malformed: false,
      });
    }
  });

  it('reads SDES with several chunks and foreign items, and profile extensions after reports', () => {
    const sdes = Buffer.from('82ca0006' + '00000001' + '0201780103' + '616263' + '00000000' + '00000002' + '01017a00', 'hex');
    expect(parseRtcp(sdes)).to.deep.equal({ packets: [{ type: 'source-description', chunks: [{ ssrc: 1, cname: 'abc' }, { ssrc: 2, cname: 'z' }] }], malformed: false });
    expect(parseRtcp(Buffer.from('80c9000200000001' + 'ffffffff', 'hex'))).to.deep.equal({ packets: [{ type: 'receiver-report', senderSsrc: 1, reports: [] }], malformed: false });
  });

  it('takes padding off', () => {
    expect(parseRtcp(Buffer.from('a1cd0004' + '00000001' + '00000002' + '00070000' + '00000004', 'hex'))).to.deep.equal({
      packets: [{ type: 'nack', senderSsrc: 1, mediaSsrc: 2, sequenceNumbers: [7] }],
      malformed: false,
    });
  });

  const malformed: Record<string, string> = {
    'nothing at all': '',
    'three bytes': '80c900',
    'a length beyond the end': '80c9000200000001',
    'version 1': '40c9000100000001',
    'a report without its block': '81c9000100000001',
    'a sender report cut short': '80c8000100000001',
    'an SDES chunk without its end': '81ca0002' + '00000001' + '01026162',
    'an SDES item beyond the end': '81ca0002' + '00000001' + '01ff6162',
    'an SDES count beyond the end': '82ca0002' + '00000001' + '00000000',
    'a BYE count beyond the end': '82cb000100000001',
    'a BYE reason beyond the end': '81cb0002' + '00000001' + 'ff616263',
    'feedback without a media SSRC': '81ce000100000001',
    'transport feedback without a body': '8fcd0003' + '00000001' + '00000002' + '00000003',
    'a FIR without a request': '84ce0002' + '00000001' + '00000000',
    'a FIR with half a request': '84ce0003' + '00000001' + '00000000' + '00000002',
    'a REMB count beyond the end': '8fce0004' + '00000001' + '00000000' + '52454d42' + '02000000',
    'a REMB without a bitrate': '8fce0003' + '00000001' + '00000000' + '52454d42',
    'padding of 0': 'a1ce0003' + '00000001' + '00000002' + '00000000',
    'padding that eats the header': 'a1ce0003' + '00000001' + '00000002' + '0000000d',
    'padding that cuts into a NACK item': 'a1cd0003' + '00000001' + '00000002' + '00000002',
  };
  for (const [name, hex] of Object.entries(malformed)) {
    it(`reports ${name}, and keeps what stood before it`, () => {
      expect(parseRtcp(Buffer.from(hex, 'hex'))).to.deep.equal({ packets: [], malformed: true });
      if (hex === '') return;
      const good = buildPictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 });
      expect(parseRtcp(compound([good, Buffer.from(hex, 'hex')]))).to.deep.equal({ packets: [{ type: 'pli', senderSsrc: 1, mediaSsrc: 2 }], malformed: true });
    });
  }

  it('never throws, whatever the bytes: random ones, and good datagrams with some bytes changed', () => {
    let parsed = 0;
    const random = fc.tuple(uint(8), fc.integer({ min: 198, max: 208 }), fc.uint8Array({ maxLength: 100, size: 'max' })).map(([first, type, bytes]) => {
      const datagram = Buffer.concat([Buffer.from([0x80 | (first & 0x3f), type, 0, 0]), bytes.subarray(0, bytes.length & ~3)]);
      datagram.writeUInt16BE(datagram.length / 4 - 1, 2);
      return datagram;
    });
    const damaged = fc.tuple(fc.array(packets, { minLength: 1, maxLength: 3 }), fc.array(fc.tuple(fc.nat(), uint(8)), { maxLength: 6 }), fc.nat({ max: 8 })).map(([list, changes, cut]) => {
      const datagram = compound(list.map(({ bytes }) => bytes));
      for (const [at, value] of changes) datagram.writeUInt8(value, at % datagram.length);
      return datagram.subarray(0, datagram.length - cut);
    });
    fc.assert(
      fc.property(fc.oneof(random, damaged), (datagram) => {
        parsed += parseRtcp(datagram).packets.length;
      }),
      { numRuns: 3_000 },
    );
    expect(parsed).to.be.greaterThan(500);
  });

  it('takes of a request for everything the first thousand packets, and nothing of a datagram that no path carries', () => {
    const everything = buildNack({ senderSsrc: 1, mediaSsrc: 2, sequenceNumbers: Array.from({ length: 5_049 }, (_, number) => number) });
    expect(everything).to.have.lengthOf(1_200);
    const [nack] = parseRtcp(everything).packets;
    if (nack?.type !== 'nack') throw new Error('no NACK');
    expect(nack.sequenceNumbers.length).to.be.within(1_000, 1_016);
    expect(nack.sequenceNumbers.every((number, at) => number === at)).to.equal(true);
    const huge = compound(Array.from({ length: 171 }, () => buildPictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 })));
    expect(huge).to.have.lengthOf(2_052);
    expect(parseRtcp(huge)).to.deep.equal({ packets: [], malformed: true });
    expect(parseRtcp(huge.subarray(12)).packets).to.have.lengthOf(170);
  });

  it('refuses to write what does not fit', () => {
    const block = { ssrc: 2, fractionLost: 0, cumulativeLost: 0, extendedHighest: 0, jitterTicks: 0, lastSenderReport: 0, delaySinceLastSenderReport: 0 };
    expect(() => buildReceiverReport({ senderSsrc: 1, reports: Array.from({ length: 32 }, () => block) })).to.throw(RangeError);
    expect(() => buildSourceDescription(1, 'x'.repeat(256))).to.throw(RangeError);
    expect(() => buildPictureLossIndication({ senderSsrc: 2 ** 32, mediaSsrc: 0 })).to.throw(RangeError);
    expect(parseRtcp(buildReceiverReport({ senderSsrc: 1, reports: [{ ...block, cumulativeLost: 1e9 }] })).packets[0]).to.deep.equal({
      type: 'receiver-report',
      senderSsrc: 1,
      reports: [{ ...block, cumulativeLost: 0x7fffff }],
    });
  });
});
