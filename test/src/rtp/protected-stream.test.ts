import { expect } from 'chai';
import { ProtectedStream } from '../../../src/rtp/protected-stream.js';
import { mustParseRtp, rtpDatagram } from '../room/room-rig.js';
import { protect, putIntoRed } from '../../support/ulpfec-encoder.js';

const ssrc = 7;
const redPayloadType = 114;
const ulpfecPayloadType = 116;
const mediaType = 96;

const media = (sequenceNumber: number): Buffer =>
  rtpDatagram({ ssrc, payloadType: mediaType, sequenceNumber, timestamp: 1, marker: sequenceNumber % 2 === 1, extensions: [{ id: 4, data: Buffer.from('1') }] }, Buffer.alloc(30 + sequenceNumber, sequenceNumber));
const protection = (sequenceNumber: number, payload: Uint8Array): Buffer => putIntoRed(rtpDatagram({ ssrc, payloadType: ulpfecPayloadType, sequenceNumber, timestamp: 1 }, payload), redPayloadType);

describe('ProtectedStream', () => {
  let stream: ProtectedStream;
  let isAllowed: boolean;
  beforeEach(() => {
    isAllowed = true;
    stream = new ProtectedStream(ssrc, { redPayloadType, ulpfecPayloadType }, { take: () => isAllowed });
  });

  it('opens RED, with all that the packet says beside', () => {
    const { opened, rebuilt } = stream.receive(mustParseRtp(putIntoRed(media(5), redPayloadType)), 5, 0);
    expect(rebuilt).to.deep.equal([]);
    expect(opened).to.include({ payloadType: mediaType, sequenceNumber: 5, marker: true, timestamp: 1, ssrc });
    expect(Buffer.from(opened.payload)).to.deep.equal(Buffer.alloc(35, 5));
    expect(Buffer.from(opened.extension(4)!).toString()).to.equal('1');
    expect(opened.headerTail()).to.deep.equal(mustParseRtp(media(5)).headerTail());
  });

  it('lets packets that come without RED pass', () => {
    const packet = mustParseRtp(media(5));
    expect(stream.open(packet)).to.equal(packet);
    expect(stream.receive(packet, 5, 0).opened).to.equal(packet);
  });

  it('puts a packet without payload in the place of protection, and gives what is rebuilt by it', () => {
    stream.receive(mustParseRtp(putIntoRed(media(1), redPayloadType)), 1, 0);
    stream.receive(mustParseRtp(media(3)), 3, 0);
    const { opened, rebuilt } = stream.receive(mustParseRtp(protection(4, protect([media(1), media(2), media(3)]))), 4, 0);
    expect(opened).to.include({ sequenceNumber: 4 });
    expect(opened.payload.length).to.equal(0);
    expect(rebuilt.map(({ index }) => index)).to.deep.equal([2]);
    expect(rebuilt[0]?.packet).to.include({ payloadType: mediaType, sequenceNumber: 2, marker: false, timestamp: 1, ssrc });
    expect(Buffer.from(rebuilt[0]!.packet.payload)).to.deep.equal(Buffer.alloc(32, 2));
    expect(stream).to.include({ protectionCount: 1, rebuiltCount: 1 });
  });

  it('counts what it may not rebuild', () => {
    isAllowed = false;
    stream.receive(mustParseRtp(putIntoRed(media(1), redPayloadType)), 1, 0);
    expect(stream.receive(mustParseRtp(protection(3, protect([media(1), media(2)]))), 3, 0).rebuilt).to.deep.equal([]);
    expect(stream).to.include({ protectionCount: 1, rebuiltCount: 0, refusedCount: 1 });
  });

  it('puts one in the place of what cannot be opened', () => {
    for (const payload of [new Uint8Array(0), Uint8Array.of(0x80 | mediaType, 0, 0, 1, mediaType, 1, 1)]) {
      const packet = mustParseRtp(rtpDatagram({ ssrc, payloadType: redPayloadType, sequenceNumber: 5, timestamp: 1 }, payload));
      expect(stream.receive(packet, 5, 0).opened.payload.length).to.equal(0);
      expect(stream.open(packet).payload.length).to.equal(0);
    }
    expect(stream).to.include({ protectionCount: 0, rebuiltCount: 0 });
  });

  it('rebuilds nothing with what it could not open', () => {
    const several = rtpDatagram({ ssrc, payloadType: redPayloadType, sequenceNumber: 1, timestamp: 1 }, Uint8Array.of(0x80 | mediaType, 0, 0, 1, mediaType, 1, 1));
    stream.receive(mustParseRtp(several), 1, 0);
    stream.receive(mustParseRtp(putIntoRed(media(3), redPayloadType)), 3, 0);
    expect(stream.receive(mustParseRtp(protection(4, protect([media(1), media(2), media(3)]))), 4, 0).rebuilt).to.deep.equal([]);
  });
});
