import { expect } from 'chai';
import fc from 'fast-check';
import { ntpMiddle32, ntpToUs, shortNtpToUs, usToNtp, usToShortNtp } from '../../../../src/rtp/rtcp/ntp.js';

describe('NTP time', () => {
  it('takes the fraction for binary: a half is 2^31, a microsecond 4295', () => {
    expect(usToNtp(1_500_000)).to.deep.equal({ seconds: 1, fraction: 2 ** 31 });
    expect(usToNtp(250_000)).to.deep.equal({ seconds: 0, fraction: 2 ** 30 });
    expect(usToNtp(999_999.9999), 'a fraction never reaches 2^32').to.deep.equal({ seconds: 1, fraction: 0 });
    expect(usToNtp(1)).to.deep.equal({ seconds: 0, fraction: 4_295 });
    expect(ntpToUs({ seconds: 7, fraction: 2 ** 31 })).to.equal(7_500_000);
    expect(ntpToUs({ seconds: 0xffffffff, fraction: 0xffffffff }), 'carries').to.equal(2 ** 32 * 1_000_000);
  });

  it('gives back every microsecond it was given', () => {
    fc.assert(fc.property(fc.nat({ max: 2 ** 32 * 1_000_000 - 1 }), (us) => {
      const ntp = usToNtp(us);
      expect(ntp.fraction).to.be.within(0, 0xffffffff);
      expect(ntpToUs(ntp)).to.equal(us);
    }));
    for (const us of [0, 1, 999_999, 1_000_000, 1_999_999, 2 ** 32 * 1_000_000 - 1]) expect(ntpToUs(usToNtp(us))).to.equal(us);
  });

  it('cuts out the middle 32 bits as an unsigned number', () => {
    expect(ntpMiddle32({ seconds: 0x12345678, fraction: 0x9abcdef0 })).to.equal(0x56789abc);
    expect(ntpMiddle32({ seconds: 0x0000ffff, fraction: 0xffffffff })).to.equal(0xffffffff);
    expect(ntpMiddle32({ seconds: 0xffff0000, fraction: 0x0000ffff })).to.equal(0);
  });

  it('converts 16.16 seconds both ways to a unit, and saturates', () => {
    expect(shortNtpToUs(65_536)).to.equal(1_000_000);
    expect(usToShortNtp(5_250_000)).to.equal(0x0005_4000);
    for (const us of [0, 8, 16, 999_999, 60_000_000]) expect(shortNtpToUs(usToShortNtp(us))).to.be.closeTo(us, 8);
    expect(usToShortNtp(1e15)).to.equal(0xffffffff);
  });
});
