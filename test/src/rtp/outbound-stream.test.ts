import { expect } from 'chai';
import fc from 'fast-check';
import { FrameAssembler } from '../../../src/rtp/frame-assembler.js';
import { OutboundStream, type ContributingSource } from '../../../src/rtp/outbound-stream.js';
import { parseRtpPacket } from '../../../src/rtp/rtp-packet.js';
import { SequenceUnwrapper, TimestampUnwrapper } from '../../../src/rtp/sequence.js';
import { packetiseVp8, Vp8Depacketiser } from '../../../src/rtp/vp8-payload.js';
import type { AssembledFrame } from '../../../src/rtp/assembled-frame.js';
import type { OutboundStreamOptions } from '../../../src/rtp/outbound-stream.js';
import type { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { csrcsOf } from '../../support/csrcs-of.js';
import { fill, vp8Frame } from '../../support/video-frames.js';

const ssrc = 0xfedc_ba98;
const starts = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff];
const offsets = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

function stream(options: Partial<OutboundStreamOptions> = {}): OutboundStream {
  return new OutboundStream({ ssrc, payloadType: 96, clockHz: 90_000, firstSequenceNumber: 0, timestampOffset: 0, ...options });
}

/** Copies of one frame's packets. */
function framePackets(outbound: OutboundStream, pieces: readonly Uint8Array[], ptsUs: number): Buffer[] {
  return pieces.map((piece, index) => Buffer.from(outbound.next(piece, ptsUs, index === pieces.length - 1)));
}

function parse(packet: Buffer | undefined): RtpPacket {
  const parsed = packet === undefined ? undefined : parseRtpPacket(packet);
  if (parsed === undefined) throw new Error('no RTP packet');
  return parsed;
}

const payloads = (count: number, bytes = 100): Uint8Array[] => Array.from({ length: count }, (_unused, at) => fill(bytes, at));

describe('OutboundStream', () => {
  for (const [at, start] of starts.entries()) {
    it(`numbers packets over the wrap from ${start}, with timestamps from ${offsets[at]}`, () => {
      const outbound = stream({ firstSequenceNumber: start, timestampOffset: offsets[at]! });
      let count = 0;
      for (let frame = 0; frame < 20; frame++) {
        expect(outbound.nextSequenceNumber).to.equal((start + count) & 0xffff);
        const packets = framePackets(outbound, payloads(3), frame * 33_333).map(parse);
        for (const [place, packet] of packets.entries()) {
          expect(packet).to.include({ ssrc, payloadType: 96, sequenceNumber: (start + count) & 0xffff, marker: place === 2 });
          expect(packet.timestamp).to.equal((offsets[at]! + Math.round(frame * 2999.97)) % 2 ** 32);
          expect([...packet.payload]).to.deep.equal([...fill(100, place)]);
          count++;
        }
      }
      expect(outbound.counters).to.include({ packetCount: 60, octetCount: 6000 });
    });
  }

  describe('contributing sources', () => {
    const sources = (count: number): ContributingSource[] => Array.from({ length: count }, (_unused, at) => ({ csrc: 0xffff_fff8 + at, levelDbov: -at })).map(({ csrc, levelDbov }) => ({ csrc: csrc % 2 ** 32, levelDbov }));

    it('stand in the header in their order, with their levels where the listener takes them', () => {
      const outbound = stream({ extensions: [{ id: 3, data: Uint8Array.of(1, 2) }], csrcLevelId: 5 });
      const packet = outbound.next(fill(50, 1), 0, true, sources(2));
      expect(csrcsOf(packet)).to.deep.equal([0xffff_fff8, 0xffff_fff9]);
      expect([...parse(packet).extension(5)!]).to.deep.equal([0, 1]);
      expect([...parse(packet).extension(3)!], 'beside what is in every packet').to.deep.equal([1, 2]);
      expect([...parse(packet).payload]).to.deep.equal([...fill(50, 1)]);
    });

    it('are the first 15 of more, and over the wrap of their numbers', () => {
      const packet = stream({ csrcLevelId: 5 }).next(fill(50, 1), 0, true, sources(20));
      expect(csrcsOf(packet)).to.deep.equal(sources(15).map(({ csrc }) => csrc));
      expect(csrcsOf(packet)[8], '0 is a number').to.equal(0);
      expect(parse(packet).extension(5)!.length).to.equal(15);
      expect(packet.readUInt16BE(12 + 15 * 4), 'in the one-byte form').to.equal(0xbede);
      expect([...parse(packet).payload]).to.deep.equal([...fill(50, 1)]);
    });

    it('stand there alone for who takes no levels, and not at all when nobody is heard', () => {
      const outbound = stream();
      const packet = outbound.next(fill(50, 1), 0, true, sources(1));
      expect([csrcsOf(packet), packet.length]).to.deep.equal([[0xffff_fff8], 12 + 4 + 50]);
      expect(csrcsOf(outbound.next(fill(50, 1), 20_000, true, []))).to.deep.equal([]);
      const quiet = stream({ csrcLevelId: 5 }).next(fill(50, 1), 0, true);
      expect([csrcsOf(quiet), quiet.length]).to.deep.equal([[], 12 + 50]);
    });
  });

  it('writes its header extensions', () => {
    const outbound = stream({ extensions: [{ id: 4, data: Buffer.from('0a') }] });
    for (const packet of framePackets(outbound, payloads(2), 0)) {
      expect(Buffer.from(parse(packet).extension(4)!).toString()).to.equal('0a');
      expect(packet.length).to.equal(12 + 4 + 4 + 100);
    }
  });

  it('leaves the payload and its other packets as they are, whatever becomes of one', () => {
    const outbound = stream();
    const [first, second] = payloads(2) as [Uint8Array, Uint8Array];
    outbound.next(first, 0, false).fill(0xff);
    expect([...first]).to.deep.equal([...fill(100, 0)]);
    const next = parse(outbound.next(second, 0, true));
    expect([...next.payload]).to.deep.equal([...fill(100, 1)]);
    expect(next).to.include({ ssrc, payloadType: 96, sequenceNumber: 1, marker: true });
    expect([...parse(outbound.resend(0, 0, 0)).payload]).to.deep.equal([...fill(100, 0)]);
  });

  it('makes nothing of nothing', () => {
    const outbound = stream();
    expect(framePackets(outbound, [], 5)).to.deep.equal([]);
    expect(outbound.lastPtsUs).to.equal(undefined);
    expect(outbound.counters.packetCount).to.equal(0);
    framePackets(outbound, payloads(1), 0);
    expect(outbound.lastPtsUs).to.equal(0);
  });

  it('gives a sender report its pair, to the tick, even after a year', () => {
    const video = stream({ timestampOffset: 7 });
    const audio = stream({ clockHz: 48_000, timestampOffset: 0xffff_fff0 });
    expect(video.rtpTimestampAt(0)).to.equal(7);
    expect(video.rtpTimestampAt(1_000_000)).to.equal(90_007);
    expect(video.rtpTimestampAt(-1_000_000)).to.equal(2 ** 32 + 7 - 90_000);
    expect(audio.rtpTimestampAt(1_000)).to.equal(32);
    const yearUs = 365 * 86_400 * 1_000_000;
    for (const offUs of [0, 11, 333_333, 999_999]) {
      const exact = (BigInt(yearUs + offUs) * 90_000n * 2n + 1_000_000n) / 2_000_000n + 7n;
      expect(BigInt(video.rtpTimestampAt(yearUs + offUs)), `${offUs}`).to.equal(exact % 2n ** 32n);
    }
  });

  describe('resend', () => {
    for (const start of starts) {
      it(`gives the same packet again, from ${start}`, () => {
        const outbound = stream({ firstSequenceNumber: start });
        const sent = [0, 1, 2].flatMap((frame) => framePackets(outbound, payloads(2), frame * 33_333));
        for (const packet of sent) expect(outbound.resend(parse(packet).sequenceNumber, 100, 0)).to.deep.equal(packet);
        expect(outbound.counters).to.include({ resentPackets: 6, resentBytes: 6 * 112, packetCount: 12, octetCount: 1200 });
        expect(outbound.resend((start + 6) & 0xffff, 100, 0), 'not sent yet').to.equal(undefined);
        expect(outbound.resend((start - 1) & 0xffff, 100, 0), 'never sent').to.equal(undefined);
        expect(outbound.counters.unknownRequests).to.equal(2);
      });

      it(`wraps it for RTX, numbered from ${start}`, () => {
        const outbound = stream({ rtx: { ssrc: 5, payloadType: 97, firstSequenceNumber: start }, firstSequenceNumber: 0xffff, extensions: [{ id: 1, data: Buffer.from('v') }] });
        const sent = framePackets(outbound, payloads(3), 1_000_000).map(parse);
        for (const [at, original] of sent.entries()) {
          const packet = parse(outbound.resend(original.sequenceNumber, 0, 0));
          expect(packet).to.include({ ssrc: 5, payloadType: 97, sequenceNumber: (start + at) & 0xffff, timestamp: original.timestamp, marker: original.marker });
          expect(Buffer.from(packet.extension(1)!).toString()).to.equal('v');
          expect([...packet.payload]).to.deep.equal([original.sequenceNumber >> 8, original.sequenceNumber & 0xff, ...original.payload]);
        }
        expect(outbound.counters).to.include({ packetCount: 3, octetCount: 300, resentPackets: 3 });
      });
    }

    it('sends a packet once a round trip, of which it forgives a quarter', () => {
      const outbound = stream();
      framePackets(outbound, payloads(2), 0);
      expect(outbound.resend(0, 10_000, 50_000)).to.not.equal(undefined);
      expect(outbound.resend(0, 47_499, 50_000)).to.equal(undefined);
      expect(outbound.resend(1, 47_499, 50_000), 'another packet').to.not.equal(undefined);
      expect(outbound.resend(0, 47_500, 50_000)).to.not.equal(undefined);
      expect(outbound.resend(0, 47_501, 50_000)).to.equal(undefined);
      expect(outbound.counters).to.include({ resentPackets: 3, repeatedRequests: 2 });
    });

    it('repeats what was sent again, without a new round trip, from what the budget has beyond its half', () => {
      const outbound = stream({ resendBytesPerSecond: 1_000 });
      framePackets(outbound, payloads(8), 0);
      expect(outbound.repeat(0, 0), 'nobody asked for it').to.equal(undefined);
      const answered: string[] = [];
      for (let at = 0; at < 8; at += 1) {
        if (outbound.resend(at, 0, 50_000) !== undefined) answered.push(`${at}`);
        if (outbound.repeat(at, 0) !== undefined) answered.push(`${at} again`);
      }
      expect(answered, 'eight of 112 bytes fit, copies only into the first half').to.deep.equal(['0', '0 again', '1', '1 again', '2', '3', '4', '5']);
      expect(outbound.counters).to.include({ resentPackets: 8, refusedRequests: 2 });
      framePackets(outbound, payloads(1), 0);
      expect(parse(outbound.resend(8, 560_000, 0)).sequenceNumber).to.equal(8);
      expect(outbound.repeat(8, 560_000), 'no refusal either').to.equal(undefined);
      expect(outbound.counters).to.include({ refusedRequests: 2 });
    });

    it('copies unasked what it remembers, in the stream of repairs only, and answers requests for it all the same', () => {
      expect(stream().copy(0), 'nothing was sent').to.equal(undefined);
      const plain = stream();
      framePackets(plain, payloads(1), 0);
      expect(plain.copy(0), 'it could not be told from the first').to.equal(undefined);
      const outbound = stream({ rtx: { ssrc: 5, payloadType: 97, firstSequenceNumber: 9 }, resendBytesPerSecond: 150 });
      const [sent] = framePackets(outbound, payloads(1), 0).map(parse);
      const copy = parse(outbound.copy(0));
      expect([copy.ssrc, copy.sequenceNumber, ...copy.payload]).to.deep.equal([5, 9, 0, 0, ...sent!.payload]);
      expect(parse(outbound.resend(0, 1_000, 300_000)).sequenceNumber).to.equal(10);
      expect(outbound.counters).to.include({ copiedPackets: 1, resentPackets: 1, packetCount: 1 });
      outbound.forgetSent();
      expect(outbound.copy(0)).to.equal(undefined);
    });

    it('does not mistake a new packet for one that had its place', () => {
      const outbound = stream();
      for (let at = 0; at < 300; at++) {
        framePackets(outbound, payloads(1), at * 100_000);
        expect(outbound.resend(at, 0, 1e9), `${at}`).to.not.equal(undefined);
      }
    });

    it('spends no more than its budget, which comes back with time', () => {
      const outbound = stream({ resendBytesPerSecond: 1120 });
      framePackets(outbound, payloads(40), 0);
      const ask = (nowUs: number): number => Array.from({ length: 40 }, (_unused, at) => outbound.resend(at, nowUs, 0)).filter((packet) => packet !== undefined).length;
      expect(ask(0)).to.equal(10);
      expect(ask(20_000)).to.equal(0);
      expect(ask(500_000)).to.equal(5);
      expect(ask(60_000_000), 'one second of it at most').to.equal(10);
      expect(outbound.counters).to.include({ resentPackets: 25, refusedRequests: 40 * 4 - 25, resentBytes: 25 * 112 });
    });

    it('forgets after the history', () => {
      const outbound = stream({ historyUs: 1_000_000 });
      framePackets(outbound, payloads(1), 0);
      framePackets(outbound, payloads(1), 1_000_000);
      expect(outbound.resend(0, 0, 0)).to.not.equal(undefined);
      framePackets(outbound, payloads(1), 1_000_001);
      expect(outbound.resend(0, 0, 0)).to.equal(undefined);
      expect(() => stream({ historyUs: 999_999 })).to.throw(RangeError);
    });

    it('takes any request without throwing', () => {
      const outbound = stream({ firstSequenceNumber: 0xfff0 });
      framePackets(outbound, payloads(32), 0);
      fc.assert(fc.property(fc.nat(0xffff), fc.nat(1e9), fc.nat(1e6), (sequenceNumber, nowUs, roundTripUs) => {
        const packet = outbound.resend(sequenceNumber, nowUs, roundTripUs);
        if (packet !== undefined) expect(parse(packet).sequenceNumber).to.equal(sequenceNumber);
      }));
    });
  });

  it('shares one encode among listeners, and each of them assembles it, with its losses sent again', () => {
    const frames = Array.from({ length: 30 }, (_unused, at) => vp8Frame(at === 0 ? 9000 : 2500, { keyframe: at === 0, seed: at }));
    const encoded = frames.map((frame, at) => packetiseVp8(frame, { maxPayloadBytes: 1100, pictureId: at }));
    for (const [listener, start] of starts.entries()) {
      const outbound = stream({ ssrc: listener, firstSequenceNumber: start, timestampOffset: offsets[listener]! });
      const received: AssembledFrame[] = [];
      const assembler = new FrameAssembler({ depacketisers: new Map([[96, new Vp8Depacketiser()]]), onFrame: (frame) => received.push(frame) });
      const sequence = new SequenceUnwrapper();
      const clock = new TimestampUnwrapper();
      const receive = (packet: Buffer, arrivalUs: number): void => {
        const { sequenceNumber, timestamp, marker, payloadType, payload } = parse(packet);
        assembler.push({ index: sequence.unwrap(sequenceNumber), timestamp: clock.unwrap(timestamp), marker, payloadType, payload, arrivalUs });
      };
      const lost: number[] = [];
      for (const [at, pieces] of encoded.entries()) {
        const nowUs = at * 33_333;
        for (const packet of framePackets(outbound, pieces, nowUs)) {
          const { sequenceNumber } = parse(packet);
          if (sequenceNumber % 7 === 3) lost.push(sequenceNumber);
          else receive(packet, nowUs);
        }
        while (lost.length > 2) receive(outbound.resend(lost.shift()!, nowUs, 0)!, nowUs);
        assembler.giveUp(nowUs);
      }
      for (const sequenceNumber of lost) receive(outbound.resend(sequenceNumber, 1_000_000, 0)!, 1_000_000);
      expect(received.map(({ data }) => Buffer.from(data).toString('base64'))).to.deep.equal(frames.map((frame) => Buffer.from(frame).toString('base64')));
      expect(received.every(({ gapBefore }) => !gapBefore)).to.equal(true);
    }
  });
});
