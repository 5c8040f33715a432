import { expect } from 'chai';
import { opusSilencePacket } from '../../../mixer/audio/opus-packet.js';
import type { RoomTime } from '../../../mixer/index.js';
import { AudioDownlink } from '../../../src/room/downlink.js';
import { Pacer } from '../../../src/room/pacer.js';
import type { PacketSender } from '../../../src/room/path-control.js';
import { VideoDownlink, type VideoDownlinkOptions } from '../../../src/room/video-downlink.js';
import { ManualTime } from '../../support/manual-time.js';
import { mustParseRtp } from './room-rig.js';

/** Marks what it seals, so that a repair can be seen to be the sealed packet; what it answers is lent until the next one. */
class Sealer implements PacketSender {
  readonly sent: Buffer[] = [];
  readonly resent: Buffer[] = [];
  isConnected = true;
  #lent = Buffer.alloc(0);

  sendRtp(packet: Buffer): Buffer | undefined {
    if (!this.isConnected) return undefined;
    const sealed = Buffer.concat([packet, Buffer.from('sealed')]);
    this.sent.push(sealed);
    this.#lent.fill(0);
    this.#lent = Buffer.from(sealed);
    return this.#lent;
  }

  resend(datagram: Buffer): void {
    this.resent.push(datagram);
  }
}

const roundTripUs = 50_000;

describe('downlinks', () => {
  let clock: RoomTime;
  let sender: Sealer;
  let timers: ManualTime;
  let pacer: Pacer;

  beforeEach(() => {
    timers = new ManualTime();
    clock = { nowUs: () => 1_000_000 + 1000 * timers.nowMs() };
    sender = new Sealer();
    pacer = new Pacer({ clock, timers, onTurn: () => undefined });
  });

  function advance(byUs: number): void {
    timers.advance(byUs / 1000);
  }

  function options(changes: Partial<VideoDownlinkOptions> = {}): VideoDownlinkOptions {
    const numbers = [0xffff_8007, 5_000];
    return { ssrc: 77, payloadType: 96, clockHz: 90_000, lane: { sender, extensions: [] }, pacer, clock, random: () => numbers.shift() ?? 0, ...changes };
  }

  function sequenceNumbers(datagrams: readonly Buffer[]): number[] {
    return datagrams.map((datagram) => datagram.readUInt16BE(2));
  }

  it('sends one packet a payload with its own header, the marker on the last, the time in its own ticks', () => {
    new VideoDownlink(options()).sendFrame([Uint8Array.of(1), Uint8Array.of(2, 3)], 2_000_000, false);
    const packets = sender.sent.map(mustParseRtp);
    expect(packets.map(({ ssrc, payloadType, sequenceNumber, timestamp, marker }) => ({ ssrc, payloadType, sequenceNumber, timestamp, marker }))).to.deep.equal([
      // The first sequence number lies below half the range, whatever the random number was.
      { ssrc: 77, payloadType: 96, sequenceNumber: 7, timestamp: 5_000 + 180_000, marker: false },
      { ssrc: 77, payloadType: 96, sequenceNumber: 8, timestamp: 5_000 + 180_000, marker: true },
    ]);
    expect(packets.map(({ payload }) => payload[0])).to.deep.equal([1, 2]);
  });

  it('repairs with the very datagram that was sealed, once a round trip', () => {
    const downlink = new VideoDownlink(options());
    for (let frame = 0; frame < 3; frame += 1) downlink.sendFrame([Uint8Array.of(frame)], 1_000_000 + frame * 33_000, false);
    downlink.resend([8], roundTripUs);
    expect(sender.resent, 'as it was sealed').to.deep.equal([sender.sent[1]]);
    expect(sender.sent.length, 'not sealed again').to.equal(3);
    advance(0.75 * roundTripUs - 1);
    downlink.resend([8], roundTripUs);
    expect(sender.resent.length, 'the first may still be on its way').to.equal(1);
    advance(1);
    downlink.resend([8], roundTripUs);
    expect(sequenceNumbers(sender.resent)).to.deep.equal([8, 8]);
    expect(downlink.counters).to.include({ resentPackets: 2, repeatedRequests: 1 });
  });

  it('repairs across the wrap of the sequence numbers, and never with a newer packet in the same place', () => {
    const downlink = new VideoDownlink(options({ random: () => 0x7fff }));
    const untilWrap = 0x8000 + 1;
    for (let packet = 0; packet <= untilWrap; packet += 1) downlink.sendFrame([Uint8Array.of(packet & 0xff)], 1_000_000 + packet, false);
    expect(sequenceNumbers(sender.sent.slice(-2))).to.deep.equal([0xffff, 0]);
    downlink.resend([0xffff, 0], roundTripUs);
    expect(sequenceNumbers(sender.resent)).to.deep.equal([0xffff, 0]);
    downlink.resend([0xffff - 4_096, 1], roundTripUs);
    expect(sender.resent.length, 'forgotten, and not sent yet').to.equal(2);
  });

  it('repairs in a stream of its own where the listener takes RTX (RFC 4588)', () => {
    const numbers = [7, 5_000, 300];
    const downlink = new VideoDownlink(options({ rtx: { ssrc: 78, payloadType: 97 }, random: () => numbers.shift() ?? 0 }));
    for (let frame = 0; frame < 3; frame += 1) downlink.sendFrame([Uint8Array.of(frame, 42)], 1_000_000 + frame * 33_000, false);
    downlink.resend([8, 8, 9], roundTripUs);
    expect(sender.resent).to.deep.equal([]);
    const originals = sender.sent.slice(0, 3).map(mustParseRtp);
    const repairs = sender.sent.slice(3).map(mustParseRtp);
    expect(repairs.map(({ ssrc, payloadType, sequenceNumber, timestamp, marker }) => ({ ssrc, payloadType, sequenceNumber, timestamp, marker }))).to.deep.equal(
      [1, 2].map((frame) => ({ ssrc: 78, payloadType: 97, sequenceNumber: 299 + frame, timestamp: originals[frame]?.timestamp, marker: true })),
    );
    expect(repairs.map(({ payload }) => [...payload.subarray(0, 4)])).to.deep.equal([[0, 8, 1, 42], [0, 9, 2, 42]]);
    expect(downlink.counters).to.include({ packetCount: 3, resentPackets: 2, repeatedRequests: 1 });
  });

  it('repairs twice where the path loses much, the second time 8 ms later', () => {
    const numbers = [7, 5_000, 300];
    pacer = new Pacer({ clock, timers, onTurn: () => downlink.drain() });
    const downlink = new VideoDownlink(options({ pacer, rtx: { ssrc: 78, payloadType: 97 }, random: () => numbers.shift() ?? 0 }));
    for (let frame = 0; frame < 3; frame += 1) downlink.sendFrame([Uint8Array.of(frame)], 1_000_000 + frame * 33_000, false);
    /** Number in the stream of repairs, and of what is repaired. */
    const repairs = (): number[][] => sender.sent.map(mustParseRtp).filter(({ ssrc }) => ssrc === 78).map(({ sequenceNumber, payload }) => [sequenceNumber, payload[1] ?? 0]);
    downlink.resend([7], roundTripUs);
    advance(20_000);
    expect(repairs()).to.deep.equal([[300, 7]]);
    downlink.setLossy(true);
    downlink.resend([8, 9], roundTripUs);
    advance(7_000);
    expect(repairs().slice(1)).to.deep.equal([[301, 8], [302, 9]]);
    advance(3_000);
    expect(repairs().slice(3)).to.deep.equal([[303, 8], [304, 9]]);
    downlink.resend([7], roundTripUs);
    downlink.sendFrame([Uint8Array.of(3)], 1_100_000, true);
    advance(20_000);
    expect(repairs().slice(5), 'what is before a keyframe is not worth it').to.deep.equal([]);
    expect(timers.pending).to.equal(0);
  });

  it('sends each packet twice where that is worth it, the second time 20 ms later, whatever is asked for', () => {
    const numbers = [7, 5_000, 300];
    pacer = new Pacer({ clock, timers, onTurn: () => downlink.drain() });
    const downlink = new VideoDownlink(options({ pacer, rtx: { ssrc: 78, payloadType: 97 }, random: () => numbers.shift() ?? 0 }));
    const again = (): number[] => sender.sent.map(mustParseRtp).filter(({ ssrc }) => ssrc === 78).map(({ payload }) => payload[1] ?? 0);
    downlink.setTwofold(true);
    downlink.sendFrame([Uint8Array.of(1), Uint8Array.of(2)], 1_000_000, false);
    advance(15_000);
    expect(again()).to.deep.equal([]);
    advance(10_000);
    expect(again()).to.deep.equal([7, 8]);
    downlink.resend([8], roundTripUs);
    expect(again(), 'the copy may have been lost, too').to.deep.equal([7, 8, 8]);
    downlink.sendFrame([Uint8Array.of(3)], 1_033_000, false);
    downlink.setTwofold(false);
    downlink.sendFrame([Uint8Array.of(4)], 1_066_000, false);
    advance(30_000);
    expect(again().slice(3)).to.deep.equal([9]);
    downlink.setTwofold(true);
    downlink.sendFrame([Uint8Array.of(5)], 1_100_000, false);
    downlink.sendFrame([Uint8Array.of(6)], 1_133_000, true);
    advance(30_000);
    expect(again().slice(4), 'what is before a keyframe is not worth it').to.deep.equal([12]);
    expect(downlink.counters).to.include({ copiedPackets: 4, resentPackets: 1, packetCount: 6 });
    expect(timers.pending).to.equal(0);
  });

  it('sends what was asked for and what is new before what goes twice unasked', () => {
    const numbers = [7, 5_000, 300];
    pacer = new Pacer({ clock, timers, onTurn: () => downlink.drain() });
    // 40 packets of 1,000 bytes take 320 ms.
    pacer.setBitrate(1_000_000);
    const paced: PacketSender = { sendRtp: (packet) => { pacer.charge(packet.length); return sender.sendRtp(packet); }, resend: () => undefined };
    const downlink = new VideoDownlink(options({ lane: { sender: paced, extensions: [] }, pacer, rtx: { ssrc: 78, payloadType: 97 }, random: () => numbers.shift() ?? 0 }));
    const ssrcs = (): number[] => sender.sent.map(mustParseRtp).map(({ ssrc }) => ssrc);
    downlink.setTwofold(true);
    downlink.sendFrame(Array.from({ length: 40 }, () => new Uint8Array(1_000)), 1_000_000, true);
    for (let atMs = 0; atMs < 700; atMs += 5) advance(5_000);
    expect(ssrcs().slice(0, 40).every((ssrc) => ssrc === 77)).to.equal(true);
    expect(ssrcs().slice(40)).to.deep.equal(Array.from({ length: 40 }, () => 78));
  });

  it('does not repair what could not be sent', () => {
    const video = new VideoDownlink(options());
    sender.isConnected = false;
    video.sendFrame([Uint8Array.of(1)], 1_000_000, false);
    video.resend([7], roundTripUs);
    expect(sender.resent).to.deep.equal([]);
  });

  it('has the numbers of a sender report once something was sent', () => {
    const downlink = new VideoDownlink(options());
    expect(downlink.reportAt(1_000_000)).to.equal(undefined);
    downlink.sendFrame([Uint8Array.of(1, 2), Uint8Array.of(3)], 1_000_000, false);
    expect(downlink.reportAt(3_000_000)).to.deep.equal({ rtpTimestamp: 5_000 + 270_000, packetCount: 2, octetCount: 3 });
  });

  it('measures from the tick to the hand-over', () => {
    const downlink = new VideoDownlink(options());
    advance(12_000);
    downlink.sendFrame([Uint8Array.of(1)], 1_000_000, false);
    expect(downlink.sinceTick.summary()).to.deep.equal({ count: 1, meanUs: 12_000, p95Us: 12_000 });
  });

  it('sends sound at once, one packet a payload', () => {
    pacer.setBitrate(1);
    const audio = new AudioDownlink({ ssrc: 5, payloadType: 111, clockHz: 48_000, lane: { sender, extensions: [] }, clock, random: () => 0 });
    for (let tick = 0; tick < 50; tick += 1) audio.send(Uint8Array.of(tick), tick * 20_000);
    expect(sender.sent.map(mustParseRtp).map(({ payload }) => payload[0])).to.deep.equal(Array.from({ length: 50 }, (_unused, tick) => tick));
  });

  describe('paced', () => {
    let paced: VideoDownlink;

    beforeEach(() => {
      pacer = new Pacer({ clock, timers, onTurn: () => paced.drain() });
      paced = new VideoDownlink(options({ lane: { sender: { sendRtp: (packet) => { pacer.charge(packet.length); return sender.sendRtp(packet); }, resend: (datagram) => sender.resend(datagram) }, extensions: [] } }));
      pacer.setBitrate(800_000);
      advance(1_000_000);
    });

    const large = (count: number): Uint8Array[] => Array.from({ length: count }, (_unused, place) => new Uint8Array(988).fill(place));

    it('lets a frame of usual size pass at once, and spreads a large one over the time that its rate takes', () => {
      paced.sendFrame(large(2), 2_000_000, false);
      expect([sender.sent.length, paced.queuedBytes]).to.deep.equal([2, 0]);
      advance(1_000_000);
      paced.sendFrame(large(20), 3_000_000, true);
      expect(sender.sent.length, 'the burst').to.equal(2 + 3);
      const startUs = clock.nowUs();
      while (paced.queuedBytes > 0) advance(1_000);
      // 17 packets of 1,000 bytes at 100 bytes a millisecond, of which half a packet was to spare.
      expect((clock.nowUs() - startUs) / 1000).to.be.within(160, 176);
      expect(sequenceNumbers(sender.sent)).to.deep.equal(Array.from({ length: 22 }, (_unused, place) => 7 + place));
      expect(timers.pending).to.equal(0);
    });

    it('drops what waits before it has a number, and repairs nothing of before a keyframe', () => {
      paced.sendFrame(large(10), 2_000_000, true);
      const sentBefore = sender.sent.length;
      paced.drop();
      expect([paced.queuedBytes, paced.droppedPackets]).to.deep.equal([0, 10 - sentBefore]);
      advance(1_000_000);
      paced.sendFrame(large(1), 3_000_000, true);
      expect(sequenceNumbers(sender.sent.slice(sentBefore))).to.deep.equal([7 + sentBefore]);
      paced.resend([7, 7 + sentBefore], roundTripUs);
      expect(sequenceNumbers(sender.resent)).to.deep.equal([7 + sentBefore]);
    });

    it('repairs first, and no more at once than a keyframe has', () => {
      paced.sendFrame(large(2), 2_000_000, true);
      paced.sendFrame(large(20), 2_033_000, false);
      const sentBefore = sender.sent.length;
      paced.resend([8, ...Array.from({ length: 1_000 }, () => 7)], roundTripUs);
      advance(5_000);
      while (sender.resent.length === 0) advance(5_000);
      expect(sender.sent.length - sentBefore, 'before the repair').to.be.at.most(1);
    });
  });

  it('leaves packets of sound out in true silence: the numbers go on, the time does too, and the first of the sound that follows is marked, and none before', () => {
    const audio = new AudioDownlink(options({ payloadType: 111, clockHz: 48_000 }));
    for (let tick = 0; tick < 50; tick += 1) audio.send(opusSilencePacket(1), tick * 20_000);
    for (let tick = 50; tick < 53; tick += 1) audio.send(Uint8Array.of(0x78, 1, 2, 3), tick * 20_000);
    const packets = sender.sent.map(mustParseRtp);
    expect(audio.leftOut).to.equal(50 - 4);
    const [first] = packets;
    expect(packets.map(({ timestamp }) => (timestamp - first!.timestamp) / 960)).to.deep.equal([0, 1, 21, 41, 50, 51, 52]);
    expect(packets.map(({ sequenceNumber }) => sequenceNumber - first!.sequenceNumber)).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    expect(packets.map(({ marker }) => marker)).to.deep.equal([false, false, false, false, true, false, false]);
  });
});
