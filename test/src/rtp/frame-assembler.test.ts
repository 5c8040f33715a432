import { expect } from 'chai';
import fc from 'fast-check';
import { FrameAssembler } from '../../../src/rtp/frame-assembler.js';
import { H264Depacketiser } from '../../../src/rtp/h264-depacketiser.js';
import { packetiseH264 } from '../../../src/rtp/h264-payload.js';
import { splitAnnexB } from '../../../src/rtp/nal-unit.js';
import { SequenceUnwrapper, TimestampUnwrapper } from '../../../src/rtp/sequence.js';
import { packetiseVp8, Vp8Depacketiser } from '../../../src/rtp/vp8-payload.js';
import type { AssembledFrame, InboundVideoPacket } from '../../../src/rtp/assembled-frame.js';
import type { FrameAssemblerOptions } from '../../../src/rtp/frame-assembler.js';
import type { VideoDepacketiser } from '../../../src/rtp/video-depacketiser.js';
import { encodeH264, encodeVp8 } from '../../support/encoded-media.js';
import { annexB, baselineSps, framePackets, h264Delta, h264Keyframe, nal, pictureParameters, vp8Frame } from '../../support/video-frames.js';

const vp8Type = 96;
const h264Type = 102;
/** 30 pictures a second. */
const frameTicks = 3000;
const frameUs = 33_333;

interface Bench {
  readonly assembler: FrameAssembler;
  readonly frames: AssembledFrame[];
  readonly gaps: number[];
}

function bench(options: Partial<FrameAssemblerOptions> = {}): Bench {
  const frames: AssembledFrame[] = [];
  const gaps: number[] = [];
  const depacketisers = new Map<number, VideoDepacketiser>([[vp8Type, new Vp8Depacketiser()], [h264Type, new H264Depacketiser()]]);
  const assembler = new FrameAssembler({ depacketisers, onFrame: (frame) => frames.push(frame), onGap: () => gaps.push(frames.length), ...options });
  return { assembler, frames, gaps };
}

/** Numbers that fast-check can make smaller, over and over again. */
const rolls = fc.array(fc.nat(99), { minLength: 97, maxLength: 97 });
function diceOf(numbers: readonly number[]): () => number {
  let at = 0;
  return () => numbers[at++ % numbers.length] ?? 0;
}

/** A stream by its pattern, K for a keyframe and d for another; `count` packets each, 30 a second. */
function vp8Stream(pattern: string, { count = 3, firstIndex = 1000, firstTimestamp = 90_000 } = {}): { readonly data: Uint8Array; readonly packets: InboundVideoPacket[] }[] {
  let index = firstIndex;
  return Array.from(pattern, (kind, at) => {
    const data = vp8Frame(count * 100, { keyframe: kind === 'K', seed: at });
    const payloads = packetiseVp8(data, { maxPayloadBytes: 104, pictureId: at });
    const packets = framePackets(payloads, { firstIndex: index, timestamp: firstTimestamp + at * frameTicks, arrivalUs: at * frameUs });
    index += packets.length;
    return { data, packets };
  });
}

const all = (stream: readonly { readonly packets: InboundVideoPacket[] }[]): InboundVideoPacket[] => stream.flatMap(({ packets }) => packets);
/** As text, so that a failed comparison can be read. */
const bytes = (frames: readonly { readonly data: Uint8Array }[]): string[] => frames.map(({ data }) => Buffer.from(data).toString('base64'));
const nals = (stream: Uint8Array): string[] => splitAnnexB(stream).map((unit) => Buffer.from(unit).toString('base64'));
const kinds = (frames: readonly AssembledFrame[]): string => frames.map((frame) => (frame.gapBefore ? '|' : '') + (frame.keyframe ? 'K' : 'd')).join('');

describe('FrameAssembler', () => {
  it('gives each frame when its last packet comes, with all that is known of it', () => {
    const { assembler, frames, gaps } = bench();
    const [first, second] = vp8Stream('Kd');
    for (const [at, packet] of first!.packets.entries()) {
      expect(frames).to.have.length(0);
      assembler.push({ ...packet, arrivalUs: 100 + at });
    }
    expect(frames).to.deep.equal([{
      data: Buffer.from(first!.data), codec: 'vp8', payloadType: vp8Type, timestamp: 90_000, arrivalUs: 102, keyframe: true, gapBefore: false, rotationDegrees: 0, widthPx: 640, heightPx: 360,
    }]);
    for (const packet of second!.packets) assembler.push(packet);
    expect(frames[1]).to.not.have.property('widthPx');
    expect(kinds(frames)).to.equal('Kd');
    expect(gaps).to.deep.equal([]);
    expect(assembler.heldBytes).to.equal(0);
    expect(assembler.counters).to.include({ frames: 2, keyframes: 1, droppedFrames: 0, lostPackets: 0 });
  });

  describe('where protection was lost', () => {
    /** Behind each frame two places for protection; picture numbers begin at 126, so that they wrap. */
    function protectedStream(pattern: string, count = 3): InboundVideoPacket[][] {
      let index = 1_000;
      return Array.from(pattern, (kind, at) => {
        const payloads = packetiseVp8(vp8Frame(count * 100, { keyframe: kind === 'K', seed: at }), { maxPayloadBytes: 104, pictureId: 126 + at });
        const packets = framePackets(payloads, { firstIndex: index, timestamp: 90_000 + at * frameTicks, arrivalUs: at * frameUs });
        index += packets.length + 2;
        return packets;
      });
    }

    it('waits for nothing between a frame that ended and the next by number, and says so', () => {
      const empties: [number, number][] = [];
      const { assembler, frames, gaps } = bench({ onEmpty: (first, end) => empties.push([first, end]) });
      for (const packet of protectedStream('Kdd').flat()) assembler.push(packet);
      expect(kinds(frames)).to.equal('Kdd');
      expect(gaps).to.deep.equal([]);
      expect(empties).to.deep.equal([[1_003, 1_005], [1_008, 1_010]]);
      expect(assembler.counters).to.include({ lostPackets: 0 });
    });

    it('nor where half of it came', () => {
      const { assembler, frames } = bench();
      for (const packets of protectedStream('Kdd')) {
        for (const packet of packets) assembler.push(packet);
        const last = packets.at(-1)!;
        assembler.push({ ...last, index: last.index + 2, payload: new Uint8Array(0) });
      }
      expect(kinds(frames)).to.equal('Kdd');
    });

    it('waits where the end of the frame was lost with it, and goes on when that comes', () => {
      const { assembler, frames } = bench();
      const [first, second, third] = protectedStream('Kdd');
      const late = second!.pop()!;
      for (const packet of [...first!, ...second!, ...third!]) assembler.push(packet);
      expect(kinds(frames)).to.equal('K');
      assembler.push(late);
      expect(kinds(frames)).to.equal('Kdd');
    });

    it('waits where a whole frame was lost', () => {
      const { assembler, frames } = bench();
      const [first, , third] = protectedStream('Kdd');
      for (const packet of [...first!, ...third!]) assembler.push(packet);
      expect(kinds(frames)).to.equal('K');
      assembler.giveUp(10 * frameUs);
      expect(kinds(frames)).to.equal('K|d');
    });

    it('waits where 128 frames of one packet were lost, though the numbers fit', () => {
      const { assembler, frames } = bench();
      const stream = protectedStream('K'.padEnd(130, 'd'), 1);
      for (const packet of [...stream[0]!, ...stream[129]!]) assembler.push(packet);
      expect(kinds(frames)).to.equal('K');
    });

    it('waits where two pictures had the same number', () => {
      const { assembler, frames } = bench();
      for (const at of [0, 1, 2, 4]) {
        const payloads = packetiseVp8(vp8Frame(50, { keyframe: at === 0, seed: at }), { maxPayloadBytes: 104, pictureId: at >> 1 });
        for (const packet of framePackets(payloads, { firstIndex: at, timestamp: at * frameTicks })) assembler.push(packet);
      }
      expect(kinds(frames)).to.equal('Kdd');
    });

    it('waits where nobody counts the pictures', () => {
      const { assembler, frames } = bench();
      for (const at of [0, 1]) {
        const payloads = packetiseVp8(vp8Frame(300, { keyframe: at === 0, seed: at }), { maxPayloadBytes: 104 });
        for (const packet of framePackets(payloads, { firstIndex: at * 10, timestamp: at * frameTicks })) assembler.push(packet);
      }
      expect(kinds(frames)).to.equal('K');
    });
  });

  it('gives data alone in its buffer, of both codecs', () => {
    const { assembler, frames } = bench();
    for (const packet of all(vp8Stream('K'))) assembler.push(packet);
    const payloads = packetiseH264(h264Keyframe(3000), { maxPayloadBytes: 1000, mode: 1 });
    for (const packet of framePackets(payloads, { firstIndex: 1003, timestamp: 93_000, payloadType: h264Type })) assembler.push(packet);
    expect(frames.map(({ codec }) => codec)).to.deep.equal(['vp8', 'h264']);
    for (const { data } of frames) {
      expect(data.buffer.byteLength).to.equal(data.length);
      structuredClone(data, { transfer: [data.buffer] });
      expect(data.length).to.equal(0);
    }
  });

  describe('order', () => {
    const starts = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff];
    const timestamps = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];
    for (const [at, start] of starts.entries()) {
      it(`puts shuffled, doubled and late packets right from sequence number ${start} and timestamp ${timestamps[at]}`, () => {
        fc.assert(
          fc.property(fc.string({ unit: fc.constantFrom('K', 'd'), minLength: 4, maxLength: 30 }), fc.integer({ min: 1, max: 6 }), rolls, (pattern, count, numbers) => {
            const roll = diceOf(numbers);
            const stream = vp8Stream(`Kd${pattern}`, { count, firstIndex: start, firstTimestamp: timestamps[at]! });
            // Each packet is delayed by up to 12 places, one in ten by 40 (as a retransmission), one in ten comes twice.
            const sent = all(stream).flatMap((packet, place) => {
              if (place === 0) return [{ packet, due: 0 }];
              const die = roll();
              const due = place + (roll() % 13) + (die < 10 ? 40 : 0);
              return die >= 90 ? [{ packet, due }, { packet, due: due + 3 }] : [{ packet, due }];
            });
            const sequence = new SequenceUnwrapper();
            const clock = new TimestampUnwrapper();
            // A keyframe behind a hole is not waited for, so only streams without a second one come out whole.
            const { assembler, frames } = bench({ waitUs: 10_000_000 });
            const isSingleKeyframe = !pattern.includes('K');
            for (const { packet } of sent.sort((a, b) => a.due - b.due)) {
              assembler.push({ ...packet, index: sequence.unwrap(packet.index & 0xffff), timestamp: clock.unwrap(packet.timestamp >>> 0) });
            }
            const expected = new Map(stream.map(({ data }, place) => [timestamps[at]! + place * frameTicks, [...data]]));
            let last = -1;
            for (const frame of frames) {
              expect([...frame.data]).to.deep.equal(expected.get(frame.timestamp));
              expect(frame.timestamp).to.be.greaterThan(last);
              last = frame.timestamp;
            }
            expect(last, 'nothing is left behind').to.equal(timestamps[at]! + (stream.length - 1) * frameTicks);
            expect(assembler.heldBytes).to.equal(0);
            if (isSingleKeyframe) expect(bytes(frames)).to.deep.equal(bytes(stream));
          }),
          { numRuns: 25 },
        );
      });
    }

    it('puts real VP8 and H.264 together again after shuffling', async () => {
      const format = { widthPx: 320, heightPx: 180, fps: 30, frames: 20 };
      const vp8 = bench();
      const h264 = bench();
      const shuffle = (list: InboundVideoPacket[]): InboundVideoPacket[] => list.map((packet, at) => ({ packet, due: at + ((at * 7) % 5) })).sort((a, b) => a.due - b.due).map(({ packet }) => packet);
      const pictures = await encodeVp8(format);
      let firstIndex = 65_530;
      const vp8Packets = pictures.flatMap(({ data }, at) => {
        const packets = framePackets(packetiseVp8(data, { maxPayloadBytes: 300, pictureId: 32_760 + at }), { firstIndex, timestamp: at * frameTicks });
        firstIndex += packets.length;
        return packets;
      });
      for (const packet of shuffle(vp8Packets)) vp8.assembler.push(packet);
      expect(bytes(vp8.frames)).to.deep.equal(bytes(pictures));
      expect(vp8.frames[0]).to.include({ keyframe: true, widthPx: 320, heightPx: 180 });

      const units = await encodeH264(format);
      firstIndex = 0;
      const h264Packets = units.flatMap(({ data }, at) => {
        const packets = framePackets(packetiseH264(data, { maxPayloadBytes: 300, mode: 1 }), { firstIndex, timestamp: at * frameTicks, payloadType: h264Type });
        firstIndex += packets.length;
        return packets;
      });
      for (const packet of shuffle(h264Packets)) h264.assembler.push(packet);
      expect(h264.frames.map(({ data }) => nals(data))).to.deep.equal(units.map(({ data }) => nals(data)));
      expect(h264.frames[0]).to.include({ keyframe: true, widthPx: 320, heightPx: 180 });
    });

    it('takes the first packets of a stream in any order', () => {
      for (const order of [[2, 1, 0], [1, 2, 0], [1, 0, 2], [2, 0, 1], [0, 2, 1]]) {
        const { assembler, frames, gaps } = bench();
        const [first] = vp8Stream('K');
        for (const at of order) assembler.push(first!.packets[at]!);
        expect(bytes(frames), order.join()).to.deep.equal(bytes([first!]));
        expect(gaps).to.deep.equal([]);
        expect(frames[0]!.gapBefore).to.equal(false);
      }
    });

    it('takes parameter sets that come after the picture, at the start', () => {
      const { assembler, frames } = bench();
      const payloads = packetiseH264(h264Keyframe(3000), { maxPayloadBytes: 1200, mode: 1 });
      const packets = framePackets(payloads, { firstIndex: 5, timestamp: 7, payloadType: h264Type });
      for (const packet of [...packets.slice(1), packets[0]!]) assembler.push(packet);
      expect(frames.map(({ keyframe, gapBefore }) => ({ keyframe, gapBefore }))).to.deep.equal([{ keyframe: true, gapBefore: false }]);
    });
  });

  describe('a gap', () => {
    it('holds frames back until the packet comes again', () => {
      const { assembler, frames, gaps } = bench();
      const stream = vp8Stream('Kddd');
      const packets = all(stream);
      const [lost] = packets.splice(4, 1);
      for (const packet of packets) assembler.push(packet);
      expect(kinds(frames)).to.equal('K');
      assembler.giveUp(3 * frameUs);
      assembler.push({ ...lost!, arrivalUs: 777_000 });
      expect(bytes(frames)).to.deep.equal(bytes(stream));
      expect(kinds(frames)).to.equal('Kddd');
      expect(frames[1]!.arrivalUs).to.equal(777_000);
      expect(gaps).to.deep.equal([]);
    });

    for (const [place, name] of [[3, 'the first'], [4, 'a middle'], [5, 'the last']] as const) {
      it(`is seen when ${name} packet of a frame is lost, and given up after 200 ms of media`, () => {
        const { assembler, frames, gaps } = bench();
        const stream = vp8Stream('Kddddddddd');
        const packets = all(stream);
        packets.splice(place, 1);
        for (const packet of packets.slice(0, 19)) assembler.push(packet);
        // Six frames behind the gap: 167 ms of media from the first to the last.
        assembler.giveUp(200_000);
        expect(kinds(frames)).to.equal('K');
        for (const packet of packets.slice(19)) assembler.push(packet);
        assembler.giveUp(200_001);
        expect(kinds(frames)).to.equal('K|ddddddd'.replace('ddddddd', 'dddddddd'));
        expect(bytes(frames)).to.deep.equal(bytes(stream.filter((_unused, at) => at !== 1)));
        expect(gaps).to.deep.equal([1]);
        expect(assembler.counters).to.include({ droppedFrames: 1, lostPackets: 1, latePackets: 0 });
        expect(assembler.heldBytes).to.equal(0);
      });
    }

    it('is given up by arrival time when the sender falls silent', () => {
      const { assembler, frames } = bench();
      const [first, , third] = vp8Stream('Kdd');
      for (const packet of first!.packets) assembler.push(packet);
      for (const packet of third!.packets) assembler.push({ ...packet, arrivalUs: 50_000 });
      assembler.giveUp(249_999);
      expect(kinds(frames)).to.equal('K');
      assembler.giveUp(250_000);
      expect(kinds(frames)).to.equal('K|d');
      expect(assembler.counters).to.include({ lostPackets: 3, droppedFrames: 0 });
    });

    it('is not prolonged by a retransmission that fills a part of it', () => {
      const { assembler, frames } = bench();
      const [first, second, third] = vp8Stream('Kdd');
      for (const packet of [...first!.packets, second!.packets[0]!, ...third!.packets]) assembler.push({ ...packet, arrivalUs: 0 });
      assembler.push({ ...second!.packets[2]!, arrivalUs: 190_000 });
      assembler.giveUp(200_000);
      expect(kinds(frames)).to.equal('K|d');
      assembler.push({ ...second!.packets[1]!, arrivalUs: 200_001 });
      expect(assembler.counters).to.include({ latePackets: 1, frames: 2 });
    });

    it('is jumped over at once when a whole keyframe stands behind it', () => {
      const stream = vp8Stream('KdddKdd');
      for (const lost of [[4], [4, 7], [5, 6], [3, 4, 5, 6, 7, 8, 9, 10, 11]]) {
        const { assembler, frames, gaps } = bench();
        const packets = all(stream).filter((_unused, at) => !lost.includes(at));
        const keyframeEnd = packets.findIndex(({ index }) => index === 1014);
        for (const packet of packets.slice(0, keyframeEnd)) assembler.push(packet);
        expect(kinds(frames), lost.join()).to.equal('K');
        assembler.push(packets[keyframeEnd]!);
        expect(kinds(frames)).to.equal('K|K');
        for (const packet of packets.slice(keyframeEnd + 1)) assembler.push(packet);
        expect(kinds(frames)).to.equal('K|Kdd');
        expect(bytes(frames)).to.deep.equal(bytes([0, 4, 5, 6].map((at) => stream[at]!)));
        expect(gaps).to.deep.equal([1]);
      }
    });

    it('is jumped over when the keyframe becomes whole in another order, or by the packet after it', () => {
      const stream = vp8Stream('KddKd');
      const [, , , key, after] = stream.map(({ packets }) => packets);
      const before = all(stream).slice(0, 9).filter(({ index }) => index !== 1004);
      for (const order of [[0, 2, 1], [2, 1, 0], [1, 2, 0], [1, 0, 2], [2, 0, 1]]) {
        const { assembler, frames } = bench();
        const [first, second, third] = order.map((at) => key![at]!);
        for (const packet of [...before, first!, second!]) assembler.push(packet);
        expect(kinds(frames), order.join()).to.equal('K');
        assembler.push(third!);
        expect(kinds(frames), order.join()).to.equal('K|K');

        const patient = bench();
        for (const packet of [...before, first!, second!, ...all(stream).filter(({ index }) => index === 1004), third!]) patient.assembler.push(packet);
        expect(kinds(patient.frames), 'the lost packet came before the keyframe was whole').to.equal('KddK');
      }
      const { assembler, frames } = bench();
      for (const packet of before) assembler.push(packet);
      for (const packet of key!) assembler.push({ ...packet, marker: false });
      expect(kinds(frames)).to.equal('K');
      assembler.push({ ...after![0]!, marker: false });
      expect(kinds(frames)).to.equal('K|K');
    });

    it('is not jumped over for a keyframe whose beginning or end may be missing', () => {
      const stream = vp8Stream('KddKdd');
      for (const lost of [9, 10, 11]) {
        const { assembler, frames } = bench();
        for (const [at, packet] of all(stream).entries()) if (at !== 4 && at !== lost) assembler.push(packet);
        expect(kinds(frames), `${lost}`).to.equal('K');
        assembler.giveUp(10_000_000);
        expect(bytes(frames)).to.deep.equal(bytes([0, 2, 4, 5].map((at) => stream[at]!)));
        expect(kinds(frames)).to.equal('K|d|dd');
      }
    });

    it('does not take an H.264 keyframe for whole whose parameter sets are missing', () => {
      const { assembler, frames } = bench();
      let firstIndex = 0;
      const sent = [h264Keyframe(500), h264Delta(500, 1), h264Keyframe(3000, 2, 1280, 720), h264Delta(500, 3)].map((data, at) => {
        const packets = framePackets(packetiseH264(data, { maxPayloadBytes: 1200, mode: 1 }), { firstIndex, timestamp: at * frameTicks, payloadType: h264Type });
        firstIndex += packets.length;
        return packets;
      });
      const [first, , third, fourth] = sent;
      // The lost frame and the next keyframe's STAP-A are one hole.
      for (const packet of [...first!, ...third!.slice(1), ...fourth!]) assembler.push(packet);
      expect(kinds(frames)).to.equal('K');
      assembler.push(third![0]!);
      expect(kinds(frames)).to.equal('K|Kd');
      expect(frames[1]).to.include({ widthPx: 1280, heightPx: 720 });
    });

    it('never lets a frame out that lacks a packet, whatever is lost, late or cut off by the memory limit', () => {
      const plan = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 900 })), { minLength: 3, maxLength: 40 });
      const circumstances = fc.record({ codec: fc.constantFrom('vp8', 'h264'), hasMarkers: fc.boolean(), isShuffled: fc.boolean(), isPatient: fc.boolean(), lossPercent: fc.constantFrom(2, 8, 25) });
      fc.assert(
        fc.property(plan, circumstances, rolls, (frames, { codec, hasMarkers, isShuffled, isPatient, lossPercent }, numbers) => {
          const roll = diceOf(numbers);
          const given: AssembledFrame[] = [];
          // Patient: so many packets are held that the memory limit ends the wait.
          const { assembler } = bench({ maxPackets: 64, waitUs: isPatient ? 1e9 : 200_000, onFrame: (frame) => given.push(frame) });
          const isVp8 = codec === 'vp8';
          let firstIndex = 0;
          const sent = frames.map(([keyframe, length], at) => {
            const data = isVp8 ? vp8Frame(length, { keyframe, seed: at }) : keyframe ? h264Keyframe(length, at) : h264Delta(length, at);
            const payloads = isVp8 ? packetiseVp8(data, { maxPayloadBytes: 100, pictureId: at }) : packetiseH264(data, { maxPayloadBytes: 100, mode: 1 });
            const packets = framePackets(payloads, { firstIndex, timestamp: at * frameTicks, payloadType: isVp8 ? vp8Type : h264Type, arrivalUs: at * frameUs });
            firstIndex += packets.length;
            return { data, packets: packets.map((packet) => ({ packet: { ...packet, marker: hasMarkers && packet.marker }, isLost: roll() < lossPercent })) };
          });
          const arriving = sent.flatMap(({ packets }) => packets.filter(({ isLost }) => !isLost).map(({ packet }) => packet));
          const due = arriving.map((packet, at) => ({ packet, due: at + (isShuffled ? roll() % 6 : 0) })).sort((a, b) => a.due - b.due);
          for (const { packet } of due) {
            assembler.push(packet);
            assembler.giveUp(packet.arrivalUs);
          }
          assembler.giveUp(1e12);
          const whole = new Map(sent.map(({ data, packets }, at) => [at * frameTicks, packets.every(({ isLost }) => !isLost) ? data : undefined]));
          let last: number | undefined;
          for (const frame of given) {
            const data = whole.get(frame.timestamp);
            if (data === undefined) throw new Error(`frame ${frame.timestamp} came out with a packet missing`);
            expect([...frame.data]).to.deep.equal([...data]);
            if (last === undefined) expect(frame.keyframe || frame.gapBefore, 'a beginning without keyframe').to.equal(true);
            else expect(frame.timestamp, 'order').to.be.greaterThan(last);
            if (last !== undefined && !frame.gapBefore) expect(frame.timestamp, 'unannounced gap').to.equal(last + frameTicks);
            last = frame.timestamp;
          }
          expect(assembler.heldBytes).to.be.at.most(64 * 100);
        }),
        { numRuns: 200 },
      );
    });

    it('does not take the packet behind a hole for a beginning because its timestamp is another', () => {
      const { assembler, frames } = bench();
      let firstIndex = 0;
      const sent = [h264Keyframe(500), h264Delta(3000, 1), h264Keyframe(3000, 2), h264Delta(500, 3)].map((data, at) => {
        const packets = framePackets(packetiseH264(data, { maxPayloadBytes: 1200, mode: 1 }), { firstIndex, timestamp: at * frameTicks, payloadType: h264Type });
        firstIndex += packets.length;
        return packets;
      });
      const [first, second, third, fourth] = sent;
      for (const packet of [...first!, ...second!.slice(1), ...third!.slice(1), ...fourth!]) assembler.push(packet);
      assembler.giveUp(1e9);
      expect(frames.map(({ timestamp, gapBefore }) => [timestamp, gapBefore])).to.deep.equal([[0, false], [3 * frameTicks, true]]);
    });

    it('leaves a stream that was met in mid-frame closed to pieces of that frame', () => {
      const { assembler, frames } = bench();
      const slices = Array.from({ length: 4 }, (_unused, at) => nal(5, 20, at, at === 0));
      const payloads = [Uint8Array.of(...packetiseH264(annexB([baselineSps(640, 360), pictureParameters()]), { maxPayloadBytes: 100, mode: 1 })[0]!), ...slices];
      const packets = framePackets(payloads, { firstIndex: 10, timestamp: 0, payloadType: h264Type });
      for (const at of [3, 2, 4]) assembler.push(packets[at]!);
      expect(frames).to.deep.equal([]);
      for (const at of [1, 0]) assembler.push(packets[at]!);
      expect(frames.map(({ data }) => splitAnnexB(data).length)).to.deep.equal([6]);
    });
  });

  describe('frame bounds', () => {
    it('do without markers, one frame late', () => {
      const { assembler, frames, gaps } = bench();
      const stream = vp8Stream('Kddd');
      for (const packet of all(stream)) assembler.push({ ...packet, marker: false });
      expect(bytes(frames)).to.deep.equal(bytes(stream.slice(0, 3)));
      expect(gaps).to.deep.equal([]);
    });

    it('are found again when the marker lies', () => {
      const { assembler, frames, gaps } = bench();
      const stream = Array.from({ length: 4 }, (_unused, at) => [nal(1, 50, at), nal(1, 60, at + 10, false)]);
      const payloads = [[baselineSps(640, 360), pictureParameters(), nal(5, 40)], ...stream];
      let index = 0;
      for (const [at, units] of payloads.entries()) {
        for (const payload of units) assembler.push({ index: index++, timestamp: at * frameTicks, marker: true, payloadType: h264Type, payload, arrivalUs: 0 });
      }
      // Parameter sets marked as a frame are none; the first picture in two pieces is found out, and from then on markers are not used.
      expect(frames.map(({ timestamp, gapBefore }) => [timestamp, gapBefore])).to.deep.equal([[0, false], [3000, false], [6000, true], [9000, false]]);
      expect(splitAnnexB(frames[0]!.data)).to.have.length(3);
      expect(frames.slice(2).map(({ data }) => splitAnnexB(data).length)).to.deep.equal([2, 2]);
      expect(assembler.counters.damagedFrames).to.equal(1);
      expect(gaps).to.deep.equal([2]);
    });

    it('are where VP8 says so, even at the same timestamp', () => {
      const { assembler, frames } = bench();
      const stream = vp8Stream('Kdd');
      for (const packet of all(stream)) assembler.push({ ...packet, timestamp: 5 });
      expect(bytes(frames)).to.deep.equal(bytes(stream));
    });

    it('pass over padding, wherever it stands', () => {
      const { assembler, frames, gaps } = bench();
      const stream = vp8Stream('Kdd');
      const padding = { marker: false, payloadType: vp8Type, payload: new Uint8Array(0), arrivalUs: 0 };
      let index = 0;
      for (const { packets } of stream) {
        for (const packet of packets) {
          assembler.push({ ...packet, index: index++ });
          assembler.push({ ...padding, index: index++, timestamp: packet.timestamp });
        }
        assembler.push({ ...padding, index: index++, timestamp: 0, marker: true });
      }
      expect(bytes(frames)).to.deep.equal(bytes(stream));
      expect(kinds(frames)).to.equal('Kdd');
      expect(gaps).to.deep.equal([]);
      expect(assembler.heldBytes).to.equal(0);
    });

    it('pass over padding inside a keyframe behind a gap', () => {
      const { assembler, frames } = bench();
      const stream = vp8Stream('Kd');
      for (const packet of stream[0]!.packets) assembler.push(packet);
      const [key] = vp8Stream('K', { firstTimestamp: 200_000 });
      const padding = { marker: false, payloadType: vp8Type, payload: new Uint8Array(0), arrivalUs: 0, timestamp: 93_000 };
      let index = 1010;
      for (const packet of key!.packets) {
        assembler.push({ ...padding, index: index++ });
        assembler.push({ ...packet, index: index++ });
      }
      expect(kinds(frames)).to.equal('K|K');
    });

    it('pass over payload types that are not known, and count them', () => {
      const { assembler, frames } = bench();
      const stream = vp8Stream('Kd');
      const packets = all(stream);
      assembler.push({ ...packets[0]!, index: 999, payloadType: 13 });
      for (const packet of packets) assembler.push(packet);
      expect(kinds(frames).replace('|', '')).to.equal('Kd');
      expect(assembler.counters.unknownPayloadTypes).to.equal(1);
    });
  });

  it('begins in mid-stream with the first frame whose beginning it knows', () => {
    const { assembler, frames, gaps } = bench();
    const stream = vp8Stream('Kdddddddd');
    for (const packet of all(stream).slice(4)) assembler.push(packet);
    assembler.giveUp(300_000);
    expect(kinds(frames)).to.equal('|dddddddd'.slice(0, 8));
    expect(bytes(frames)).to.deep.equal(bytes(stream.slice(2)));
    expect(gaps).to.deep.equal([0]);
  });

  it('drops a frame with a malformed packet and says so', () => {
    const { assembler, frames, gaps } = bench();
    const stream = vp8Stream('Kdd');
    for (const packet of all(stream)) assembler.push(packet.index === 1004 ? { ...packet, payload: Uint8Array.of(0x80) } : packet);
    expect(kinds(frames)).to.equal('K|d');
    expect(gaps).to.deep.equal([1]);
    expect(assembler.counters).to.include({ damagedFrames: 1, frames: 2 });
  });

  it('counts doubled and late packets', () => {
    const { assembler, frames } = bench();
    const packets = all(vp8Stream('Kd'));
    for (const packet of packets) {
      assembler.push(packet);
      assembler.push(packet);
    }
    expect(kinds(frames)).to.equal('Kd');
    // The second copy of a frame's last packet comes when the frame has left.
    expect(assembler.counters).to.include({ duplicatePackets: 4, latePackets: 2 });
  });

  describe('memory', () => {
    it('is bounded in packets: beyond the limit all goes, up to the next keyframe', () => {
      const { assembler, frames, gaps } = bench({ maxPackets: 64 });
      const stream = vp8Stream('K' + 'd'.repeat(40) + 'Kd', { count: 3 });
      for (const [at, packet] of all(stream).entries()) {
        if (at !== 4) assembler.push(packet);
        expect(assembler.heldBytes).to.be.at.most(64 * 104);
      }
      expect(kinds(frames)).to.equal('K|Kd');
      expect(assembler.counters.overflows).to.equal(1);
      expect(gaps.length).to.be.greaterThan(0);
      expect(assembler.counters.frames + assembler.counters.droppedFrames, 'every frame is accounted for').to.equal(stream.length);
    });

    it('is bounded in bytes', () => {
      const { assembler, frames } = bench({ maxBytes: 2000 });
      const stream = vp8Stream('K' + 'd'.repeat(20) + 'Kd');
      for (const [at, packet] of all(stream).entries()) {
        if (at !== 4) assembler.push(packet);
        expect(assembler.heldBytes).to.be.at.most(2000);
      }
      expect(kinds(frames)).to.equal('K|Kd');
      expect(assembler.counters.overflows).to.be.greaterThan(0);
    });

    it('does not let a late packet in when it is full', () => {
      const { assembler, frames } = bench({ maxBytes: 1000 });
      const packets = all(vp8Stream('Kdddd'));
      for (const packet of packets.slice(0, 3)) assembler.push(packet);
      for (const packet of packets.slice(4, 13)) assembler.push(packet);
      assembler.push(packets[3]!);
      assembler.giveUp(1e9);
      expect(kinds(frames)).to.equal('K');
      for (const { data } of frames) expect(data.length).to.equal(300);
      expect(assembler.heldBytes).to.be.at.most(1000);
    });

    it('is not taken by a frame that never ends', () => {
      const { assembler, frames } = bench({ maxPackets: 64 });
      const [payload] = packetiseVp8(vp8Frame(50, { keyframe: true }), { maxPayloadBytes: 1200, pictureId: 0 });
      for (let index = 0; index < 1000; index++) {
        assembler.push({ index, timestamp: 1, marker: false, payloadType: vp8Type, payload: index === 0 ? payload! : Uint8Array.of(0, 1), arrivalUs: 0 });
      }
      expect(frames).to.deep.equal([]);
      expect(assembler.heldBytes).to.be.at.most(128);
    });

    it('goes on after a jump of the sequence numbers, ahead and back', () => {
      for (const jump of [3000, 1_000_000, -20_000, -1_000_000]) {
        const { assembler, frames } = bench();
        for (const packet of all(vp8Stream('Kdd'))) assembler.push(packet);
        const again = vp8Stream('dKd', { firstIndex: 1009 + jump, firstTimestamp: 500_000 });
        for (const packet of all(again)) assembler.push(packet);
        expect(kinds(frames), `${jump}`).to.equal('Kdd|Kd');
        expect(assembler.counters).to.include(jump > 0 ? { overflows: 1 } : { restarts: 1 });
      }
    });

    it('goes on after a shorter jump back, if it is told of that', () => {
      for (const isTold of [false, true]) {
        const { assembler, frames } = bench();
        for (const packet of all(vp8Stream('Kdd'))) assembler.push(packet);
        if (isTold) assembler.expectRestart();
        for (const packet of all(vp8Stream('dKd', { firstIndex: 9, firstTimestamp: 500_000 }))) assembler.push(packet);
        expect(kinds(frames)).to.equal(isTold ? 'Kdd|Kd' : 'Kdd');
        expect(assembler.counters).to.include(isTold ? { restarts: 1, latePackets: 0 } : { restarts: 0, latePackets: 9 });
      }
    });

    it('takes the word for the next packet alone', () => {
      const { assembler, frames } = bench();
      const [keyframe, ...others] = vp8Stream('Kdd');
      for (const packet of keyframe!.packets) assembler.push(packet);
      assembler.expectRestart();
      for (const packet of all(others)) assembler.push(packet);
      assembler.push(keyframe!.packets[0]!);
      expect(kinds(frames)).to.equal('Kdd');
      expect(assembler.counters).to.include({ restarts: 0, latePackets: 1 });
    });
  });

  it('takes anything without throwing, and never grows beyond its limits', () => {
    const payload = fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.constantFrom(...packetiseVp8(vp8Frame(200, { keyframe: true }), { maxPayloadBytes: 104, pictureId: 1 })), fc.constantFrom(...packetiseH264(annexB([baselineSps(16, 16), pictureParameters(), nal(5, 200)]), { maxPayloadBytes: 100, mode: 1 })));
    const packet = fc.record({
      index: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: -70_000, max: 70_000 })), timestamp: fc.oneof(fc.nat(5), fc.integer()), marker: fc.boolean(),
      payloadType: fc.constantFrom(vp8Type, h264Type, 0), payload, arrivalUs: fc.nat(1_000_000),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 120 }), (packets) => {
        const { assembler, frames } = bench({ maxPackets: 64, maxBytes: 3000 });
        for (const [at, each] of packets.entries()) {
          assembler.push(each);
          if (at % 10 === 0) assembler.giveUp(each.arrivalUs);
          expect(assembler.heldBytes).to.be.within(0, 3000);
        }
        assembler.giveUp(1e12);
        for (const { data } of frames) expect(data.length).to.be.greaterThan(0);
      }),
      { numRuns: 200 },
    );
  });
});
