import { expect } from 'chai';
import { ManualClock, type EncodedVideo } from '../../../mixer/index.js';
import { Downlink, VideoDownlink, type DownlinkOptions, type PacketSender } from '../../../src/room/downlink.js';
import { mustParseRtp } from './room-rig.js';

/** Marks what it seals, so that a repair can be seen to be the sealed packet. */
class Sealer implements PacketSender {
  readonly sent: Buffer[] = [];
  readonly resent: Buffer[] = [];
  isConnected = true;

  sendRtp(packet: Buffer): Buffer | undefined {
    if (!this.isConnected) return undefined;
    const sealed = Buffer.concat([packet, Buffer.from('sealed')]);
    this.sent.push(sealed);
    return sealed;
  }

  resend(datagram: Buffer): void {
    this.resent.push(datagram);
  }
}

const roundTripUs = 50_000;

describe('Downlink', () => {
  let clock: ManualClock;
  let sender: Sealer;

  beforeEach(() => {
    clock = new ManualClock(1_000_000);
    sender = new Sealer();
  });

  function options(changes: Partial<DownlinkOptions> = {}): DownlinkOptions {
    const numbers = [0xffff_8007, 5_000];
    return { kind: 'video', ssrc: 77, payloadType: 96, clockHz: 90_000, sender, clock, random: () => numbers.shift() ?? 0, ...changes };
  }

  function sequenceNumbers(datagrams: readonly Buffer[]): number[] {
    return datagrams.map((datagram) => datagram.readUInt16BE(2));
  }

  it('sends one packet a payload with its own header, the marker on the last, the time in its own ticks', () => {
    new Downlink(options()).send([Uint8Array.of(1), Uint8Array.of(2, 3)], 2_000_000);
    const packets = sender.sent.map(mustParseRtp);
    expect(packets.map(({ ssrc, payloadType, sequenceNumber, timestamp, marker }) => ({ ssrc, payloadType, sequenceNumber, timestamp, marker }))).to.deep.equal([
      // The first sequence number lies below half the range, whatever the random number was.
      { ssrc: 77, payloadType: 96, sequenceNumber: 7, timestamp: 5_000 + 180_000, marker: false },
      { ssrc: 77, payloadType: 96, sequenceNumber: 8, timestamp: 5_000 + 180_000, marker: true },
    ]);
    expect(packets.map(({ payload }) => payload[0])).to.deep.equal([1, 2]);
  });

  it('repairs with the very datagram that was sealed, once a round trip', () => {
    const downlink = new Downlink(options());
    for (let frame = 0; frame < 3; frame += 1) downlink.send([Uint8Array.of(frame)], 1_000_000 + frame * 33_000);
    downlink.resend([8], roundTripUs);
    expect(sender.resent).to.deep.equal([sender.sent[1]]);
    expect(sender.resent[0], 'not sealed again').to.equal(sender.sent[1]);
    clock.advance(roundTripUs - 1);
    downlink.resend([8], roundTripUs);
    expect(sender.resent.length, 'the first may still be on its way').to.equal(1);
    clock.advance(1);
    downlink.resend([8], roundTripUs);
    expect(sequenceNumbers(sender.resent)).to.deep.equal([8, 8]);
    expect(downlink.counters).to.include({ resentPackets: 2, repeatedRequests: 1 });
  });

  it('repairs across the wrap of the sequence numbers, and never with a newer packet in the same place', () => {
    const downlink = new Downlink(options({ random: () => 0x7fff }));
    const untilWrap = 0x8000 + 1;
    for (let packet = 0; packet <= untilWrap; packet += 1) downlink.send([Uint8Array.of(packet & 0xff)], 1_000_000 + packet);
    expect(sequenceNumbers(sender.sent.slice(-2))).to.deep.equal([0xffff, 0]);
    downlink.resend([0xffff, 0], roundTripUs);
    expect(sequenceNumbers(sender.resent)).to.deep.equal([0xffff, 0]);
    downlink.resend([0xffff - 4_096, 1], roundTripUs);
    expect(sender.resent.length, 'forgotten, and not sent yet').to.equal(2);
  });

  it('repairs in a stream of its own where the listener takes RTX (RFC 4588)', () => {
    const numbers = [7, 5_000, 300];
    const downlink = new Downlink(options({ rtx: { ssrc: 78, payloadType: 97 }, random: () => numbers.shift() ?? 0 }));
    for (let frame = 0; frame < 3; frame += 1) downlink.send([Uint8Array.of(frame, 42)], 1_000_000 + frame * 33_000);
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

  it('does not repair sound, nor what could not be sent', () => {
    const audio = new Downlink(options({ kind: 'audio', clockHz: 48_000 }));
    audio.send([Uint8Array.of(1)], 1_000_000);
    audio.resend([7], roundTripUs);
    const video = new Downlink(options());
    sender.isConnected = false;
    video.send([Uint8Array.of(1)], 1_000_000);
    video.resend([7], roundTripUs);
    expect(sender.resent).to.deep.equal([]);
  });

  it('has the numbers of a sender report once something was sent', () => {
    const downlink = new Downlink(options());
    expect(downlink.reportAt(1_000_000)).to.equal(undefined);
    downlink.send([Uint8Array.of(1, 2), Uint8Array.of(3)], 1_000_000);
    expect(downlink.reportAt(3_000_000)).to.deep.equal({ rtpTimestamp: 5_000 + 270_000, packetCount: 2, octetCount: 3 });
  });

  it('measures from the tick to the hand-over', () => {
    const downlink = new Downlink(options());
    clock.advance(12_000);
    downlink.send([Uint8Array.of(1)], 1_000_000);
    expect(downlink.sinceTick.summary()).to.deep.equal({ count: 1, meanUs: 12_000, p95Us: 12_000 });
  });
});

describe('VideoDownlink', () => {
  it('begins at a keyframe, and packetises nothing before', () => {
    const sender = new Sealer();
    const downlink = new VideoDownlink({ kind: 'video', ssrc: 1, payloadType: 96, clockHz: 90_000, sender, clock: new ManualClock(), random: () => 0 });
    const frame = (keyframe: boolean): EncodedVideo => ({ outputId: 'o', ptsUs: 0, keyframe, data: Uint8Array.of(0) });
    downlink.takeVideo(frame(false), () => expect.fail('packetised for nobody'));
    expect(downlink.skippedFrames).to.equal(1);
    downlink.takeVideo(frame(true), () => [Uint8Array.of(1)]);
    downlink.takeVideo(frame(false), () => [Uint8Array.of(2)]);
    expect(sender.sent.map(mustParseRtp).map(({ payload }) => payload[0])).to.deep.equal([1, 2]);
    expect(downlink.skippedFrames).to.equal(1);
  });
});
