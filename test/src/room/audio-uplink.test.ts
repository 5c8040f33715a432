import { expect } from 'chai';
import type { AudioPacket } from '../../../mixer/index.js';
import { AudioUplink } from '../../../src/room/audio-uplink.js';
import { CaptureClock } from '../../../src/rtp/capture-clock.js';
import type { RtpExtension } from '../../../src/rtp/rtp-packet.js';
import { extensionIds, opusType, rtpPacket } from './room-rig.js';

const ssrc = 21;
const packetUs = 20_000;
const packetTicks = 960;

describe('AudioUplink', () => {
  let packets: AudioPacket[];
  let captureClock: CaptureClock;
  let uplink: AudioUplink;

  function open(levelExtensionId: number | undefined): AudioUplink {
    return new AudioUplink({ participantId: 'ann', ssrc, captureClock, levelExtensionId, onPacket: (packet) => packets.push(packet) });
  }

  beforeEach(() => {
    packets = [];
    captureClock = new CaptureClock();
    uplink = open(extensionIds.audioLevel);
  });

  function receive(sequenceNumber: number, timestamp: number, arrivalUs: number, payload = Uint8Array.of(0x78, 7), extensions: RtpExtension[] = []): Uint8Array {
    const packet = rtpPacket({ ssrc, payloadType: opusType, sequenceNumber, timestamp, extensions }, payload);
    uplink.receive(packet, arrivalUs);
    return packet.payload;
  }

  function level(byte: number): RtpExtension {
    return { id: extensionIds.audioLevel, data: Uint8Array.of(byte) };
  }

  it('hands on each packet with whose it is, its place, its capture time and its level', () => {
    receive(1_000, 48_000, 500_000, Uint8Array.of(0x78, 1, 2), [level(0x80 | 30)]);
    const index = packets[0]?.index;
    expect(packets).to.deep.equal([{ participantId: 'ann', index, ptsUs: 500_000, arrivalUs: 500_000, levelDbov: -30, data: Uint8Array.of(0x78, 1, 2) }]);
  });

  for (const { byte, levelDbov } of [{ byte: 0, levelDbov: 0 }, { byte: 0x80, levelDbov: 0 }, { byte: 127, levelDbov: -127 }, { byte: 0xff, levelDbov: -127 }]) {
    it(`reads the level ${byte} as ${levelDbov} dBov`, () => {
      receive(1, 0, 0, undefined, [level(byte)]);
      expect(packets[0]?.levelDbov).to.equal(levelDbov);
    });
  }

  it('has no level where none came, or none was agreed on', () => {
    receive(1, 0, 0);
    uplink = open(undefined);
    receive(2, 960, 20_000, undefined, [level(30)]);
    expect(packets.map(({ levelDbov }) => levelDbov)).to.deep.equal([undefined, undefined]);
  });

  it('counts on over the wraps of sequence numbers and timestamps, and leaves holes and order as they are', () => {
    const steps = [0, 1, 3, 2, 4];
    for (const [position, step] of steps.entries()) {
      // The third packet was overtaken by the fourth and comes with it.
      const arrivedStep = Math.max(...steps.slice(0, position + 1));
      receive((65_534 + step) & 0xffff, (0xffff_ffff - packetTicks + step * packetTicks) >>> 0, 1_000_000 + arrivedStep * packetUs);
    }
    const first = packets[0]!;
    expect(packets.map(({ index, ptsUs }) => [index - first.index, ptsUs - first.ptsUs])).to.deep.equal([[0, 0], [1, packetUs], [3, 3 * packetUs], [2, 2 * packetUs], [4, 4 * packetUs]]);
  });

  it('places a packet that was held up at its capture, not at its arrival', () => {
    for (let packet = 0; packet < 100; packet += 1) receive(packet, packet * packetTicks, packet * packetUs);
    receive(100, 100 * packetTicks, 100 * packetUs + 70_000);
    expect(packets.at(-1)).to.include({ ptsUs: 100 * packetUs, arrivalUs: 100 * packetUs + 70_000 });
  });

  it('gives away memory of its own: the datagram is not touched by what becomes of it', () => {
    const payload = receive(1, 0, 0);
    packets[0]!.data.fill(0);
    expect([...payload]).to.deep.equal([0x78, 7]);
    expect(packets[0]!.data.buffer.byteLength).to.equal(2);
  });

  it('counts padding, and hands on nothing of it', () => {
    receive(1, 0, 0, new Uint8Array(0));
    expect(packets).to.deep.equal([]);
    expect(uplink.stats()).to.deep.equal({ packets: 1, bytes: 0 });
  });

  it('echoes the last sender report, and what was lost', () => {
    expect(uplink.reportBlock(0)).to.equal(undefined);
    receive(1, 0, 0);
    receive(4, 3 * packetTicks, 60_000);
    uplink.takeSenderReport({ ntpUs: 9e15, ntpMiddle: 0xabcd_0001, rtpTimestamp: 3 * packetTicks, arrivalUs: 100_000 });
    expect(uplink.reportBlock(600_000)).to.include({ ssrc, cumulativeLost: 2, lastSenderReport: 0xabcd_0001, delaySinceLastSenderReport: 32_768 });
  });

  it('asks for nothing again: neither lost sound nor keyframes', () => {
    receive(1, 0, 0);
    receive(9, 8 * packetTicks, 160_000);
    uplink.wishKeyframe();
    expect(uplink.dueNacks()).to.deep.equal([]);
    expect(uplink.takeKeyframeWish()).to.equal(false);
  });
});
