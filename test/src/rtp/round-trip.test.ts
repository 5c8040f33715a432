import { expect } from 'chai';
import { ntpMiddle32, usToNtp, usToShortNtp } from '../../../src/rtp/rtcp/ntp.js';
import { roundTripUs } from '../../../src/rtp/round-trip.js';

describe('roundTripUs', () => {
  it("computes the RFC's own example: 6.125 s", () => {
    const block = { lastSenderReport: 0xb705_2000, delaySinceLastSenderReport: 0x0005_4000 };
    expect(roundTripUs(block, 0xb710_8000)).to.equal(6_125_000);
  });

  for (const sentSeconds of [1, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x10000, 0x7fff_ffff]) {
    it(`finds 80 ms for a report sent at ${sentSeconds}.9 s, over the wrap of the middle bits too`, () => {
      const sentUs = sentSeconds * 1_000_000 + 900_000;
      const heldUs = 400_000;
      const block = { lastSenderReport: ntpMiddle32(usToNtp(sentUs)), delaySinceLastSenderReport: usToShortNtp(heldUs) };
      expect(roundTripUs(block, ntpMiddle32(usToNtp(sentUs + heldUs + 80_000)))).to.be.closeTo(80_000, 50);
    });
  }

  it('knows nothing before the peer had a sender report', () => {
    expect(roundTripUs({ lastSenderReport: 0, delaySinceLastSenderReport: 0 }, 65_536)).to.equal(undefined);
  });

  it('takes a little less than nothing for nothing, and refuses lies', () => {
    const now = 100 * 65_536;
    expect(roundTripUs({ lastSenderReport: now - 10, delaySinceLastSenderReport: 12 }, now)).to.equal(0);
    expect(roundTripUs({ lastSenderReport: now, delaySinceLastSenderReport: 0 }, now)).to.equal(0);
    expect(roundTripUs({ lastSenderReport: now - 10, delaySinceLastSenderReport: 65_536 }, now), 'held longer than possible').to.equal(undefined);
    expect(roundTripUs({ lastSenderReport: now - 61 * 65_536, delaySinceLastSenderReport: 0 }, now), 'a minute').to.equal(undefined);
    expect(roundTripUs({ lastSenderReport: now, delaySinceLastSenderReport: 0xffffffff }, now)).to.be.closeTo(0, 20);
  });
});
