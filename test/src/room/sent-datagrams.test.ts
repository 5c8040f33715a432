import { expect } from 'chai';
import { SentDatagrams } from '../../../src/room/sent-datagrams.js';

describe('SentDatagrams', () => {
  it('finds what was sent within its time, over the wrap, and nothing else', () => {
    const sent = new SentDatagrams({ keptUs: 1_000_000 });
    expect(sent.find(0)).to.equal(undefined);
    for (let packet = 0; packet < 300; packet += 1) sent.add((65_400 + packet) & 0xffff, Buffer.from(`datagram ${packet}`), packet * 10_000);
    const found = Array.from({ length: 302 }, (_, packet) => sent.find((65_400 + packet) & 0xffff)?.toString());
    // The last was sent at 2.99 s.
    expect(found.map((text) => text ?? 'none')).to.deep.equal(Array.from({ length: 302 }, (_, packet) => (packet < 199 || packet >= 300 ? 'none' : `datagram ${packet}`)));
  });

  it('takes no datagram that does not follow the last, over the wrap either', () => {
    const sent = new SentDatagrams({ keptUs: 1_000_000 });
    const add = (sequenceNumber: number) => (): void => sent.add(sequenceNumber, Buffer.from('datagram'), 0);
    for (const next of [65_534, 65_535, 0, 1]) add(next)();
    for (const other of [1, 3, 0, 65_535]) expect(add(other), `${other}`).to.throw(RangeError, `datagram ${other} after 1`);
    add(2)();
  });
});
