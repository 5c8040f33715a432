import { expect } from 'chai';
import fc from 'fast-check';
import { isRtcp, parseRtpPacket, rtpHeaderBytes, writeRtpHeader, type RtpHeader } from '../../../src/rtp/rtp-packet.js';
import { csrcsOf } from '../../support/csrcs-of.js';

const header = { payloadType: 96, marker: true, sequenceNumber: 0xfffe, timestamp: 0xfffffffd, ssrc: 0xdeadbeef };

function serialise(fields: RtpHeader, payload: Uint8Array): Buffer {
  const packet = Buffer.alloc(rtpHeaderBytes(fields.extensions, fields.csrcs?.length) + payload.length);
  const headerBytes = writeRtpHeader(packet, 0, fields);
  expect(headerBytes).to.equal(packet.length - payload.length);
  packet.set(payload, headerBytes);
  return packet;
}

function mustParse(datagram: Buffer): NonNullable<ReturnType<typeof parseRtpPacket>> {
  const packet = parseRtpPacket(datagram);
  expect(packet, 'parsed').to.not.equal(undefined);
  return packet!;
}

describe('parseRtpPacket', () => {
  it('reads every field of a plain packet, bit for bit', () => {
    const packet = mustParse(Buffer.from('80e0fffefffffffddeadbeef010203', 'hex'));
    expect(packet).to.include({ payloadType: 96, marker: true, sequenceNumber: 0xfffe, timestamp: 0xfffffffd, ssrc: 0xdeadbeef });
    expect([...packet.payload]).to.deep.equal([1, 2, 3]);
    expect(packet.extension(1)).to.equal(undefined);
  });

  it('skips CSRCs, cuts the padding, and shows the payload as a view', () => {
    const datagram = Buffer.from('a2000000000000000000000011111111222222220a0b0c000003', 'hex');
    const packet = mustParse(datagram);
    expect(packet).to.include({ payloadType: 0, marker: false, sequenceNumber: 0, timestamp: 0, ssrc: 0 });
    expect([...packet.payload]).to.deep.equal([10, 11, 12]);
    expect(packet.payload.buffer).to.equal(datagram.buffer);
  });

  it('takes a packet of nothing but padding', () => {
    const packet = mustParse(Buffer.from('a0600001000000010000000100000004', 'hex'));
    expect(packet.payload.length).to.equal(0);
  });

  it('reads one-byte extensions, padding between them, and stops at id 15', () => {
    //  id 1 len 1: 30 | pad pad | id 3 len 3: 010203 | id 15 (stop) | would-be id 2
    const packet = mustParse(Buffer.from('9060000100000001000000' + '01' + 'bede0003' + '1030' + '0000' + '32010203' + 'f0' + '20' + 'aa' + '00' + 'ff', 'hex'));
    expect(packet.extension(1)).to.deep.equal(Buffer.from([0x30]));
    expect(packet.extension(3)).to.deep.equal(Buffer.from([1, 2, 3]));
    expect(packet.extension(2)).to.equal(undefined);
    expect(packet.extension(15)).to.equal(undefined);
    expect(packet.extension(0)).to.equal(undefined);
    expect([...packet.payload]).to.deep.equal([0xff]);
  });

  it('reads two-byte extensions: long, empty and with application bits in the profile', () => {
    //  id 200 len 0 | id 15 len 2: abcd | pad
    const packet = mustParse(Buffer.from('906000010000000100000001' + '10070002' + 'c800' + '0f02abcd' + '0000', 'hex'));
    expect(packet.extension(200)).to.deep.equal(Buffer.alloc(0));
    expect(packet.extension(15)).to.deep.equal(Buffer.from([0xab, 0xcd]));
  });

  it('carries a packet whose extension block is of a foreign profile, without reading it', () => {
    const packet = mustParse(Buffer.from('906000010000000100000001' + 'abac0001' + '10aa0000' + '07', 'hex'));
    expect(packet.extension(1)).to.equal(undefined);
    expect([...packet.payload]).to.deep.equal([7]);
  });

  it('answers undefined for an element that runs over its block, and not the bytes of the payload', () => {
    const oneByte = mustParse(Buffer.from('906000010000000100000001' + 'bede0001' + '1fffffff' + 'ee'.repeat(40), 'hex'));
    expect(oneByte.extension(1)).to.equal(undefined);
    const twoByte = mustParse(Buffer.from('906000010000000100000001' + '10000001' + '00000001' + 'ee'.repeat(40), 'hex'));
    expect(twoByte.extension(1)).to.equal(undefined);
  });

  const malformed: Record<string, string> = {
    'nothing': '',
    'a header one byte short': '8060000100000001000000',
    'version 1': '4060000100000001000000010000',
    'version 3': 'c060000100000001000000010000',
    'CSRCs beyond the end': '8f6000010000000100000001aaaaaaaa',
    'an extension header beyond the end': '906000010000000100000001bede',
    'extension data beyond the end': '906000010000000100000001bede000210aa0000',
    'padding of 0': 'a06000010000000100000001aabb00',
    'padding with no byte to say how much': 'a06000010000000100000001',
    'padding longer than the payload': 'a06000010000000100000001aabb04',
    'padding that reaches into the extension': 'b06000010000000100000001bede000110aa0000' + '000004',
  };
  for (const [name, hex] of Object.entries(malformed)) {
    it(`refuses ${name}`, () => expect(parseRtpPacket(Buffer.from(hex, 'hex'))).to.equal(undefined));
  }

  it('never throws, whatever the bytes, and never shows a byte outside the datagram', () => {
    let parsed = 0;
    const flags = fc.integer({ min: 0x80, max: 0xbf });
    fc.assert(
      fc.property(flags, fc.uint8Array({ maxLength: 120, size: 'max' }), fc.integer({ min: 0, max: 255 }), (first, bytes, id) => {
        const datagram = Buffer.concat([Buffer.from([first]), bytes]);
        // Half of the runs get a real extension profile, else the extension reader would hardly ever be reached.
        const extensionAt = 12 + (first & 15) * 4;
        if (first & 1 && datagram.length > extensionAt + 4) datagram.writeUInt32BE(first & 2 ? 0xbede0003 : 0x10000003, extensionAt);
        const packet = parseRtpPacket(datagram);
        if (packet === undefined) return;
        parsed += 1;
        const found = packet.extension(id);
        for (const view of found === undefined ? [packet.payload] : [packet.payload, found]) {
          expect(view.byteOffset).to.be.at.least(datagram.byteOffset);
          expect(view.byteOffset + view.length).to.be.at.most(datagram.byteOffset + datagram.length);
        }
      }),
      { numRuns: 3000 },
    );
    expect(parsed).to.be.greaterThan(100);
  });
});

describe('writeRtpHeader', () => {
  it('writes the plain header the RFC draws', () => {
    expect(serialise(header, Uint8Array.of(1, 2, 3)).toString('hex')).to.equal('80e0fffefffffffddeadbeef010203');
  });

  it('writes small extensions in the one-byte form, padded to a word', () => {
    const extensions = [{ id: 1, data: Uint8Array.of(0x30) }, { id: 14, data: Uint8Array.of(1, 2) }];
    expect(serialise({ ...header, extensions }, new Uint8Array(0)).subarray(12).toString('hex')).to.equal('bede0002' + '1030' + 'e10102' + '000000');
  });

  for (const [name, extension] of Object.entries({ 'id 15': { id: 15, data: Uint8Array.of(1) }, 'no data': { id: 1, data: new Uint8Array(0) }, '17 bytes': { id: 1, data: new Uint8Array(17).fill(9) } })) {
    it(`goes to the two-byte form for ${name}`, () => {
      const datagram = serialise({ ...header, extensions: [{ id: 2, data: Uint8Array.of(5) }, extension] }, Uint8Array.of(7));
      expect(datagram.readUInt16BE(12)).to.equal(0x1000);
      const packet = mustParse(datagram);
      expect([...(packet.extension(extension.id) ?? [0xee])]).to.deep.equal([...extension.data]);
      expect([...(packet.extension(2) ?? [])]).to.deep.equal([5]);
      expect([...packet.payload]).to.deep.equal([7]);
    });
  }

  it('writes at an offset and touches nothing else', () => {
    const target = Buffer.alloc(40, 0xee);
    const written = writeRtpHeader(target, 5, { ...header, extensions: [{ id: 3, data: Uint8Array.of(1, 2) }] });
    expect(written).to.equal(20);
    expect(target.subarray(0, 5)).to.deep.equal(Buffer.alloc(5, 0xee));
    expect(target.subarray(25)).to.deep.equal(Buffer.alloc(15, 0xee));
  });

  it('writes CSRCs between the fixed header and the extensions, in their order, 15 at most', () => {
    const csrcs = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff];
    const datagram = serialise({ ...header, csrcs, extensions: [{ id: 2, data: Uint8Array.of(7) }] }, Uint8Array.of(9));
    expect(datagram.subarray(0, 2).toString('hex')).to.equal('95e0');
    expect(datagram.subarray(12, 32).toString('hex')).to.equal('00000000' + '00000001' + '7fffffff' + '80000000' + 'ffffffff');
    expect([...mustParse(datagram).extension(2)!, ...mustParse(datagram).payload]).to.deep.equal([7, 9]);
    const most = serialise({ ...header, csrcs: Array.from({ length: 15 }, (_unused, csrc) => csrc) }, Uint8Array.of(1));
    expect(most.readUInt8(0)).to.equal(0x8f);
    expect([...mustParse(most).payload]).to.deep.equal([1]);
    expect(() => writeRtpHeader(Buffer.alloc(100), 0, { ...header, csrcs: Array.from({ length: 16 }, () => 1) })).to.throw(RangeError);
    expect(() => writeRtpHeader(Buffer.alloc(15), 0, { ...header, csrcs: [1] })).to.throw(RangeError);
  });

  it('throws rather than write a wrong header', () => {
    const target = Buffer.alloc(100);
    expect(() => writeRtpHeader(target, 0, { ...header, payloadType: 128 })).to.throw(RangeError);
    expect(() => writeRtpHeader(target, 0, { ...header, sequenceNumber: 65_536 })).to.throw(RangeError);
    expect(() => writeRtpHeader(target, 0, { ...header, extensions: [{ id: 0, data: Uint8Array.of(1) }] })).to.throw(RangeError);
    expect(() => writeRtpHeader(target, 0, { ...header, extensions: [{ id: 1, data: new Uint8Array(256) }] })).to.throw(RangeError);
    expect(() => writeRtpHeader(target, 90, header)).to.throw(RangeError);
    expect(() => writeRtpHeader(target, 82, { ...header, extensions: [{ id: 1, data: new Uint8Array(4) }] })).to.throw(RangeError);
  });

  it('is read back as it was written', () => {
    const headers = fc.record({
      payloadType: fc.integer({ min: 0, max: 127 }),
      marker: fc.boolean(),
      sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
      timestamp: fc.integer({ min: 0, max: 0xffffffff }),
      ssrc: fc.integer({ min: 0, max: 0xffffffff }),
      csrcs: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 15 }),
      extensions: fc.uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 20 }), data: fc.uint8Array({ maxLength: 20 }) }), { selector: (one) => one.id, maxLength: 5 }),
    });
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 50 }), (fields, payload) => {
        const datagram = serialise(fields, payload);
        const packet = mustParse(datagram);
        const { extensions, csrcs, ...plain } = fields;
        expect(packet).to.include(plain);
        expect(csrcsOf(datagram)).to.deep.equal(csrcs);
        expect([...packet.payload]).to.deep.equal([...payload]);
        for (let id = 1; id <= 20; id += 1) {
          const written = extensions.find((one) => one.id === id);
          const read = packet.extension(id);
          expect(read === undefined ? undefined : [...read]).to.deep.equal(written === undefined ? undefined : [...written.data]);
        }
      }),
    );
  });
});

describe('isRtcp', () => {
  it('takes exactly the packet types 192 to 223 for RTCP', () => {
    const rtcpTypes = Array.from({ length: 256 }, (_, type) => type).filter((type) => isRtcp(Buffer.from([0x80, type, 0, 1])));
    expect(rtcpTypes).to.deep.equal(Array.from({ length: 32 }, (_, index) => 192 + index));
  });

  it('refuses what is too short for any RTCP header', () => {
    expect(isRtcp(Buffer.alloc(0))).to.equal(false);
    expect(isRtcp(Buffer.from([0x80, 200, 0]))).to.equal(false);
  });
});
