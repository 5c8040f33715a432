import { expect } from 'chai';
import fc from 'fast-check';
import { TransportFeedback } from '../../../src/rtp/transport-feedback.js';

const header = { senderSsrc: 0x11223344, mediaSsrc: 0xfffffffe };

interface Feedback {
  base: number;
  statusCount: number;
  /** Signed, in 64 ms. */
  referenceTime: number;
  feedbackCount: number;
  /** In 250 us from zero, undefined when lost; one for each status. */
  ticks: (number | undefined)[];
}

/** Reads the draft's format bit by bit, sharing nothing with the code under test. */
function readFeedback(packet: Buffer): Feedback {
  const bits = [...packet].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let at = 0;
  const take = (count: number): number => {
    at += count;
    if (at > bits.length) throw new Error('reads beyond the packet');
    return Number.parseInt(bits.slice(at - count, at), 2);
  };
  expect(take(2), 'version').to.equal(2);
  expect(take(1), 'padding').to.equal(0);
  expect(take(5), 'FMT').to.equal(15);
  expect(take(8), 'PT').to.equal(205);
  expect((take(16) + 1) * 4, 'length').to.equal(packet.length);
  expect(take(32)).to.equal(header.senderSsrc);
  expect(take(32)).to.equal(header.mediaSsrc);
  const base = take(16);
  const statusCount = take(16);
  const reference = take(24);
  const feedbackCount = take(8);
  const symbols: number[] = [];
  while (symbols.length < statusCount) {
    if (take(1) === 0) {
      const symbol = take(2);
      const run = take(13);
      expect(run, 'run length').to.be.greaterThan(0);
      expect(symbols.length + run, 'runs end with the statuses').to.be.at.most(statusCount);
      for (let i = 0; i < run; i += 1) symbols.push(symbol);
    } else {
      const width = take(1) === 0 ? 1 : 2;
      for (let i = 0; i < 14 / width; i += 1) symbols.push(take(width));
    }
  }
  const spare = symbols.splice(statusCount);
  expect(spare.every((symbol) => symbol === 0), 'unused symbols are zero').to.equal(true);
  const referenceTime = reference >= 0x800000 ? reference - 0x1000000 : reference;
  let tick = referenceTime * 256;
  const ticks = symbols.map((symbol) => {
    if (symbol > 2) throw new Error('reserved symbol');
    if (symbol === 0) return undefined;
    const raw = take(symbol * 8);
    tick += symbol === 2 && raw >= 0x8000 ? raw - 0x10000 : raw;
    return tick;
  });
  const filling = bits.slice(at);
  expect(filling.length, 'less than a word of filling').to.be.lessThan(32);
  expect(filling).to.not.include('1');
  return { base, statusCount, referenceTime, feedbackCount, ticks };
}

/** Index within 16 bits -> tick, over several packets; also holds that they follow one upon the other. */
function readAll(packets: readonly Buffer[]): { ticks: Map<number, number | undefined>; first: number | undefined } {
  const ticks = new Map<number, number | undefined>();
  let next: number | undefined;
  let count: number | undefined;
  for (const packet of packets) {
    expect(packet.length).to.be.at.most(1_000);
    const feedback = readFeedback(packet);
    if (next !== undefined) expect(feedback.base, 'no hole between packets').to.equal(next);
    if (count !== undefined) expect(feedback.feedbackCount).to.equal((count + 1) & 0xff);
    feedback.ticks.forEach((tick, i) => ticks.set((feedback.base + i) & 0xffff, tick));
    next = (feedback.base + feedback.statusCount) & 0xffff;
    count = feedback.feedbackCount;
  }
  return { ticks, first: packets[0] === undefined ? undefined : readFeedback(packets[0]).base };
}

describe('TransportFeedback', () => {
  it('writes the draft byte for byte: a run of small deltas', () => {
    const feedback = new TransportFeedback();
    for (let i = 0; i < 3; i += 1) feedback.onPacket(5 + i, 128_000 + i * 1_000);
    const [packet, ...more] = feedback.build(header);
    expect(more).to.deep.equal([]);
    //                                header  sender   media    base count reference fb  run of 3 small, deltas 0 4 4, zeros to the word
    expect(packet?.toString('hex')).to.equal('8fcd0006' + '11223344' + 'fffffffe' + '0005' + '0003' + '000002' + '00' + '2003' + '000404' + '000000');
  });

  it('writes a loss as such, in a vector', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(0, 0);
    feedback.onPacket(2, 63_750);
    // One-bit vector 101 and zeros; deltas 0 and 255.
    expect(feedback.build(header)[0]?.subarray(12).toString('hex')).to.equal('0000' + '0003' + '000000' + '00' + 'a800' + '00ff');
  });

  it('has nothing to say before the first packet, and nothing twice', () => {
    const feedback = new TransportFeedback();
    expect(feedback.build(header)).to.deep.equal([]);
    feedback.onPacket(7, 1_000);
    expect(feedback.build(header)).to.have.length(1);
    expect(feedback.build(header)).to.deep.equal([]);
    feedback.onPacket(7, 2_000);
    expect(feedback.build(header), 'a duplicate is no news').to.deep.equal([]);
  });

  it('goes on where it stopped, losses between two reports included', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(10, 1_000);
    feedback.build(header);
    feedback.onPacket(13, 5_000);
    const { ticks } = readAll(feedback.build(header));
    expect([...ticks]).to.deep.equal([[11, undefined], [12, undefined], [13, 20]]);
  });

  it('reports a packet that the very first one overtook', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(10, 1_000);
    feedback.onPacket(9, 2_000);
    expect([...readAll(feedback.build(header)).ticks]).to.deep.equal([[9, 8], [10, 4]]);
  });

  it('gives up with a black-out what it took of thousands', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(10, 1_000);
    feedback.build(header);
    feedback.onPacket(6_000, 20_000_000);
    feedback.build(header);
    feedback.onPacket(5_950, 20_001_000);
    expect(feedback.build(header)).to.deep.equal([]);
  });

  it('reports no losses of a black-out, but those of what comes around it', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(10, 1_000);
    feedback.build(header);
    feedback.onPacket(300, 601_000);
    feedback.onPacket(302, 603_000);
    expect([...readAll(feedback.build(header)).ticks.keys()]).to.deep.equal([300, 301, 302]);
    feedback.onPacket(299, 604_000);
    feedback.onPacket(150, 604_000);
    expect(feedback.build(header), 'given up with it').to.deep.equal([]);
    feedback.onPacket(305, 1_103_000);
    expect([...readAll(feedback.build(header)).ticks.keys()], 'half a second is none').to.deep.equal([303, 304, 305]);
    feedback.onPacket(306, 1_104_000);
    feedback.onPacket(308, 2_000_000);
    expect([...readAll(feedback.build(header)).ticks.keys()], 'one that was not told yet').to.deep.equal([306, 307, 308]);
    feedback.onPacket(307, 3_000_000);
    expect(feedback.build(header), 'overtaken by the silence').to.deep.equal([]);
    feedback.onPacket(400, 3_001_000);
    expect([...readAll(feedback.build(header)).ticks.keys()]).to.deep.equal([400]);
  });

  it('reports a packet that was called lost before and came late, with all that followed', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(1, 0);
    feedback.onPacket(3, 1_000);
    feedback.build(header);
    feedback.onPacket(2, 3_000);
    const { ticks } = readAll(feedback.build(header));
    expect([...ticks]).to.deep.equal([[2, 12], [3, 4]]);
    expect(feedback.build(header)).to.deep.equal([]);
  });

  it('writes negative and large deltas', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(0, 1_000_000);
    feedback.onPacket(1, 990_000);
    feedback.onPacket(2, 8_000_000);
    const packets = feedback.build(header);
    expect(packets).to.have.length(1);
    expect([...readAll(packets).ticks.values()]).to.deep.equal([4_000, 3_960, 32_000]);
  });

  it('begins a new packet when a delta exceeds its 16 bits', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(0, 0);
    feedback.onPacket(1, 20_000_000);
    feedback.onPacket(2, 3_000_000);
    const packets = feedback.build(header);
    expect(packets).to.have.length(3);
    expect([...readAll(packets).ticks.values()]).to.deep.equal([0, 80_000, 12_000]);
  });

  it('lets the reference time wrap after 12 days, and counts from before zero', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(0, 2 ** 24 * 64_000 + 128_000);
    feedback.onPacket(1, -64_000);
    const [first, second] = feedback.build(header).map(readFeedback);
    expect(first?.referenceTime).to.equal(2);
    expect(second?.referenceTime).to.equal(-1);
  });

  it('starts anew after a gap beyond its memory, and ignores what is older than that', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(100, 0);
    feedback.build(header);
    feedback.onPacket(100 + 10_000, 1_000);
    feedback.onPacket(101, 2_000);
    expect([...readAll(feedback.build(header)).ticks]).to.deep.equal([[10_100, 4]]);
  });

  it('reports a gap of thousands within its memory, in packets that keep one reference time', () => {
    const feedback = new TransportFeedback();
    feedback.onPacket(65_000, 640_000);
    feedback.build(header);
    feedback.onPacket((65_000 + 4_000) & 0xffff, 700_000);
    const packets = feedback.build(header);
    const { ticks } = readAll(packets);
    expect(ticks.size).to.equal(4_000);
    expect([...ticks.values()].filter((tick) => tick !== undefined)).to.deep.equal([2_800]);
    expect(packets.map((packet) => readFeedback(packet).referenceTime)).to.deep.equal(packets.map(() => 10));
  });

  it('keeps the newest when nobody builds for long', () => {
    const feedback = new TransportFeedback();
    for (let i = 0; i < 10_000; i += 1) feedback.onPacket(i & 0xffff, i * 250);
    const { ticks, first } = readAll(feedback.build(header));
    expect(first).to.equal(10_000 - 4_096);
    expect(ticks.size).to.equal(4_096);
    expect([...ticks].every(([sequence, tick]) => tick === sequence)).to.equal(true);
  });

  for (const start of [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff]) {
    it(`reports every arrival to the tick, from ${start}, whatever is lost, late or doubled`, () => {
      const step = fc.record({ skip: fc.nat({ max: 30 }), late: fc.nat({ max: 3 }), afterUs: fc.oneof(fc.nat({ max: 2_000 }), fc.nat({ max: 200_000 }), fc.constant(9_000_000)), build: fc.integer({ min: 0, max: 9 }) });
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 300, size: 'max' }), (steps) => {
          const feedback = new TransportFeedback();
          const arrivals = new Map<number, number>();
          const reported = new Map<number, number | undefined>();
          /** Of black-outs. */
          const untold = new Set<number>();
          let isTold = false;
          const takeReport = (): void => {
            for (const [sequence, tick] of readAll(feedback.build(header)).ticks) reported.set(sequence, tick);
            isTold = true;
          };
          let newest = start;
          let leastTold = start;
          let lastUs = Number.POSITIVE_INFINITY;
          let isBehindBlackOut = false;
          let nowUs = 123_456;
          steps.forEach(({ skip, late, afterUs, build }, position) => {
            nowUs += afterUs;
            // Most steps go on by one, some skip a few; some packets come after their followers.
            const index = late > 0 && position > 3 ? newest - late : position === 0 ? start : newest + (skip > 25 ? skip : 1);
            if (index < start) return;
            feedback.onPacket(index & 0xffff, nowUs);
            // Where all that came before it was told, a long silence is a black-out, and what it overtook is given up.
            if (isTold && nowUs - lastUs > 500_000) isBehindBlackOut = true;
            lastUs = nowUs;
            const isGivenUp = isBehindBlackOut ? index <= newest && position > 0 : index < leastTold;
            if (!isGivenUp && !arrivals.has(index)) {
              if (isBehindBlackOut) {
                for (let missing = newest + 1; missing < index; missing += 1) untold.add(missing);
                leastTold = index;
                isBehindBlackOut = false;
              }
              arrivals.set(index, nowUs);
              isTold = false;
            }
            newest = Math.max(newest, index);
            if (build === 0) takeReport();
          });
          takeReport();
          for (let index = start; index <= newest; index += 1) {
            const arrivalUs = arrivals.get(index);
            const expected = arrivalUs === undefined ? undefined : Math.floor(arrivalUs / 250);
            if (untold.has(index) && !reported.has(index & 0xffff)) continue;
            if (!reported.has(index & 0xffff)) throw new Error(`${index} is not covered`);
            if (reported.get(index & 0xffff) !== expected) throw new Error(`${index} was reported wrong`);
          }
          expect(reported.size).to.equal(newest - start + 1 - untold.size);
        }),
        { numRuns: 25 },
      );
    });
  }
});
