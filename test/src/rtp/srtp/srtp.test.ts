import { createCipheriv, createSecretKey } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { RtpPacket as WeriftPacket, SrtcpSession, SrtpSession } from 'werift';
import { deriveSessionKeys, srtpProfileIds, type SessionKeys, type SrtpKeying } from '../../../../src/rtp/srtp/session-keys.js';
import { lendPacket } from '../../../../src/rtp/srtp/packet-memory.js';
import { SrtpReceiver } from '../../../../src/rtp/srtp/srtp-receiver.js';
import { SrtpSender } from '../../../../src/rtp/srtp/srtp-sender.js';
import { writeRtpHeader } from '../../../../src/rtp/rtp-packet.js';

const masterKey = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const keyings: SrtpKeying[] = [
  { profile: 'AEAD_AES_128_GCM', masterKey, masterSalt: Buffer.from('a0a1a2a3a4a5a6a7a8a9aaab', 'hex') },
  { profile: 'AES_CM_128_HMAC_SHA1_80', masterKey, masterSalt: Buffer.from('a0a1a2a3a4a5a6a7a8a9aaabacad', 'hex') },
];
const wrapStarts = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff];

function rtpPacket(sequence: number, ssrc = 0xfeedbeef, payload = Buffer.from(`payload ${sequence}`)): Buffer {
  const packet = Buffer.alloc(20 + payload.length);
  const headerBytes = writeRtpHeader(packet, 0, {
    payloadType: 96,
    marker: false,
    sequenceNumber: sequence & 0xffff,
    timestamp: 90_000,
    ssrc,
    extensions: [{ id: 1, data: Uint8Array.of(0x30) }],
  });
  packet.set(payload, headerBytes);
  return packet;
}

function rtcpPacket(ssrc = 0xfeedbeef, words = 7): Buffer {
  const packet = Buffer.alloc(4 + words * 4, 0x11);
  packet.writeUInt32BE(0x80c80000 + words);
  packet.writeUInt32BE(ssrc, 4);
  return packet;
}

/** Protects packets `from` to `to` (not included), by unwrapped index. */
function protectRange(sender: SrtpSender, from: number, to: number): Buffer[] {
  return Array.from({ length: to - from }, (_, step) => sender.protectRtp(rtpPacket(from + step)));
}

for (const keying of keyings) {
  describe(`SrtpSender and SrtpReceiver, ${keying.profile}`, () => {
    let sender: SrtpSender;
    let receiver: SrtpReceiver;
    beforeEach(() => {
      sender = new SrtpSender(keying);
      receiver = new SrtpReceiver(keying);
    });

    it('seals a lent packet as it seals a copy of it, however long header and payload are', () => {
      fc.assert(
        fc.property(fc.nat({ max: 60 }), fc.nat({ max: 1_400 }), fc.integer({ min: 1, max: 255 }), (extensionWords, payloadBytes, fill) => {
          const packet = Buffer.alloc(16 + extensionWords * 4 + payloadBytes, fill);
          packet.writeUInt32BE(0x9060_0005);
          packet.writeUInt32BE(0xbede_0000 + extensionWords, 12);
          const sealed = new SrtpSender(keying).protectRtp(packet);
          const lent = lendPacket(packet.length - payloadBytes, payloadBytes);
          packet.copy(lent);
          expect(new SrtpSender(keying).protectRtp(lent)).to.deep.equal(sealed);
        }),
      );
    });

    it('refuses a lent packet whose payload begins elsewhere than was said', () => {
      const packet = rtpPacket(6);
      const lent = lendPacket(3, packet.length - 3);
      packet.copy(lent);
      expect(() => sender.protectRtp(lent)).to.throw(RangeError, 'another header');
    });

    it('refuses a lent packet that is used up: it holds something else by then', () => {
      const lend = (sequence: number): Buffer => {
        const packet = rtpPacket(sequence);
        const lent = lendPacket(20, packet.length - 20);
        packet.copy(lent);
        return lent;
      };
      const first = lend(0);
      sender.protectRtp(first);
      rtpPacket(1).copy(first);
      expect(() => sender.protectRtp(first)).to.throw(RangeError, 'used up');
      const second = lend(2);
      sender.protectRtp(rtpPacket(3));
      rtpPacket(2).copy(second);
      expect(() => sender.protectRtp(second)).to.throw(RangeError, 'used up');
      const overtaken = lend(8);
      lendPacket(20, 500);
      expect(() => sender.protectRtp(overtaken)).to.throw(RangeError);
      const third = lend(4);
      receiver.unprotectRtp(new SrtpSender(keying).protectRtp(rtpPacket(5)));
      rtpPacket(4).copy(third);
      expect(() => sender.protectRtp(third)).to.throw(RangeError, 'used up');
    });

    it('writes each datagram to where it is told', () => {
      const places: Buffer[] = [];
      const allocate = (bytes: number): Buffer => {
        const place = Buffer.alloc(bytes, 0xee);
        places.push(place);
        return place;
      };
      const placing = new SrtpSender(keying, allocate);
      const datagrams = [1, 2].map((sequence) => placing.protectRtp(rtpPacket(sequence)));
      expect(datagrams.map((datagram, at) => datagram === places[at])).to.deep.equal([true, true]);
      expect(datagrams).to.deep.equal(protectRange(sender, 1, 3));
    });

    it('gives back every packet as it was, header untouched on the wire and payload not to be seen', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 1_400, size: 'max' }), fc.nat({ max: 0xffffffff }), (payload, ssrc) => {
          const packet = rtpPacket(5, ssrc, Buffer.from(payload));
          const before = Buffer.from(packet);
          const datagram = new SrtpSender(keying).protectRtp(packet);
          expect(packet.equals(before), 'the packet given stays').to.equal(true);
          expect(datagram.subarray(0, 20)).to.deep.equal(packet.subarray(0, 20));
          if (payload.length > 8) expect(datagram.includes(Buffer.from(payload))).to.equal(false);
          expect(new SrtpReceiver(keying).unprotectRtp(datagram)).to.deep.equal(before);
        }),
        { numRuns: 40 },
      );
    });

    it('gives back every RTCP packet, each with an index of its own', () => {
      const indices = new Set<string>();
      for (let i = 0; i < 100; i += 1) {
        const packet = rtcpPacket(i % 3, 1 + (i % 40));
        const datagram = sender.protectRtcp(packet);
        indices.add(datagram.toString('hex'));
        expect(receiver.unprotectRtcp(datagram)).to.deep.equal(packet);
      }
      expect(indices.size).to.equal(100);
      expect(receiver).to.include({ rejectedCount: 0, replayedCount: 0 });
    });

    for (const start of wrapStarts) {
      it(`follows three wraps from ${start}, with losses and reordering`, () => {
        let opened = 0;
        for (let index = start; index < start + 200_000; index += 997) {
          const [first, second] = protectRange(sender, index, index + 2);
          for (const [datagram, sequence] of [[second!, index + 1], [first!, index]] as const) {
            const packet = receiver.unprotectRtp(datagram);
            expect(packet !== undefined && rtpPacket(sequence).equals(packet), `${sequence}`).to.equal(true);
            opened += 1;
          }
        }
        expect(opened).to.equal(402);
        expect(receiver).to.include({ rejectedCount: 0, replayedCount: 0 });
      });
    }

    it('survives a burst of 3,000 lost packets wherever it lies around the wrap, and the longest one that can be told', () => {
      const bursts = [62_000, 62_536, 63_000, 64_000, 65_000, 65_400, 65_500, 65_535].map((start) => ({ burstStart: start, burst: 3_000 }));
      for (const { burstStart, burst } of [...bursts, { burstStart: 65_000, burst: 32_766 }]) {
        const lossySender = new SrtpSender(keying);
        const lossyReceiver = new SrtpReceiver(keying);
        for (const datagram of protectRange(lossySender, burstStart - 5, burstStart)) expect(lossyReceiver.unprotectRtp(datagram)).to.not.equal(undefined);
        // The sender goes on through the burst; every hundredth packet is enough to carry him over the wrap.
        for (let index = burstStart; index < burstStart + burst; index += 100) lossySender.protectRtp(rtpPacket(index));
        for (const datagram of protectRange(lossySender, burstStart + burst, burstStart + burst + 50)) expect(lossyReceiver.unprotectRtp(datagram)).to.not.equal(undefined);
        expect(lossyReceiver.rejectedCount, `${burstStart}+${burst}`).to.equal(0);
      }
    });

    it('finds a sender who wrapped before his first packet came through', () => {
      protectRange(sender, 65_500, 65_600);
      const [late] = protectRange(sender, 65_600, 65_601);
      expect(receiver.unprotectRtp(late!)).to.deep.equal(rtpPacket(65_600));
      expect(receiver.unprotectRtp(sender.protectRtp(rtpPacket(65_601)))).to.deep.equal(rtpPacket(65_601));
      expect(receiver.rejectedCount).to.equal(0);
    });

    it('opens each datagram once', () => {
      const datagrams = [...protectRange(sender, 65_530, 65_545), sender.protectRtp(rtpPacket(1, 0xaaaa))];
      const again = datagrams.map((datagram) => Buffer.from(datagram));
      for (const datagram of datagrams) expect(receiver.unprotectRtp(datagram)).to.not.equal(undefined);
      for (const datagram of again) expect(receiver.unprotectRtp(datagram)).to.equal(undefined);
      expect(receiver).to.include({ rejectedCount: 0, replayedCount: again.length });
      const control = sender.protectRtcp(rtcpPacket());
      const controlAgain = Buffer.from(control);
      expect(receiver.unprotectRtcp(control)).to.not.equal(undefined);
      expect(receiver.unprotectRtcp(controlAgain)).to.equal(undefined);
      expect(receiver.replayedCount).to.equal(again.length + 1);
    });

    it('opens a packet that comes a thousand packets late, and calls an older one a replay', () => {
      const late = protectRange(sender, 100, 102);
      for (const datagram of protectRange(sender, 102, 1_125)) receiver.unprotectRtp(datagram);
      expect(receiver.unprotectRtp(late[1]!)).to.not.equal(undefined);
      expect(receiver.unprotectRtp(late[0]!)).to.equal(undefined);
      expect(receiver).to.include({ rejectedCount: 0, replayedCount: 1 });
    });

    it('refuses a datagram with any one bit changed, leaves it as it is, and then opens the true one', () => {
      const datagram = sender.protectRtp(rtpPacket(9));
      for (let bit = 0; bit < datagram.length * 8; bit += 1) {
        const forged = Buffer.from(datagram);
        forged.writeUInt8(forged.readUInt8(bit >>> 3) ^ (1 << (bit & 7)), bit >>> 3);
        const before = Buffer.from(forged);
        expect(receiver.unprotectRtp(forged), `bit ${bit}`).to.equal(undefined);
        expect(forged.equals(before)).to.equal(true);
      }
      expect(receiver.rejectedCount).to.equal(datagram.length * 8);
      expect(receiver.unprotectRtp(datagram)).to.deep.equal(rtpPacket(9));
    });

    it('refuses an RTCP datagram with any one bit changed, and then opens the true one', () => {
      const datagram = sender.protectRtcp(rtcpPacket());
      for (let bit = 0; bit < datagram.length * 8; bit += 1) {
        const forged = Buffer.from(datagram);
        forged.writeUInt8(forged.readUInt8(bit >>> 3) ^ (1 << (bit & 7)), bit >>> 3);
        expect(receiver.unprotectRtcp(forged), `bit ${bit}`).to.equal(undefined);
      }
      expect(receiver.unprotectRtcp(datagram)).to.deep.equal(rtcpPacket());
      expect(receiver.rejectedCount).to.equal(datagram.length * 8);
    });

    it('lets forged sequence numbers move nothing: the stream goes on after a thousand of them', () => {
      for (const datagram of protectRange(sender, 1_000, 1_010)) receiver.unprotectRtp(datagram);
      const forged = Buffer.from(sender.protectRtp(rtpPacket(1_010)));
      for (let i = 0; i < 1_000; i += 1) {
        forged.writeUInt16BE((i * 65) & 0xffff, 2);
        receiver.unprotectRtp(forged);
      }
      for (const datagram of protectRange(sender, 1_011, 1_020)) expect(receiver.unprotectRtp(datagram)).to.not.equal(undefined);
    });

    it('keeps the windows of at most 128 sources, forgetting the one silent longest', () => {
      const first = sender.protectRtp(rtpPacket(1, 1));
      const second = sender.protectRtp(rtpPacket(1, 2));
      receiver.unprotectRtp(Buffer.from(first));
      receiver.unprotectRtp(Buffer.from(second));
      for (let ssrc = 3; ssrc <= 128; ssrc += 1) receiver.unprotectRtp(sender.protectRtp(rtpPacket(1, ssrc)));
      receiver.unprotectRtp(sender.protectRtp(rtpPacket(2, 1)));
      receiver.unprotectRtp(sender.protectRtp(rtpPacket(1, 129)));
      expect(receiver.unprotectRtp(Buffer.from(first)), 'used lately, so remembered').to.equal(undefined);
      expect(receiver.replayedCount).to.equal(1);
      expect(receiver.unprotectRtp(Buffer.from(second)), 'forgotten').to.not.equal(undefined);
    });

    it('never throws, whatever the bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 120, size: 'max' }), fc.boolean(), (bytes, asVersion2) => {
          const datagram = Buffer.from(bytes);
          if (asVersion2 && datagram.length > 0) datagram.writeUInt8(0x80 | (datagram.readUInt8(0) & 0x3f));
          expect(receiver.unprotectRtp(datagram)).to.equal(undefined);
          expect(receiver.unprotectRtcp(datagram)).to.equal(undefined);
        }),
        { numRuns: 1_000 },
      );
      expect(receiver.rejectedCount).to.equal(2_000);
    });

    it('will not seal one sequence number twice, nor what is no packet', () => {
      sender.protectRtp(rtpPacket(7));
      sender.protectRtp(rtpPacket(9));
      sender.protectRtp(rtpPacket(8));
      expect(() => sender.protectRtp(rtpPacket(8, 0xfeedbeef, Buffer.from('another')))).to.throw(RangeError, 'sent before');
      expect(() => sender.protectRtp(rtpPacket(7, 0xbeef))).to.not.throw();
      expect(() => sender.protectRtp(Buffer.alloc(11))).to.throw(RangeError);
      expect(() => sender.protectRtcp(Buffer.alloc(7))).to.throw(RangeError);
    });

    describe('with werift on the other side', () => {
      const keys = { localMasterKey: keying.masterKey, localMasterSalt: keying.masterSalt, remoteMasterKey: keying.masterKey, remoteMasterSalt: keying.masterSalt };
      const config = { keys, profile: srtpProfileIds[keying.profile] as 1 | 7 };

      it('opens what werift protected, over a wrap', () => {
        const werift = new SrtpSession(config);
        for (let index = 65_500; index < 65_600; index += 1) {
          const packet = rtpPacket(index);
          const parsed = WeriftPacket.deSerialize(packet);
          expect(receiver.unprotectRtp(werift.encrypt(parsed.payload, parsed.header))).to.deep.equal(packet);
        }
      });

      it('protects so that werift opens it, over a wrap', () => {
        const werift = new SrtpSession(config);
        for (let index = 65_500; index < 65_600; index += 1) {
          expect(Buffer.from(werift.decrypt(sender.protectRtp(rtpPacket(index))))).to.deep.equal(rtpPacket(index));
        }
      });

      it('speaks SRTCP with it both ways', () => {
        const werift = new SrtcpSession(config);
        for (let i = 0; i < 20; i += 1) {
          expect(receiver.unprotectRtcp(werift.encrypt(rtcpPacket(i)))).to.deep.equal(rtcpPacket(i));
          expect(Buffer.from(werift.decrypt(sender.protectRtcp(rtcpPacket(i))))).to.deep.equal(rtcpPacket(i));
        }
      });
    });
  });
}

describe('SrtpReceiver, AEAD_AES_128_GCM', () => {
  /** RFC 7714 9.3: all of the packet is associated data, nothing is encrypted, and the E flag says so. */
  function tagOnly(keys: SessionKeys, packet: Buffer, index: number): Buffer {
    const word = Buffer.alloc(4);
    word.writeUInt32BE(index);
    const iv = Buffer.from(keys.salt);
    iv.writeUInt32BE((iv.readUInt32BE(2) ^ packet.readUInt32BE(4)) >>> 0, 2);
    iv.writeUInt32BE((iv.readUInt32BE(8) ^ index) >>> 0, 8);
    const cipher = createCipheriv('aes-128-gcm', keys.encryption, iv).setAAD(Buffer.concat([packet, word]));
    cipher.final();
    return Buffer.concat([packet, cipher.getAuthTag(), word]);
  }

  it('refuses an RTCP packet that is authentic but not encrypted', () => {
    const vectorKeys = { encryption: createSecretKey(masterKey), authentication: createSecretKey(Buffer.alloc(20)), salt: Buffer.from('Quid pro quo') };
    const vectorPacket = Buffer.from('81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef', 'hex');
    // Section 17.3: proof that what is refused below is made as the RFC says.
    expect(tagOnly(vectorKeys, vectorPacket, 0x5d4).toString('hex')).to.equal(`${vectorPacket.toString('hex')}841dd9683dd78ec92ae58790125f62b3000005d4`);
    const keying = keyings[0]!;
    const receiver = new SrtpReceiver(keying);
    expect(receiver.unprotectRtcp(tagOnly(deriveSessionKeys(keying).rtcp, rtcpPacket(), 3))).to.equal(undefined);
    expect(receiver.rejectedCount).to.equal(1);
  });
});
