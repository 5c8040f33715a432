import { expect } from 'chai';
import { ReceptionStatistics } from '../../../src/rtp/reception-statistics.js';

const clockHz = 90_000;
const packetUs = 20_000;
const packetTicks = 1_800;

/** Packets by index, on a perfectly even path, from any start of the wrapping fields. */
function receive(statistics: ReceptionStatistics, indices: readonly number[], timestampStart = 0): void {
  for (const index of indices) statistics.onPacket(index & 0xffff, (timestampStart + index * packetTicks) % 2 ** 32, index * packetUs);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, step) => from + step);
}

describe('ReceptionStatistics', () => {
  let statistics: ReceptionStatistics;
  beforeEach(() => {
    statistics = new ReceptionStatistics({ ssrc: 7, clockHz });
  });

  it('has nothing to report before the first packet', () => expect(statistics.reportBlock(0)).to.equal(undefined));

  for (const start of [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff]) {
    it(`counts wraps and losses from ${start}`, () => {
      receive(statistics, range(start, start + 100));
      expect(statistics.reportBlock(0)).to.include({ ssrc: 7, fractionLost: 0, cumulativeLost: 0, extendedHighest: start + 99, jitterTicks: 0 });
      // 1 of 4 lost, for 70,000 packets.
      receive(statistics, range(start + 100, start + 70_100).filter((index) => (index - start) % 4 !== 0));
      expect(statistics.reportBlock(0)).to.include({ fractionLost: 64, cumulativeLost: 17_500, extendedHighest: start + 70_099, jitterTicks: 0 });
      receive(statistics, range(start + 70_100, start + 70_200));
      expect(statistics.reportBlock(0), 'the fraction is that of the interval').to.include({ fractionLost: 0, cumulativeLost: 17_500 });
    });
  }

  it('takes a late packet off the losses, and duplicates below zero', () => {
    receive(statistics, [10, 11, 13, 14, 15]);
    expect(statistics.reportBlock(0)).to.include({ cumulativeLost: 1, fractionLost: Math.floor(256 / 6) });
    receive(statistics, [12, 12, 15]);
    expect(statistics.reportBlock(0)).to.include({ cumulativeLost: -2, fractionLost: 0, extendedHighest: 15 });
  });

  it('counts a packet that the first one overtook', () => {
    receive(statistics, [0x10000, 0xffff, 0x10001]);
    expect(statistics.reportBlock(0)).to.include({ cumulativeLost: 0, extendedHighest: 1 });
  });

  it('says 255 of 256 at most', () => {
    receive(statistics, [0]);
    statistics.reportBlock(0);
    receive(statistics, [2_999]);
    expect(statistics.reportBlock(0)).to.include({ fractionLost: 255, cumulativeLost: 2_998 });
  });

  it('does not count what a black-out took, be some of it late, and goes on counting behind it', () => {
    receive(statistics, range(0, 10));
    statistics.expectJump(198 * packetUs);
    receive(statistics, [200, 202]);
    expect(statistics.reportBlock(0)).to.include({ fractionLost: Math.floor(256 / 13), cumulativeLost: 1, extendedHighest: 202 });
    receive(statistics, [150, 10, 199, 203]);
    expect(statistics.reportBlock(0)).to.include({ fractionLost: 0, cumulativeLost: 1, extendedHighest: 203 });
    receive(statistics, [206]);
    expect(statistics.reportBlock(0)).to.include({ fractionLost: Math.floor((2 * 256) / 3), cumulativeLost: 3 });
  });

  it('excuses one gap, also behind what came first, and none that comes later', () => {
    receive(statistics, range(0, 10));
    statistics.expectJump(10 * packetUs);
    receive(statistics, [10, 11, 30, 33]);
    expect(statistics.reportBlock(0)).to.include({ cumulativeLost: 2 });
    statistics.expectJump(34 * packetUs);
    receive(statistics, [...range(34, 65), 70]);
    expect(statistics.reportBlock(0)).to.include({ cumulativeLost: 7 });
  });

  it('ignores one stray packet, and begins anew after two in sequence', () => {
    receive(statistics, range(0, 50));
    statistics.onPacket(40_000, 0, 0);
    expect(statistics.reportBlock(0)).to.include({ extendedHighest: 49, cumulativeLost: 0 });
    statistics.onPacket(40_001, 0, 0);
    receive(statistics, range(40_002, 40_010));
    expect(statistics.reportBlock(0)).to.include({ extendedHighest: 40_009, cumulativeLost: 0, fractionLost: 0 });
  });

  it('comes to the jitter of A.8: two of three packets 1 ms off', () => {
    let expected = 0;
    let previousUs: number | undefined;
    for (let index = 0; index < 200; index += 1) {
      const shiftUs = (index % 3) * 1_000;
      statistics.onPacket(index, index * packetTicks, index * packetUs + shiftUs);
      if (previousUs !== undefined) expected += (Math.abs(shiftUs - previousUs) * 0.09 - expected) / 16;
      previousUs = shiftUs;
    }
    expect(expected).to.be.within(100, 140);
    expect(statistics.reportBlock(0)?.jitterTicks).to.equal(Math.floor(expected));
  });

  for (const timestampStart of [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1]) {
    it(`sees no jitter where timestamps wrap, from ${timestampStart}`, () => {
      receive(statistics, range(0, 60), timestampStart);
      expect(statistics.reportBlock(0)?.jitterTicks).to.equal(0);
    });
  }

  it('takes a jump of the media clock for no jitter', () => {
    receive(statistics, range(0, 10));
    receive(statistics, range(10, 20), 2 ** 30);
    expect(statistics.reportBlock(0)?.jitterTicks).to.equal(0);
  });

  it('echoes the last sender report and how long it is ago', () => {
    receive(statistics, [0]);
    expect(statistics.reportBlock(5)).to.include({ lastSenderReport: 0, delaySinceLastSenderReport: 0 });
    statistics.onSenderReport(0xaabbccdd, 1_000_000);
    statistics.onSenderReport(0xaabbccee, 2_000_000);
    expect(statistics.reportBlock(4_500_000)).to.include({ lastSenderReport: 0xaabbccee, delaySinceLastSenderReport: 2.5 * 65_536 });
  });
});
