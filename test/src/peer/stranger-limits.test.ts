import { expect } from 'chai';
import { networkOf, StrangerLimits } from '../../../src/peer/stranger-limits.js';
import { TokenBucket } from '../../../src/token-bucket.js';

describe('TokenBucket', () => {
  it('lets a burst through, then a rate, and no more than a burst after a pause', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 3 }, 0);
    const taken = (nowUs: number): number => Array.from({ length: 10 }, () => bucket.take(nowUs)).filter(Boolean).length;
    expect([taken(0), taken(0), taken(100_000), taken(350_000), taken(60_000_000)]).to.deep.equal([3, 0, 1, 2, 3]);
  });

  it('gives nothing for time that runs backwards', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 1 }, 1_000_000);
    expect([bucket.take(1_000_000), bucket.take(0), bucket.isEmpty(50_000)]).to.deep.equal([true, false, true]);
  });
});

describe('StrangerLimits', () => {
  function charge(limits: StrangerLimits, address: string, times: number): void {
    for (let count = 0; count < times; count++) limits.charge(address, 0);
  }

  it('refuse one source, and after a second no more', () => {
    const limits = new StrangerLimits(0);
    charge(limits, '192.0.2.1', 200);
    expect([limits.allow('192.0.2.1', 0), limits.allow('192.0.2.2', 0), limits.allow('192.0.2.1', 1_000_000)]).to.deep.equal([false, true, true]);
  });

  it('take a /64 for one source', () => {
    const limits = new StrangerLimits(0);
    for (let count = 0; count < 200; count++) limits.charge(`2001:db8::${count.toString(16)}`, 0);
    expect(limits.size).to.equal(1);
    expect([limits.allow('2001:db8::ffff', 0), limits.allow('2001:db8:0:1::1', 0)]).to.deep.equal([false, true]);
  });

  it('remember 4,096 sources, and refuse everybody when all together are too many', () => {
    const limits = new StrangerLimits(0);
    for (let count = 0; count < 3_999; count++) limits.charge(`10.${count >> 8}.${count & 255}.1`, 0);
    expect(limits.allow('192.0.2.1', 0)).to.equal(true);
    for (let count = 0; count < 1_000; count++) limits.charge(`11.${count >> 8}.${count & 255}.1`, 0);
    expect([limits.size, limits.allow('192.0.2.1', 0), limits.allow('192.0.2.1', 1_000)]).to.deep.equal([4_096, false, true]);
  });

  it('know the network of each way to write an address', () => {
    const networks = ['192.0.2.1', '::1', '2001:db8::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::', 'fe80::1%eth0', '::ffff:192.0.2.1'].map(networkOf);
    expect(networks).to.deep.equal(['192.0.2.1', '0:0:0:0', '2001:db8:0:0', '2001:db8:1:2', '2001:db8:1:2', 'fe80:0:0:0', '0:0:0:0']);
  });
});
